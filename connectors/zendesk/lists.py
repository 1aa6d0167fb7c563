"""Zendesk's lists that do not tell what is gone: read whole each time, but only changes given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from connectors.extractor import parsed_body
from connectors.id_set import pack_ids, unpack_ids
from connectors.vendor_clock import vendor_seconds
from connectors.whole_list import WholeList
from connectors.zendesk.components import OVERLAP, ZendeskExport, unchanged_since
from connectors.zendesk.pages import VENDOR, cursor_pages


@dataclass
class ShortList(WholeList):
    """Groups, fields, tags: what administrators set up.

    Attributes:
        path: the list's path below the requester's `url`.
        records_field: the body's field with the list.
    """

    path: str = ""
    records_field: str = ""
    keys: list[str] = field(default_factory=lambda: ["id"])

    def whole_pages(self) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        """All pages of the list."""
        yield from cursor_pages(self, self.path, self.records_field, {})


@dataclass
class LongList(ZendeskExport):
    """A list that can be as long as that of the users: memberships, deleted tickets.

    State, times being seconds since 1970 by Zendesk's clock: `{"since": …, "ids": …}`: what changed
    from then on is unread, and these ids, packed, were in the list; in the middle of a list also
    `"listing": {"after": …, "started": …}`.

    Attributes:
        changed_field: the field that says when a record changed last.
    """

    changed_field: str = "updated_at"

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of what is new or changed, then what is gone; then the state."""
        state = self.checkpoint.state
        listing = state.get("listing") or {}
        before = {key: state[key] for key in ("since", "ids") if key in state}
        since = before.get("since")
        changed_from = datetime.fromtimestamp(since, UTC) if isinstance(since, int) else None
        started: int | None = listing.get("started")
        there: list[Mapping[str, Any]] = []
        for records, response, after in self.pages(listing.get("after")):
            if started is None:
                started = vendor_seconds(VENDOR, response)
            there += [self.key_of(record) for record in records]
            changed = [
                record
                for record in records
                if not unchanged_since(record, changed_from, self.changed_field)
            ]
            yield changed
            place = {"listing": {"after": after, "started": started}}
            self.checkpoint.offer({**before, **place}, len(changed))
        if listing:  # An earlier sync read the beginning and was killed: what was in it?
            for records, _, _ in self.pages(None):
                there += [self.key_of(record) for record in records]
        moment = started or 0
        at = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        gone = self.gone(before["ids"], there) if "ids" in before else []
        yield [{**key, "_ab_cdc_deleted_at": at} for key in gone]
        until = moment - int(OVERLAP.total_seconds())
        self.checkpoint.save({"since": until, "ids": self.packed(there)})

    def pages(self, after: Any) -> Iterator[tuple[list[dict[str, Any]], requests.Response, Any]]:
        """The pages behind a place, each with its response and the place behind it.

        A place is any JSON value; `None` is the beginning.
        """
        for records, response in cursor_pages(self, self.path, self.records_field, {}, after):
            yield records, response, (parsed_body(response).get("meta") or {}).get("after_cursor")

    def key_of(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields of a record that tell it from the others."""
        return {"id": int(record["id"])}

    def packed(self, keys: Iterable[Mapping[str, Any]]) -> str:
        """What the state remembers of the records that were in the list."""
        return pack_ids(key["id"] for key in keys)

    def gone(self, packed: str, there: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The keys of what was remembered and is not there any more, in order."""
        ids = unpack_ids(packed) - {key["id"] for key in there}
        return [{"id": number} for number in sorted(ids)]
