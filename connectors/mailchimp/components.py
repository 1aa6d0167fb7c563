"""What YAML cannot say about Mailchimp: members of every list, and actions of every campaign."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError
from connectors.extractor import parsed_body, records_in
from connectors.vendor_clock import safe_until

logger = logging.getLogger("airbyte.mailchimp")

VENDOR = "Mailchimp"
PAGE_SIZE = 1000
"""The most that Mailchimp gives a page."""
LOOK_BACK = timedelta(minutes=10)
"""Changes may show up a little after their time, so each sync looks back this far once more."""

Page = tuple[list[dict[str, Any]], requests.Response]


@dataclass
class OffsetPages(CheckpointedRetriever):
    """Reads Mailchimp's lists page by page, by offset."""

    def pages(self, path: str, field: str, params: Mapping[str, Any]) -> Iterator[Page]:
        """The pages of one list: the records under `field`, and the response they came in."""
        offset = 0
        while True:
            response = self.get(path, {**params, "count": PAGE_SIZE, "offset": offset})
            records = records_in(response, field, VENDOR)
            yield records, response
            offset += len(records)
            total = parsed_body(response).get("total_items")
            more = offset < total if isinstance(total, int) else len(records) >= PAGE_SIZE
            if not more:
                return
            if not records:
                logger.warning(
                    "%s: %s has %d entries by Mailchimp's count, but gave no more after %d",
                    self.name, path, total, offset,
                )  # fmt: skip
                return

    def ids(self, path: str, field: str, params: Mapping[str, Any]) -> list[str]:
        """The ids of a whole list."""
        wanted = {**params, "fields": f"{field}.id,total_items"}
        return [str(record["id"]) for page, _ in self.pages(path, field, wanted) for record in page]

    def start(self) -> str | None:
        """From when on the first sync reads; `None` if from the beginning."""
        start_date = self.config.get("start_date")
        return f"{start_date}T00:00:00+00:00" if start_date else None


@dataclass
class MembersOfLists(OffsetPages):
    """Reads the members of every list, archived ones too; later only those that changed.

    State: `{"lists": {list id: time}}`, each list being read up to that time of Mailchimp's clock;
    beside it `full_read_at` when all lists were read whole, `reading` while that is under way.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of members; the state follows each list."""
        state = self.checkpoint.state
        done: dict[str, str] = dict(state.get("lists") or {})
        list_ids = self.ids("lists", "lists", {})
        gone = done.keys() - set(list_ids)
        if gone:
            # Its members went with it, which only a read of all members that are left can show.
            # No state in between: it must be seen in one piece.
            logger.info("members: %d lists are gone, reading all members again", len(gone))
            done, state = {}, {}
        whole = "full_read_at" not in state
        began: str | None = (state.get("reading") or {}).get("since")
        for list_id in list_ids:
            until: str | None = None
            for records, response in self._members(list_id, done.get(list_id)):
                until = until or safe_until(response, LOOK_BACK)
                began = began or until
                yield records
            if until is not None:
                done[list_id] = until
            if whole and not gone:
                self.checkpoint.save({"lists": done, "reading": {"since": began}})
            elif not gone:
                self.checkpoint.save({**state, "lists": done})
        self.checkpoint.save(
            {"lists": done, "full_read_at": began if whole else state["full_read_at"]}
        )

    def _members(self, list_id: str, since: str | None) -> Iterator[Page]:
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
        for records, response in self.pages(path, "members", params):
            archived.update(str(r["id"]) for r in records if r.get("status") == "archived")
            yield records, response
        # Archived members come in their own right or not at all, depending on the account.
        for records, response in self.pages(path, "members", {**params, "status": "archived"}):
            yield [r for r in records if str(r["id"]) not in archived], response


@dataclass
class ActivityOfCampaigns(OffsetPages):
    """Reads opens, clicks and bounces of every sent campaign, one record an action.

    State: `{"campaigns": {campaign id: time}}`, each being read up to that time of Mailchimp's
    clock.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of actions; the state follows each campaign."""
        done: dict[str, str] = dict(self.checkpoint.state.get("campaigns") or {})
        campaign_ids = self.ids("campaigns", "campaigns", {"status": "sent"})
        there = set(campaign_ids)
        done = {campaign: until for campaign, until in done.items() if campaign in there}
        for campaign_id in campaign_ids:
            until: str | None = None
            count = 0
            try:
                for actions, response in self._actions(campaign_id, done.get(campaign_id)):
                    until = until or safe_until(response, LOOK_BACK)
                    count += len(actions)
                    yield actions
            except VendorError as error:
                if error.status != 404:
                    raise
                # It stood in the list of campaigns a moment ago: deleted meanwhile.
                logger.warning("email_activity: campaign %s is gone, left out", campaign_id)
                continue
            if until is not None:
                done[campaign_id] = until
                self.checkpoint.offer({"campaigns": done}, count)
        self.checkpoint.save({"campaigns": done})

    def _actions(self, campaign_id: str, since: str | None) -> Iterator[Page]:
        params: dict[str, Any] = {"exclude_fields": "emails._links,_links"}
        if since or self.start():
            params["since"] = since or self.start()
        for emails, response in self.pages(
            f"reports/{campaign_id}/email-activity", "emails", params
        ):
            yield [action for email in emails for action in _flat(campaign_id, email)], response


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
            "url": action.get("url"),
            "ip": action.get("ip"),
        }
