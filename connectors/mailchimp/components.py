"""What YAML cannot say about Mailchimp: members of every list, and actions of every campaign."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import timedelta
from functools import partial
from typing import Any

import requests

from connectors import checkpoint
from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError, malformed_body
from connectors.extractor import parsed_body, records_in
from connectors.vendor_clock import safe_until
from connectors.whole_list import WholeList

logger = logging.getLogger("airbyte.mailchimp")

VENDOR = "Mailchimp"
PAGE_SIZE = 1000
"""The most that Mailchimp gives a page."""
LOOK_BACK = timedelta(minutes=10)
"""Changes may show up a little after their time, so each sync looks back this far once more."""

OVERLAP = 10
"""Records of the page before that each page begins with, which shows whether the list has moved."""

MOST_MOVES = 50
"""How often the reading of one list goes back because the list has moved."""

Place = dict[str, Any]
Page = tuple[list[dict[str, Any]], requests.Response, Place]


@dataclass
class OffsetPages(CheckpointedRetriever):
    """Reads Mailchimp's lists page by page, by offset.

    An offset is no place: whatever is deleted before it moves the rest forward, unseen. So every
    page begins with the last records of the page before, and when those are not there the reading
    goes back. The same holds for a reading that was interrupted and goes on later.
    """

    def pages(
        self,
        path: str,
        field: str,
        params: Mapping[str, Any],
        key: str = "id",
        place: Place | None = None,
    ) -> Iterator[Page]:
        """The pages of one list.

        Args:
            path: of the list.
            field: of the body that holds the records.
            params: beside `count` and `offset`.
            key: the field that tells one record from another.
            place: where to go on, as an earlier page gave it.

        Yields:
            the new records of a page, its response, and the place behind it.
        """
        offset = int((place or {}).get("offset") or 0)
        tail = [str(entry) for entry in (place or {}).get("tail") or ()]
        read = deque(tail, maxlen=2 * PAGE_SIZE)
        step_back = moves = 0
        while True:
            begin = max(0, offset - len(tail))
            asked = {**params, "count": PAGE_SIZE, "offset": begin}
            response = self.sound(
                VENDOR,
                partial(self.get, path, asked),
                partial(self._fault, field=field, key=key, begin=begin, tail=tail),
            )
            records = records_in(response, field, VENDOR)
            found = _behind(records, key, tail)
            if step_back and begin and not (records and str(records[0][key]) in read):
                # Not far enough: what stands before this page may be unread.
                found = None
            if found is None:
                logger.info("%s: %s has moved meanwhile, going back", self.name, path)
                moves += 1
                if moves > MOST_MOVES:
                    raise malformed_body(VENDOR, response, "the list changes as fast as it is read")
                step_back = 2 * step_back or PAGE_SIZE
                offset, tail = max(0, begin - step_back), []
                continue
            step_back = 0
            offset = begin + len(records)
            overlap = min(OVERLAP, PAGE_SIZE // 2)
            read.extend(str(record[key]) for record in records[found:])
            tail = [str(record[key]) for record in records[-overlap:]] if overlap else []
            yield records[found:], response, {"offset": offset, "tail": tail}
            if not _goes_on(response, offset, len(records)):
                return

    def _fault(
        self, response: requests.Response, field: str, key: str, begin: int, tail: list[str]
    ) -> str | None:
        records = records_in(response, field, VENDOR)
        behind = _behind(records, key, tail)
        if records and (behind is None or behind < len(records)):
            return None
        # Nothing new: then this is the end, or not the page that was asked for.
        read = begin + len(tail)
        total = parsed_body(response).get("total_items")
        if isinstance(total, int) and read < total:
            return f"it holds {total} entries by its own count, but gives none after {read}"
        return None

    def ids(self, path: str, field: str, params: Mapping[str, Any]) -> list[str]:
        """The ids of a whole list."""
        wanted = {**params, "fields": f"{field}.id,total_items"}
        found = [
            str(record["id"]) for page in self.pages(path, field, wanted) for record in page[0]
        ]
        return list(dict.fromkeys(found))

    def is_there(self, path: str) -> bool:
        """Whether there still is what has this path."""
        try:
            self.get(path, {"fields": "id"})
        except VendorError as error:
            if error.status != 404:
                raise
            return False
        return True

    def start(self) -> str | None:
        """From when on the first sync reads; `None` if from the beginning."""
        start_date = self.config.get("start_date")
        return f"{start_date}T00:00:00+00:00" if start_date else None


def _behind(records: list[dict[str, Any]], key: str, tail: list[str]) -> int | None:
    """Where a page's new records begin, if it can be told by those that came before them."""
    if not tail:
        return 0
    places = {str(record.get(key)): index for index, record in enumerate(records)}
    for last in reversed(tail):
        if last in places:
            return places[last] + 1
    return None


def _goes_on(response: requests.Response, offset: int, count: int) -> bool:
    total = parsed_body(response).get("total_items")
    return offset < total if isinstance(total, int) else count >= PAGE_SIZE


@dataclass
class WholeOffsetList(WholeList, OffsetPages):
    """A short list, such as that of the lists themselves.

    Attributes:
        path: of the list.
        field: of the body that holds the records.
        list_parameters: further parameters.
    """

    path: str = ""
    field: str = ""
    list_parameters: dict[str, Any] = dataclass_field(default_factory=dict)

    def whole_pages(self) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        """All pages."""
        for records, response, _ in self.pages(self.path, self.field, self.list_parameters):
            yield records, response


