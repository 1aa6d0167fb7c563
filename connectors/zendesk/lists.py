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
    """A list that can be as long as that of the users: organization memberships.

    State, times being seconds since 1970 by Zendesk's clock: `{"since": …, "ids": …}`: what changed
    from then on is unread, and these ids, packed, were in the list; in the middle of a list also
    `"listing": {"after": …, "started": …}`.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of what is new or changed, then what is gone; then the state."""
        state = self.checkpoint.state
        listing = state.get("listing") or {}
        before = {key: state[key] for key in ("since", "ids") if key in state}
        since = before.get("since")
        changed_from = datetime.fromtimestamp(since, UTC) if isinstance(since, int) else None
        started: int | None = listing.get("started")
        ids: set[int] = set()
        for records, response in self._pages(listing.get("after")):
            if started is None:
                started = vendor_seconds(VENDOR, response)
            ids.update(int(record["id"]) for record in records)
            changed = [record for record in records if not unchanged_since(record, changed_from)]
            yield changed
            after = (parsed_body(response).get("meta") or {}).get("after_cursor")
            place = {"listing": {"after": after, "started": started}}
            self.checkpoint.offer({**before, **place}, len(changed))
        if listing:  # An earlier sync read the beginning and was killed: what was in it?
            for records, _ in self._pages(None):
                ids.update(int(record["id"]) for record in records)
        moment = started or 0
        at = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        gone = sorted(unpack_ids(before["ids"]) - ids) if "ids" in before else []
        yield [{"id": number, "_ab_cdc_deleted_at": at} for number in gone]
        until = moment - int(OVERLAP.total_seconds())
        self.checkpoint.save({"since": until, "ids": pack_ids(ids)})

    def _pages(self, after: str | None) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        return cursor_pages(self, self.path, self.records_field, {}, after)
