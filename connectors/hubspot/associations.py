"""Which records belong together, in the one shape that HubSpot's lists embed them in.

Lists embed `{"contacts": {"results": [{"id", "type"}]}}`; search does not, and lists only embed the
first page of each. What is missing comes from the batch reading of the v4 associations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

TARGETS = ("contacts", "companies", "deals")
"""Every object says to which of these it belongs; not to others of its own type."""

# The kinds between them that have a name of their own where there is no label.
_UNLABELED = frozenset({279, 280, 339, 340, 341, 342})
_SINGULAR = {"companies": "company"}


def association_type(from_type: str, to_type: str, kind: Mapping[str, Any]) -> str:
    """The name that embedded associations have, such as contact_to_company.

    Args:
        from_type: such as "contacts".
        to_type: such as "companies".
        kind: of the v4 API: `category`, `typeId` and `label`.
    """
    label = kind.get("label")
    if kind.get("category") != "HUBSPOT_DEFINED" and label:
        return re.sub(r"\W+", "_", str(label)).strip("_").lower()
    name = "_to_".join(_SINGULAR.get(side, side.removesuffix("s")) for side in (from_type, to_type))
    return f"{name}_unlabeled" if kind.get("typeId") in _UNLABELED else name


def embed(
    from_type: str, to_type: str, record: MutableMapping[str, Any], to: list[dict[str, Any]]
) -> None:
    """Adds what the v4 API says to a record, in the shape of an embedded association."""
    if not to:
        return
    results = record["associations"].setdefault(to_type, {"results": []})["results"]
    known = {(entry["id"], entry["type"]) for entry in results}
    for target in to:
        for kind in target.get("associationTypes") or [{}]:
            entry = (str(target["toObjectId"]), association_type(from_type, to_type, kind))
            if entry not in known:
                known.add(entry)
                results.append({"id": entry[0], "type": entry[1]})


def cut_short(record: Mapping[str, Any]) -> Iterator[str]:
    """The targets of which a list embedded only a first page."""
    for target, embedded in (record.get("associations") or {}).items():
        if (embedded.get("paging") or {}).get("next"):
            yield target
