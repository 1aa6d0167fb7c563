"""What YAML cannot say about Stripe: lists for the first sync, events for the later ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError, malformed_body
from connectors.extractor import parsed_body, records_in
from connectors.user_warnings import FOR_USER
from connectors.vendor_clock import vendor_seconds

logger = logging.getLogger("airbyte.stripe")

VENDOR = "Stripe"
PAGE_SIZE = 100
"""The most that Stripe gives a page."""
EVENTS_LIVE = timedelta(days=30)
"""Stripe keeps events no longer; an older state needs the lists again."""
OVERLAP = timedelta(minutes=5)
"""Events may show up a little after their time, so each sync looks back this far once more."""
WINDOW = timedelta(days=2)
"""Events come newest first, so the state can only move at the end of a window of time."""
EVENTS_A_WINDOW = 1_000
"""A window with more events is cut shorter before any of them is handed over."""

Page = tuple[list[dict[str, Any]], requests.Response]
"""Objects of a list, and the response that they came in."""


@dataclass
class ListThenEvents(CheckpointedRetriever):
    """Reads one kind of object: all of its list first, then what `/v1/events` tells.

    State, all times in seconds of Stripe's own clock:
    `{"since": …, "full_read_at": …}` when a sync is complete: events from `since` on are unread;
    `{"reading": {"since": …, "after": id}}` in the middle of a first list, which goes on there.

    Attributes:
        path: the list's path below the requester's `url`.
        event_types: the events whose `data.object` is an object of this stream; 20 at most.
        deleted_by: those of them that say that the object is gone.
        list_parameters: further parameters of the list.
        list_parts: parameters of each of several lists, where no single one holds all.
        without_events: parameters of a list of objects that no event has told of yet; in each
            later sync it is asked for those that came since the last one.
    """

    path: str = ""
    event_types: list[str] = field(default_factory=list)
    deleted_by: list[str] = field(default_factory=list)
    list_parameters: dict[str, Any] = field(default_factory=dict)
    list_parts: list[dict[str, Any]] = field(default_factory=list)
    without_events: dict[str, Any] = field(default_factory=dict)

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of objects and tombstones; saves the state where it is safe."""
        state = self.checkpoint.state
        if isinstance(state.get("since"), int):
            if self.without_events:
                more = {**self.without_events, "created[gte]": state["since"]}
                for objects, _ in self.list_pages(None, more):
                    yield objects
            yield from self._read_events(state["since"], state)
        else:
            yield from self._read_list(state.get("reading"))

    def listed(
        self, objects: list[dict[str, Any]]
    ) -> Iterator[tuple[list[dict[str, Any]], str | None]]:
        """The stream's records for a page of the list.

        Yields:
            records, and the id of the object with which all of those so far are complete, if they
            are: a reading can go on behind it.
        """
        yield objects, objects[-1]["id"] if objects else None

    def told(self, pages: Sequence[Page]) -> Iterator[list[dict[str, Any]]]:
        """The stream's records for the events of a window of time, newest first."""
        newest: dict[str, int] = {}
        for events, response in pages:
            yield [
                record
                for event in events
                if (record := self._changed(event, newest, response)) is not None
            ]

    def read_whole(self, since: int | None) -> dict[str, Any]:
        """The state when all of the list was read; events from `since` on are unread."""
        return {"since": since, "full_read_at": since}

    def _read_list(self, reading: Any = None) -> Iterator[list[dict[str, Any]]]:
        after, since, first = None, None, 0
        if isinstance(reading, dict) and isinstance(reading.get("since"), int):
            after, since = reading.get("after"), reading["since"]
            first = int(reading.get("part") or 0)
        parts = self.list_parts or [{}]
        for number in range(first, len(parts)):
            for objects, response in self.list_pages(after, parts[number]):
                now = vendor_seconds(VENDOR, response)
                if since is None:
                    since = now - int(OVERLAP.total_seconds())
                elif now - since > EVENTS_LIVE.total_seconds():
                    # What the interrupted read gave is too old for the events to complete it.
                    logger.info("%s: the interrupted read is too old, starting anew", self.name)
                    yield from self._read_list()
                    return
                count = 0
                part = {"part": number} if number else {}
                for records, through in self.listed(objects):
                    yield records
                    count += len(records)
                    if through is not None:
                        place = {"since": since, "after": through, **part}
                        self.checkpoint.offer({"reading": place}, count)
                        count = 0
            after = None
        self.checkpoint.save(self.read_whole(since))

    def start(self) -> int | None:
        """From when on the first sync reads; `None` if from the beginning."""
        start_date = self.config.get("start_date")
        if not start_date:
            return None
        return int(datetime.fromisoformat(str(start_date)).replace(tzinfo=UTC).timestamp())

    def list_pages(
        self, after: str | None, more: Mapping[str, Any], path: str = ""
    ) -> Iterator[Page]:
        """The pages of a list, each with its response.

        Args:
            after: the id of the object behind which it begins; `None` for all of it.
            more: parameters beside the stream's own. `created[gte]` replaces the start date.
            path: of the list; that of the stream's own if it is empty.
        """
        params: dict[str, Any] = {"limit": PAGE_SIZE, **more}
        if not path:
            start = self.start()
            bound = {} if start is None else {"created[gte]": start}
            params = {**self.list_parameters, **bound, **params}
        anchors = [after] if after else []
        ends = set(anchors)
        started_anew = False
        while True:
            try:
                response = self._page(
                    path or self.path,
                    {**params, **({"starting_after": anchors[-1]} if anchors else {})},
                    ends,
                )
            except VendorError as error:
                if error.vendor_code != "resource_missing" or not anchors:
                    raise
                # The object that the page would start after was deleted meanwhile: step back.
                anchors.pop()
                if not anchors:
                    if started_anew:
                        raise
                    logger.info("%s: the place to go on from is gone, starting anew", self.name)
                    started_anew, ends = True, set()
                continue
            records = records_in(response, "data", VENDOR)
            yield records, response
            if not has_more(response):
                return
            anchors = [record["id"] for record in records]
            ends.add(anchors[-1])

    def _page(self, path: str, params: Mapping[str, Any], ends: set[str]) -> requests.Response:
        """A page that gets on: `ends` are the last ids of the pages so far."""

        def fault(response: requests.Response) -> str | None:
            records = records_in(response, "data", VENDOR)
            if has_more(response) and (not records or records[-1].get("id") in ends):
                return "it says has_more but the page is no new one"
            return None

        return self.sound(VENDOR, lambda: self.get(path, params), fault)

    def _read_events(self, since: int, state: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """What the events since a time tell, window by window: they come newest first.

        So the state can only move at the end of a window, and a window must not hold too many.
        """
        started: int | None = None
        start, length = since, int(WINDOW.total_seconds())
        while started is None or start < started:
            end = start + length
            pages: list[Page] = []
            count = 0
            for events, response in self._event_pages(start, end):
                if started is None:
                    started = vendor_seconds(VENDOR, response)
                    if self.must_read_again(since, started):
                        yield from self._read_list()
                        return
                pages.append((events, response))
                count += len(events)
                if count > EVENTS_A_WINDOW and length > 1:
                    break
            else:
                yield from self.told(pages)
                if started is None:
                    msg = f"stream {self.name} got no page of events"
                    raise RuntimeError(msg)
                safe = started - int(OVERLAP.total_seconds())
                if end < started:
                    self.checkpoint.save({**state, "since": max(since, min(end, safe))})
                start = end
                if count < EVENTS_A_WINDOW // 4:
                    length = min(2 * length, int(WINDOW.total_seconds()))
                continue
            # So many within so short a time: half of that time is enough for one window.
            seconds = [event.get("created") for events, _ in pages for event in events]
            known = [second for second in seconds if isinstance(second, int)]
            span = max(known) - min(known) + 1 if known else length
            length = max(1, min(length, span) // 2)
        self.checkpoint.save({**state, "since": max(since, safe)})

    def is_of_another_account(self, since: int, started: int) -> bool:
        """Whether a state's time is ahead of Stripe's clock; says so in the log."""
        if started >= since:
            return False
        logger.warning(
            "%s: the state is ahead of Stripe's clock, so it is of another account. Reading the "
            "whole stream again.",
            self.name,
            extra=FOR_USER,
        )
        return True

    def must_read_again(self, since: int, started: int) -> bool:
        """Whether the events do not tell all that happened since a time; says why in the log."""
        if self.is_of_another_account(since, started):
            return True
        if started - since > EVENTS_LIVE.total_seconds():
            logger.warning(
                "%s: the last sync was %d days ago, but Stripe keeps events for %d days only. "
                "Reading the whole stream again.",
                self.name,
                (started - since) // 86400,
                EVENTS_LIVE.days,
                extra=FOR_USER,
            )
            return True
        return False

    def _event_pages(self, start: int, end: int) -> Iterator[Page]:
        params: dict[str, Any] = {
            "limit": PAGE_SIZE,
            **({"types[]": self.event_types} if self.event_types else {}),
            "created[gte]": start,
            "created[lt]": end,
        }
        ends: set[str] = set()
        while True:
            response = self._page("v1/events", params, ends)
            events = records_in(response, "data", VENDOR)
            yield events, response
            if not has_more(response):
                return
            params["starting_after"] = events[-1]["id"]
            ends.add(events[-1]["id"])

    def _changed(
        self, event: dict[str, Any], newest: dict[str, int], response: requests.Response
    ) -> dict[str, Any] | None:
        thing, created = told_object(event, response)
        key = thing["id"]
        deleted = event.get("type") in self.deleted_by
        # Newest first: an older event of the same object says nothing new, except a deletion in
        # the very second of a change, as the order within a second is not told.
        if key in newest and not (deleted and created == newest[key]):
            return None
        newest[key] = created
        if not deleted:
            return thing
        return {"id": key, "_ab_cdc_deleted_at": moment(created)}


def told_object(
    event: Mapping[str, Any], response: requests.Response
) -> tuple[dict[str, Any], int]:
    """The object that an event is about, and when it happened.

    Raises:
        VendorError: it has none; an event that is passed over would lose a change.
    """
    data, created = event.get("data"), event.get("created")
    thing = data.get("object") if isinstance(data, dict) else None
    if (
        not isinstance(thing, dict)
        or not isinstance(thing.get("id"), str)
        or not isinstance(created, int)
    ):
        raise malformed_body(VENDOR, response, f"event {event.get('id')} has no object with id")
    return thing, created


def moment(seconds: int) -> str:
    """A time as tombstones bear it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def has_more(response: requests.Response) -> bool:
    """Whether a Stripe list goes on behind this page."""
    return bool(parsed_body(response).get("has_more"))
