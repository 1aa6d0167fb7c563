"""Rows on their way into the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class Row(NamedTuple):
    """One stored object.

    `created` and `updated` are epoch seconds (HubSpot: milliseconds); `parent` is what the vendor
    lists it under (customer, list, campaign, ticket); `tag` is a text it can be filtered by
    (status, role, count).
    """

    id: int | str
    parent: int | str
    created: int
    updated: int
    tag: str
    body: bytes


class Sink:
    """Collects rows a stream, associations and truths, in the order in which they come."""

    def __init__(self, events_since: int) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.links: list[tuple[str, int, str, int]] = []  # HubSpot: from type, id, to type, id
        self.truths: list[tuple[str, str, str, str]] = []  # source, record id, person id, kinds
        self.people: list[tuple[int, bytes]] = []
        self.companies: list[tuple[int, bytes]] = []
        self.events_since = events_since

    def add(self, stream: str, row: Row) -> None:
        """Add a row to `<source>.<stream>`."""
        self.rows[stream].append(row)

    def truth(
        self, source: str, record_id: int | str, person_id: str, kinds: Iterable[str]
    ) -> None:
        """Note whose record this is."""
        self.truths.append((source, str(record_id), person_id, ",".join(sorted(kinds))))
