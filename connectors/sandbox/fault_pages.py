"""Pages of records that are not what they should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NO_RECORDS = frozenset({"_links", "links", "errors"})
_KEYS = frozenset({"id", "object", "key", "result_type"})


def records_field(page: Any) -> str | None:
    """Return the top-level field that holds a page's records."""
    if not isinstance(page, dict):
        return None
    for name, value in page.items():
        if isinstance(value, list) and name not in _NO_RECORDS:
            return str(name)
    return None


def without_records(
    vendor: str, page: dict[str, Any], query: Mapping[str, str], place: str
) -> dict[str, Any] | None:
    """Return a page that holds nothing and says that there is more; None if it cannot be one.

    Args:
        vendor: whose page it is.
        page: as it should be.
        query: what was asked for.
        place: a cursor that leads to what this page should have held.
    """
    name = records_field(page)
    if name is None or not page[name]:
        return None
    empty = {**page, name: []}
    if vendor == "stripe":
        return {**empty, "has_more": True}
    if vendor == "mailchimp":
        return empty
    if vendor == "hubspot":
        return {**empty, "paging": {"next": {"after": place}}}
    if "after_cursor" in page:
        return {**empty, "after_cursor": place, "end_of_stream": False}
    if "meta" in page:
        return {**empty, "meta": {**page["meta"], "has_more": True, "after_cursor": place}}
    if "end_time" in page:
        start = int(query.get("start_time") or 0)
        return {**empty, "count": 0, "end_time": start, "end_of_stream": False}
    return None


def with_unknown_field(page: dict[str, Any]) -> dict[str, Any]:
    """Give every record a field that no schema knows."""
    for record in _bodies(page):
        record["kesher_unknown_field"] = {"since": "today", "values": [1, "two", None]}
    return page


def with_changed_type(page: dict[str, Any], field: str) -> dict[str, Any]:
    """Change the type of one field of every record: a text becomes a list, a number a text."""
    for record in _bodies(page):
        inner = record.get("properties")
        target = inner if isinstance(inner, dict) else record
        name = field or next(
            (
                key
                for key, value in target.items()
                if isinstance(value, str) and key not in _KEYS and not key.endswith(("id", "_at"))
            ),
            "",
        )
        if name not in target:
            continue
        value = target[name]
        target[name] = [value] if isinstance(value, str) else str(value)
    return page


def _bodies(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a page; of events, the objects that they tell of."""
    name = records_field(page)
    records = [each for each in page.get(name or "", ()) if isinstance(each, dict)]
    return [
        each["data"]["object"]
        if each.get("object") == "event" and isinstance(each.get("data"), dict)
        else each
        for each in records
    ]
