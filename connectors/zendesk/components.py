"""What YAML cannot say about Zendesk: exports whose cursor is the state, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

import orjson
import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError, malformed_body
from connectors.extractor import parsed_body, records_in
from connectors.id_set import pack_ids, unpack_ids
from connectors.vendor_clock import vendor_seconds
from connectors.zendesk.pages import CURSOR_REFUSALS, VENDOR, cursor_pages

logger = logging.getLogger("airbyte.zendesk")

EXPORT_PAGE_SIZE = 1000
"""The most that an incremental export gives a page."""
OVERLAP = timedelta(minutes=5)
"""Ratings are read again from so long before the last sync's start, by Zendesk's clock."""
RATING_LOOK_BACK = timedelta(days=30)
"""Ratings can only be asked for by creation; one that is changed later than this is missed."""


@dataclass
class ZendeskExport(CheckpointedRetriever):
    """Base of the exports and of long lists.

    Attributes:
        path: the export's or list's path below the requester's `url`.
        records_field: the body's field with the list.
    """

    path: str = ""
    records_field: str = ""

    def start_time(self) -> int:
        """Where a first sync begins, in seconds since 1970."""
        start_date = self.config.get("start_date")
        if not start_date:
            return 0
        return int(datetime.fromisoformat(str(start_date)).replace(tzinfo=UTC).timestamp())


@dataclass
class CursorExport(ZendeskExport):
    """A cursor-based incremental export.

    State: `{"cursor": …, "read_until": …}`: Zendesk's own opaque text, and the newest change that
    was read, in seconds since 1970, to go on from should the cursor not be known any more.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages until the end of the stream; the state moves with every page."""
        state = self.checkpoint.state
        cursor, read_until = state.get("cursor"), state.get("read_until")
        seen = {cursor} if cursor else set()
        start, has_gone_back, empty = self.start_time(), False, 0
        while True:
            try:
                response = self._page({"cursor": cursor} if cursor else {"start_time": start}, seen)
            except VendorError as error:
                if not cursor or has_gone_back or error.status not in CURSOR_REFUSALS:
                    raise
                start = max(start, (read_until or 0) - int(OVERLAP.total_seconds()))
                logger.warning(
                    "%s: Zendesk does not know any more where to go on. Reading again what "
                    "changed since %s",
                    self.name,
                    datetime.fromtimestamp(start, UTC).isoformat(),
                )
                cursor, seen, has_gone_back = None, set(), True
                continue
            records = records_in(response, self.records_field, VENDOR)
            yield self.given(records, response)
            read_until = newest_change(records, read_until)
            body = parsed_body(response)
            cursor = body.get("after_cursor") or cursor
            if body.get("end_of_stream"):
                break
            seen.add(cursor)
            empty = self.watch_emptiness(VENDOR, response, len(records), empty)
            self.checkpoint.offer({"cursor": cursor, "read_until": read_until}, len(records))
        if cursor:
            self.checkpoint.save({"cursor": cursor, "read_until": read_until})

    def given(
        self,
        records: list[dict[str, Any]],
        response: requests.Response,  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        """What is emitted for a page of records."""
        return records

    def parameters_of(self, place: Mapping[str, Any]) -> dict[str, Any]:
        """The request's parameters for the page at a place."""
        return {"per_page": EXPORT_PAGE_SIZE, **place}

    def _page(self, place: Mapping[str, Any], seen: set[str]) -> requests.Response:
        def fault(response: requests.Response) -> str | None:
            records_in(response, self.records_field, VENDOR)
            body = parsed_body(response)
            following = body.get("after_cursor")
            if body.get("end_of_stream") or (following and following not in seen):
                return None
            return "it is not the end, but has no new cursor"

        params = self.parameters_of(place)
        return self.sound(VENDOR, lambda: self.get(self.path, params), fault)


