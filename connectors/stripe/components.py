"""What YAML cannot say about Stripe: lists for the first sync, events for the later ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError, malformed_body
from connectors.extractor import parsed_body, records_in
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
    """

    path: str = ""
    event_types: list[str] = field(default_factory=list)
    deleted_by: list[str] = field(default_factory=list)
    list_parameters: dict[str, Any] = field(default_factory=dict)

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of objects and tombstones; saves the state where it is safe."""
        state = self.checkpoint.state
        if isinstance(state.get("since"), int):
            yield from self._read_events(state["since"], state)
        else:
            yield from self._read_first_list(state.get("reading"))

    def _read_first_list(self, reading: Any) -> Iterator[list[dict[str, Any]]]:
        after, since = None, None
        if isinstance(reading, dict) and isinstance(reading.get("since"), int):
            after, since = reading.get("after"), reading["since"]
        for records, response in self._list_pages(after):
            now = vendor_seconds(VENDOR, response)
            if since is None or now - since > EVENTS_LIVE.total_seconds():
                if since is not None:
                    # What the interrupted read gave is too old for the events to complete it.
                    logger.info("%s: the interrupted read is too old, starting anew", self.name)
                    yield from self._read_whole_list()
                    return
                since = now - int(OVERLAP.total_seconds())
            yield records
            if records:
                self.checkpoint.offer(
                    {"reading": {"since": since, "after": records[-1]["id"]}}, len(records)
                )
        self.checkpoint.save({"since": since, "full_read_at": since})

    def _read_whole_list(self) -> Iterator[list[dict[str, Any]]]:
        # No state in between: whoever compares the lake with this read must get it in one piece.
        since = None
        for records, response in self._list_pages(None):
            if since is None:
                since = vendor_seconds(VENDOR, response) - int(OVERLAP.total_seconds())
            yield records
        self.checkpoint.save({"since": since, "full_read_at": since})

    def _list_pages(
        self, after: str | None
    ) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        params: dict[str, Any] = {"limit": PAGE_SIZE, **self.list_parameters}
        start_date = self.config.get("start_date")
        if start_date:
            params["created[gte]"] = int(
                datetime.fromisoformat(str(start_date)).replace(tzinfo=UTC).timestamp()
            )
        anchors = [after] if after else []
        while True:
            try:
                response = self.get(
                    self.path, {**params, **({"starting_after": anchors[-1]} if anchors else {})}
                )
            except VendorError as error:
                if not anchors or error.vendor_code != "resource_missing":
                    raise
                # The object that the page would start after was deleted meanwhile: step back.
                anchors.pop()
                if not anchors:
                    logger.info("%s: the place to go on from is gone, starting anew", self.name)
                continue
            records = records_in(response, "data", VENDOR)
            yield records, response
            if not has_more(response):
                return
            new_anchors = [record["id"] for record in records]
            if not new_anchors or anchors[-1:] == new_anchors[-1:]:
                raise malformed_body(
                    VENDOR, response, "it says has_more but the page is no new one"
                )
            anchors = new_anchors

    def _read_events(self, since: int, state: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        started: int | None = None
        start = since
        while started is None or start < started:
            end = start + int(WINDOW.total_seconds())
            newest: dict[str, int] = {}
            for events, response in self._event_pages(start, end):
                if started is None:
                    started = vendor_seconds(VENDOR, response)
                    if started < since:
                        logger.warning(
                            "%s: the state is ahead of Stripe's clock, so it is of another "
                            "account. Reading the whole stream again.",
                            self.name,
                        )
                        yield from self._read_whole_list()
                        return
                    if started - since > EVENTS_LIVE.total_seconds():
                        logger.warning(
                            "%s: the last sync was %d days ago, but Stripe keeps events for %d "
                            "days only. Reading the whole stream again.",
                            self.name,
                            (started - since) // 86400,
                            EVENTS_LIVE.days,
                        )
                        yield from self._read_whole_list()
                        return
                yield [
                    record
                    for event in events
                    if (record := self._changed(event, newest, response)) is not None
                ]
            if started is None:
                msg = f"stream {self.name} got no page of events"
                raise RuntimeError(msg)
            safe = started - int(OVERLAP.total_seconds())
            if end < started:
                self.checkpoint.save({**state, "since": max(since, min(end, safe))})
            start = end
        self.checkpoint.save({**state, "since": max(since, safe)})

    def _event_pages(
        self, start: int, end: int
    ) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        params: dict[str, Any] = {
            "limit": PAGE_SIZE,
            "types[]": self.event_types,
            "created[gte]": start,
            "created[lt]": end,
        }
        while True:
            response = self.get("v1/events", params)
            events = records_in(response, "data", VENDOR)
            yield events, response
            if not has_more(response):
                return
            if not events or events[-1].get("id") == params.get("starting_after"):
                raise malformed_body(
                    VENDOR, response, "it says has_more but the page is no new one"
                )
            params["starting_after"] = events[-1]["id"]

    def _changed(
        self, event: dict[str, Any], newest: dict[str, int], response: requests.Response
    ) -> dict[str, Any] | None:
        data = event.get("data")
        thing = data.get("object") if isinstance(data, dict) else None
        key, created = thing.get("id") if isinstance(thing, dict) else None, event.get("created")
        if not isinstance(thing, dict) or not isinstance(key, str) or not isinstance(created, int):
            raise malformed_body(VENDOR, response, f"event {event.get('id')} has no object with id")
        deleted = event.get("type") in self.deleted_by
        # Newest first: an older event of the same object says nothing new, except a deletion in
        # the very second of a change, as the order within a second is not told.
        if key in newest and not (deleted and created == newest[key]):
            return None
        newest[key] = created
        if not deleted:
            return thing
        moment = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"id": key, "_ab_cdc_deleted_at": moment}


def has_more(response: requests.Response) -> bool:
    """Whether a Stripe list goes on behind this page."""
    return bool(parsed_body(response).get("has_more"))