@dataclass
class MembersOfLists(OffsetPages):
    """Reads the members of every list, archived ones too; later only those that changed.

    State: `{"lists": {list id: time}}`, each list being read up to that time of Mailchimp's clock;
    beside it `full_read_at` when all lists were read whole, `reading` while that is under way, and
    in the middle of a list `"within": {"list": id, "until": …, "archived": …, "place": …}`.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of members; the state follows them."""
        state = self.checkpoint.state
        within: dict[str, Any] = state.pop("within", None) or {}
        done: dict[str, str] = dict(state.get("lists") or {})
        list_ids = self.ids("lists", "lists", {})
        if done.keys() - set(list_ids):
            # Its members went with it, which only a read of all members that are left can show.
            logger.info("members: a list is gone, reading all members again")
            done, state, within = {}, {}, {}
        whole = "full_read_at" not in state
        began: str | None = (state.get("reading") or {}).get("since")

        def so_far(**more: Any) -> dict[str, Any]:
            return {**(({"reading": {"since": began}}) if whole else state), "lists": done, **more}

        for list_id in list_ids:
            place = within if within.get("list") == list_id else {}
            until: str | None = place.get("until")
            for records, response, here in self._members(list_id, done.get(list_id), place):
                until = until or safe_until(response, LOOK_BACK)
                began = began or until
                yield records
                here = {"list": list_id, "until": until, **here}
                self.checkpoint.offer(so_far(within=here), len(records))
            if until is not None:
                done[list_id] = until
            self.checkpoint.save(so_far())
        self.checkpoint.save(
            {"lists": done, "full_read_at": began if whole else state["full_read_at"]}
        )

    def _members(self, list_id: str, since: str | None, place: Mapping[str, Any]) -> Iterator[Page]:
        params: dict[str, Any] = {
            "exclude_fields": "members._links,_links",
            # An order that changes do not disturb: none is pushed over a page's edge unseen.
            "sort_field": "timestamp_opt",
            "sort_dir": "ASC",
        }
        if since or self.start():
            params["since_last_changed"] = since or self.start()
        path = f"lists/{list_id}/members"
        archived: set[str] = set()
        inner = place.get("place")
        if not place.get("archived"):
            for records, response, here in self.pages(path, "members", params, place=inner):
                archived.update(str(r["id"]) for r in records if r.get("status") == "archived")
                yield records, response, {"archived": False, "place": here}
            inner = None
        # Archived members come in their own right or not at all, depending on the account.
        wanted = {**params, "status": "archived"}
        for records, response, here in self.pages(path, "members", wanted, place=inner):
            new = [r for r in records if str(r["id"]) not in archived]
            yield new, response, {"archived": True, "place": here}


@dataclass
class ActivityOfCampaigns(OffsetPages):
    """Reads opens, clicks and bounces of every sent campaign, one record an action.

    State: `{"campaigns": {campaign id: time}}`, each being read up to that time of Mailchimp's
    clock; in the middle of one also `"within": {"campaign": id, "until": …, "place": …}`.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of actions; the state follows them."""
        state = self.checkpoint.state
        within: dict[str, Any] = state.get("within") or {}
        done: dict[str, str] = dict(state.get("campaigns") or {})
        campaign_ids = self.ids("campaigns", "campaigns", {"status": "sent"})
        there = set(campaign_ids)
        done = {campaign: until for campaign, until in done.items() if campaign in there}
        for campaign_id in campaign_ids:
            place = within if within.get("campaign") == campaign_id else {}
            until: str | None = place.get("until")
            count = 0
            try:
                pages = self._actions(campaign_id, done.get(campaign_id), place.get("place"))
                for actions, response, here in pages:
                    until = until or safe_until(response, LOOK_BACK)
                    count = len(actions)
                    yield actions
                    here = {"campaign": campaign_id, "until": until, "place": here}
                    self.checkpoint.offer({"campaigns": done, "within": here}, count)
                    count = 0
            except VendorError as error:
                if error.status != 404 or self.is_there(f"campaigns/{campaign_id}"):
                    raise
                # It stood in the list of campaigns a moment ago: deleted meanwhile.
                logger.warning("email_activity: campaign %s is gone, left out", campaign_id)
                continue
            if until is not None:
                done[campaign_id] = until
                self.checkpoint.offer({"campaigns": done}, count)
        self.checkpoint.save({"campaigns": done})

    def _actions(self, campaign_id: str, since: str | None, place: Place | None) -> Iterator[Page]:
        params: dict[str, Any] = {"exclude_fields": "emails._links,_links"}
        if since or self.start():
            params["since"] = since or self.start()
        path = f"reports/{campaign_id}/email-activity"
        for emails, response, here in self.pages(path, "emails", params, "email_id", place):
            # A page holds a thousand recipients, each with any number of actions.
            actions: list[dict[str, Any]] = []
            for count, email in enumerate(emails, start=1):
                actions += _flat(campaign_id, email)
                if len(actions) >= checkpoint.RECORDS_A_STATE and count < len(emails):
                    yield actions, response, _place_within(emails, count, here)
                    actions = []
            yield actions, response, here


def _place_within(records: list[dict[str, Any]], count: int, behind: Place) -> Place:
    """The place behind the first of a page's new records, out of the place behind the page."""
    return {
        "offset": behind["offset"] - (len(records) - count),
        "tail": [str(record["email_id"]) for record in records[max(0, count - OVERLAP) : count]],
    }


def _flat(campaign_id: str, email: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One record for each thing that one recipient did."""
    for action in email.get("activity") or ():
        yield {
            "campaign_id": email.get("campaign_id") or campaign_id,
            "list_id": email.get("list_id"),
            "email_id": email.get("email_id"),
            "email_address": email.get("email_address"),
            "action": action.get("action"),
            "timestamp": action.get("timestamp"),
            "type": action.get("type"),
            # Part of the key, as one reader may click two links in one second.
            "url": action.get("url"),
            "ip": action.get("ip"),
        }