@dataclass
class TicketMetrics(CursorExport):
    """The measures of tickets, out of the export of tickets.

    They have no export of their own, and their list is in order of the tickets' creation.
    """

    def parameters_of(self, place: Mapping[str, Any]) -> dict[str, Any]:
        """As of every export, with the measures."""
        return {**super().parameters_of(place), "include": "metric_sets"}

    def given(
        self, records: list[dict[str, Any]], response: requests.Response
    ) -> list[dict[str, Any]]:
        """The measures of a page's tickets; those of deleted ones as deletions.

        Raises:
            VendorError: the page has no measures at all.
        """
        live = [ticket for ticket in records if ticket.get("status") != "deleted"]
        if live and not any("metric_set" in ticket for ticket in live):
            raise malformed_body(VENDOR, response, "its tickets have no 'metric_set'")
        rows = []
        for ticket in records:
            measures = ticket.get("metric_set")
            if ticket.get("status") == "deleted":
                at = ticket.get("updated_at")
                rows.append({"ticket_id": ticket["id"], "_ab_cdc_deleted_at": at})
            elif isinstance(measures, dict):
                rows.append({**measures, "ticket_id": ticket["id"]})
        return rows


@dataclass
class TimeExport(ZendeskExport):
    """A time-based incremental export. State: `{"start_time": seconds, "boundary": [digests]}`.

    Each page starts at the time at which the last one ended, so it begins with records that were
    given already. Those that are the same to the byte are left out: that is what `boundary` is.

    Attributes:
        time_field: the field whose value, equal at a page's end, makes the boundary.
    """

    time_field: str = "updated_at"

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages until the end of the stream; the state moves with every page."""
        state = self.checkpoint.state
        start = state.get("start_time")
        boundary = frozenset(state.get("boundary") or ())
        if not isinstance(start, int):
            start, boundary = self.start_time(), frozenset()
        while True:
            try:
                response = self._page(start)
            except VendorError as error:
                if error.status not in (400, 422) or "recent" not in str(error).lower():
                    raise
                # The last page ended within this minute; Zendesk exports only what is older.
                logger.info("%s: the rest is younger than a minute, for next time", self.name)
                break
            entries = records_in(response, self.records_field, VENDOR)
            new = [entry for entry in entries if digest(entry) not in boundary]
            yield list(self.records_of(new, response))
            end = parsed_body(response).get("end_time")
            if isinstance(end, int) and end >= start:
                boundary = self._boundary(entries, boundary if end == start else frozenset())
                start = end
            if self._is_last(response, entries):
                break
            self.checkpoint.offer(self._state(start, boundary), len(new))
        yield from self.at_end(start, boundary)

    def at_end(self, start: int, boundary: frozenset[str]) -> Iterator[Iterable[Mapping[str, Any]]]:
        """What follows the last page: the state."""
        self.checkpoint.save(self._state(start, boundary))
        yield ()

    def _page(self, start: int) -> requests.Response:
        def fault(response: requests.Response) -> str | None:
            entries = records_in(response, self.records_field, VENDOR)
            end = parsed_body(response).get("end_time")
            if self._is_last(response, entries) or (isinstance(end, int) and end > start):
                return None
            return "it is not the end, but has no new end_time"

        return self.sound(VENDOR, lambda: self.get(self.path, self.parameters_of(start)), fault)

    @staticmethod
    def _is_last(response: requests.Response, entries: list[dict[str, Any]]) -> bool:
        at_end = parsed_body(response).get("end_of_stream")
        return len(entries) < EXPORT_PAGE_SIZE if at_end is None else bool(at_end)

    def parameters_of(self, start: int) -> dict[str, Any]:
        """The request's parameters for the page that starts at a time."""
        return {"start_time": start, "per_page": EXPORT_PAGE_SIZE}

    def records_of(
        self,
        entries: list[dict[str, Any]],
        response: requests.Response,  # noqa: ARG002
    ) -> Iterable[Mapping[str, Any]]:
        """The records in the entries of a page."""
        return entries

    def _boundary(self, entries: list[dict[str, Any]], before: frozenset[str]) -> frozenset[str]:
        if not entries:
            return before
        last = entries[-1].get(self.time_field)
        return before | {digest(entry) for entry in entries if entry.get(self.time_field) == last}

    def _state(self, start: int, boundary: frozenset[str]) -> dict[str, Any]:
        return {"start_time": start, "boundary": sorted(boundary)}


