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
from connectors.vendor_clock import vendor_seconds

logger = logging.getLogger("airbyte.zendesk")

VENDOR = "Zendesk"
EXPORT_PAGE_SIZE = 1000
"""The most that an incremental export gives a page."""
LIST_PAGE_SIZE = 100
"""The most that an ordinary list gives a page."""
OVERLAP = timedelta(minutes=5)
"""Ratings are read again from so long before the last sync's start, by Zendesk's clock."""
RATING_LOOK_BACK = timedelta(days=30)
"""Ratings can only be asked for by creation; one that is changed later than this is missed."""


@dataclass
class ZendeskExport(CheckpointedRetriever):
    """Base of the exports.

    Attributes:
        path: the export's path below the requester's `url`.
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
    """A cursor-based incremental export. State: `{"cursor": …}`, Zendesk's own opaque text."""

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages until the end of the stream; the state moves with every page."""
        cursor = self.checkpoint.state.get("cursor")
        while True:
            params: dict[str, Any] = {"per_page": EXPORT_PAGE_SIZE}
            params |= {"cursor": cursor} if cursor else {"start_time": self.start_time()}
            response = self.get(self.path, params)
            records = records_in(response, self.records_field, VENDOR)
            yield records
            body = parsed_body(response)
            following = body.get("after_cursor")
            at_end = bool(body.get("end_of_stream"))
            if not at_end and (not following or following == cursor):
                raise malformed_body(VENDOR, response, "it is not the end, but has no new cursor")
            cursor = following or cursor
            if at_end:
                break
            self.checkpoint.offer({"cursor": cursor}, len(records))
        if cursor:
            self.checkpoint.save({"cursor": cursor})


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
                response = self.get(self.path, self.parameters_of(start))
            except VendorError as error:
                if error.status not in (400, 422) or "recent" not in str(error).lower():
                    raise
                # The last page ended within this minute; Zendesk exports only what is older.
                logger.info("%s: the rest is younger than a minute, for next time", self.name)
                break
            entries = records_in(response, self.records_field, VENDOR)
            new = [entry for entry in entries if digest(entry) not in boundary]
            yield list(self.records_of(new, response))
            body = parsed_body(response)
            end = body.get("end_time")
            at_end = body.get("end_of_stream")
            if at_end is None:
                at_end = len(entries) < EXPORT_PAGE_SIZE
            if not at_end and (not isinstance(end, int) or end == start):
                raise malformed_body(VENDOR, response, "it is not the end, but has no new end_time")
            if isinstance(end, int):
                boundary = self._boundary(entries, boundary if end == start else frozenset())
                start = end
            if at_end:
                break
            self.checkpoint.offer(self._state(start, boundary), len(new))
        self.checkpoint.save(self._state(start, boundary))

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

    @staticmethod
    def _state(start: int, boundary: frozenset[str]) -> dict[str, Any]:
        return {"start_time": start, "boundary": sorted(boundary)}


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
    """The list of satisfaction ratings. State: `{"since": seconds}`, Zendesk's clock."""

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of the list; the state moves when the last one is read."""
        since = self.checkpoint.state.get("since")
        params: dict[str, Any] = {"page[size]": LIST_PAGE_SIZE, "start_time": self.start_time()}
        if isinstance(since, int):
            look_back = since - int(RATING_LOOK_BACK.total_seconds())
            params["start_time"] = max(params["start_time"], look_back)
        changed_from = datetime.fromtimestamp(since, UTC) if isinstance(since, int) else None
        started: int | None = None
        while True:
            response = self.get(self.path, params)
            if started is None:
                started = vendor_seconds(VENDOR, response)
            records = records_in(response, self.records_field, VENDOR)
            yield [record for record in records if not unchanged_since(record, changed_from)]
            meta = parsed_body(response).get("meta") or {}
            if not meta.get("has_more"):
                break
            after = meta.get("after_cursor")
            if not after or after == params.get("page[after]"):
                raise malformed_body(VENDOR, response, "it has more, but no new after_cursor")
            params["page[after]"] = after
        self.checkpoint.save({"since": started - int(OVERLAP.total_seconds())})


def unchanged_since(record: Mapping[str, Any], moment: datetime | None) -> bool:
    """Whether a record says of itself that it is older than a moment; in doubt it is not."""
    text = record.get("updated_at")
    if moment is None or not isinstance(text, str):
        return False
    try:
        updated = datetime.fromisoformat(text)
    except ValueError:
        return False
    return (updated if updated.tzinfo else updated.replace(tzinfo=UTC)) < moment


def digest(entry: Mapping[str, Any]) -> str:
    """A short text that is the same for equal entries."""
    return md5(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS), usedforsecurity=False).hexdigest()