@dataclass
class OrganizationExport(TimeExport):
    """The organizations, and which of them are gone: the export never says so.

    State: as of `TimeExport`, and `"ids"`: those that there were at the end of the last sync.

    Attributes:
        list_path: the list of all organizations.
    """

    list_path: str = "api/v2/organizations"

    def at_end(self, start: int, boundary: frozenset[str]) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Deletions of those that were there last time and are not any more, then the state."""
        known = self.checkpoint.state.get("ids")
        ids: set[int] = set()
        moment: int | None = None
        for records, response in cursor_pages(self, self.list_path, "organizations", {}):
            moment = moment or vendor_seconds(VENDOR, response)
            ids.update(int(record["id"]) for record in records)
        gone = sorted(unpack_ids(known) - ids) if known else []
        at = datetime.fromtimestamp(moment or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield [{"id": organization, "_ab_cdc_deleted_at": at} for organization in gone]
        state = self._state(start, boundary)
        self.checkpoint.save({**state, "ids": pack_ids(ids)})

    def _state(self, start: int, boundary: frozenset[str]) -> dict[str, Any]:
        known = self.checkpoint.state.get("ids")
        return {**super()._state(start, boundary), **({"ids": known} if known else {})}


@dataclass
class CommentExport(TimeExport):
    """The comments among the events of tickets."""

    time_field: str = "timestamp"

    def parameters_of(self, start: int) -> dict[str, Any]:
        """As of every export, with the comments' texts."""
        return {**super().parameters_of(start), "include": "comment_events"}

    def records_of(
        self, entries: list[dict[str, Any]], response: requests.Response
    ) -> Iterator[Mapping[str, Any]]:
        """Child events of type Comment, each with its `ticket_id`, `created_at` and `timestamp`."""
        for event in entries:
            children = event.get("child_events") or []
            if not isinstance(children, list):
                raise malformed_body(VENDOR, response, "its child_events is not a list")
            for child in children:
                if "Comment" not in (child.get("event_type"), child.get("type")):
                    continue
                yield {
                    "created_at": event.get("created_at"),
                    "author_id": event.get("updater_id"),
                    **{key: value for key, value in child.items() if value is not None},
                    "ticket_id": event.get("ticket_id"),
                    "timestamp": event.get("timestamp"),
                }


@dataclass
class RatingList(ZendeskExport):
    """The list of satisfaction ratings. Times are in seconds since 1970 by Zendesk's clock.

    State: `{"since": …}`; in the middle of a list also `"listing": {"after": …, "started": …}`.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of the list; `since` moves when the last one is read."""
        state = self.checkpoint.state
        since = state.get("since")
        params: dict[str, Any] = {"start_time": self.start_time()}
        if isinstance(since, int):
            look_back = since - int(RATING_LOOK_BACK.total_seconds())
            params["start_time"] = max(params["start_time"], look_back)
        changed_from = datetime.fromtimestamp(since, UTC) if isinstance(since, int) else None
        listing = state.get("listing") or {}
        started: int | None = listing.get("started")
        pages = cursor_pages(self, self.path, self.records_field, params, listing.get("after"))
        for records, response in pages:
            if started is None:
                started = vendor_seconds(VENDOR, response)
            yield [record for record in records if not unchanged_since(record, changed_from)]
            after = (parsed_body(response).get("meta") or {}).get("after_cursor")
            place = {"listing": {"after": after, "started": started}}
            before = {"since": since} if isinstance(since, int) else {}
            self.checkpoint.offer({**before, **place}, len(records))
        self.checkpoint.save({"since": (started or 0) - int(OVERLAP.total_seconds())})


def newest_change(records: Iterable[Mapping[str, Any]], before: int | None) -> int | None:
    """The newest time of change in records, in seconds since 1970; `before` if that is newer."""
    newest = before
    for record in records:
        moment = _moment(record)
        if moment is not None and (newest is None or moment.timestamp() > newest):
            newest = int(moment.timestamp())
    return newest


def unchanged_since(
    record: Mapping[str, Any], moment: datetime | None, changed_field: str = "updated_at"
) -> bool:
    """Whether a record says of itself that it is older than a moment; in doubt it is not."""
    updated = _moment(record, changed_field)
    return moment is not None and updated is not None and updated < moment


def _moment(record: Mapping[str, Any], changed_field: str = "updated_at") -> datetime | None:
    text = record.get(changed_field)
    if not isinstance(text, str):
        return None
    try:
        updated = datetime.fromisoformat(text)
    except ValueError:
        return None
    return updated if updated.tzinfo else updated.replace(tzinfo=UTC)


def digest(entry: Mapping[str, Any]) -> str:
    """A short text that is the same for equal entries."""
    return md5(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS), usedforsecurity=False).hexdigest()
