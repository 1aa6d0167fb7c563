"""What YAML cannot say about HubSpot: lists for the first sync, search for the later ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.declarative.requesters.requester import Requester

from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError, malformed_body, url_path
from connectors.extractor import parsed_body, records_in
from connectors.hubspot.associations import TARGETS, cut_short, embed
from connectors.vendor_clock import safe_until

logger = logging.getLogger("airbyte.hubspot")

VENDOR = "HubSpot"
LIST_SIZE = 100
"""The most that a list gives a page, and that one batch reads."""
SEARCH_SIZE = 200
"""The most that search gives a page."""
LONGEST_QUERY = 12_000
"""Characters; HubSpot refuses URLs not much longer."""
LOOK_BACK = timedelta(minutes=5)
"""Search learns of changes a little after their time, so each sync looks back this far again."""

Records = list[dict[str, Any]]


@dataclass
class CrmObjects(CheckpointedRetriever):
    """Reads one type of CRM object with all its properties and its associations.

    State, times being ISO 8601 by HubSpot's own clock:
    `{"updated_after": …, "full_read_at": …}`: changes from the first time on are unread;
    `{"reading": {"archived": …, "after": …, "since": …}}` in the middle of a first read;
    with `"searching": {"after_id": …, "until": …}` beside `updated_after`, in that of a later one.
    (`reading` tells whoever syncs that all is read anew, so that what does not come is deleted.)

    Attributes:
        post_requester: as `requester`, but sends POST.
        changed_property: the property that search compares with the state.
    """

    post_requester: Requester | None = None
    changed_property: str = "hs_lastmodifieddate"
    _properties: list[str] = field(init=False, repr=False, default_factory=list)

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of objects and tombstones; saves the state where it is safe."""
        self._properties = self._all_properties()
        state = self.checkpoint.state
        start_date = self.config.get("start_date")
        if state.get("updated_after"):
            yield from self._changes(state["updated_after"], state)
        elif start_date and not state.get("reading"):
            yield from self._changes(f"{start_date}T00:00:00+00:00", state)
        else:
            yield from self._everything(state.get("reading") or {})

    @property
    def targets(self) -> tuple[str, ...]:
        """The types of objects to which objects of this one are said to belong."""
        return tuple(target for target in TARGETS if target != self.name)

    # The first read: lists, live ones first, then archived ones.

    def _everything(self, reading: Mapping[str, Any]) -> Iterator[Records]:
        until: str | None = reading.get("since")
        after: str | None = reading.get("after")
        for archived in (True,) if reading.get("archived") else (False, True):
            for records, response in self._list_pages(archived, after):
                until = until or safe_until(response, LOOK_BACK)
                yield [*records, *tombstones(records)]
                place = {"archived": archived, "after": next_page(response), "since": until}
                if place["after"] is not None:
                    self.checkpoint.offer({"reading": place}, len(records))
            after = None
        if until is not None:
            self.checkpoint.save({"updated_after": until, "full_read_at": until})

    def _list_pages(
        self, archived: bool, after: str | None
    ) -> Iterator[tuple[Records, requests.Response]]:
        params: dict[str, Any] = {
            "limit": LIST_SIZE,
            "archived": str(archived).lower(),
            "associations": ",".join(self.targets),
            "properties": ",".join(self._properties),
        }
        fits = len(urlencode(params)) <= LONGEST_QUERY
        if not fits:
            del params["properties"]
        path = f"crm/v3/objects/{self.name}"
        while True:
            response = self.get(path, {**params, **({"after": after} if after else {})})
            records = records_in(response, "results", VENDOR)
            if not fits:
                self._add_properties(records, archived)
            for record in records:
                record.setdefault("associations", {})
            for target in self.targets:
                self._complete(target, [r for r in records if target in cut_short(r)])
            yield records, response
            following = next_page(response)
            if following is None:
                return
            if following == after:
                raise malformed_body(VENDOR, response, "its next page is the same page")
            after = following

    def _complete(self, target: str, records: Records) -> None:
        """Reads the associations of which a list gave only the first page."""
        for record in records:
            del record["associations"][target]
        self._add_associations(target, records)

    # Later reads: search for what changed, then what was archived since.

    def _changes(self, since: str, state: Mapping[str, Any]) -> Iterator[Records]:
        searching = state.get("searching") or {}
        until: str | None = searching.get("until")
        after_id: str | None = searching.get("after_id")
        before = {key: state[key] for key in ("full_read_at",) if key in state}
        while True:
            response = self._post(
                f"crm/v3/objects/{self.name}/search", self._search_after(since, after_id)
            )
            until = until or safe_until(response, LOOK_BACK)
            records = records_in(response, "results", VENDOR)
            for record in records:
                record.setdefault("associations", {})
            for target in self.targets:
                self._add_associations(target, records)
            yield [*records, *tombstones(records)]
            if next_page(response) is None:
                break
            last = records[-1]["id"] if records else None
            if last is None or last == after_id:
                raise malformed_body(VENDOR, response, "it says that there is more but gives none")
            after_id = str(last)
            place = {"after_id": after_id, "until": until}
            self.checkpoint.offer(
                {**before, "updated_after": since, "searching": place}, len(records)
            )
        for records, _ in self._list_pages(archived=True, after=None):
            yield [record for record in records if archived_since(record, since)]
        self.checkpoint.save({**before, "updated_after": until or since})

    def _search_after(self, since: str, after_id: str | None) -> dict[str, Any]:
        """A search that starts behind an id, as no search gives more than 10,000 results."""
        milliseconds = str(int(datetime.fromisoformat(since).timestamp() * 1000))
        filters = [
            {"propertyName": self.changed_property, "operator": "GTE", "value": milliseconds}
        ]
        if after_id is not None:
            filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": after_id})
        return {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": self._properties,
            "limit": SEARCH_SIZE,
        }

    # What is read beside the objects themselves.

    def _all_properties(self) -> list[str]:
        """The names of all properties that objects of this type have in this account."""
        response = self.get(f"crm/v3/properties/{self.name}", {})
        return sorted(str(entry["name"]) for entry in records_in(response, "results", VENDOR))

    def _add_properties(self, records: Records, archived: bool) -> None:
        """Reads all properties of a page's objects, where their names do not fit in a URL."""
        if not records:
            return
        response = self._post(
            f"crm/v3/objects/{self.name}/batch/read",
            {
                "inputs": [{"id": record["id"]} for record in records],
                "properties": self._properties,
                "propertiesWithHistory": [],
            },
            {"archived": str(archived).lower()},
        )
        full = {record["id"]: record for record in records_in(response, "results", VENDOR)}
        for record in records:
            if record["id"] in full:
                record["properties"] = full[record["id"]]["properties"]
            else:  # archived or restored between the two requests: the next sync reads it whole
                logger.info("%s %s changed while it was read", self.name, record["id"])

    def _add_associations(self, target: str, records: Records) -> None:
        """Reads to which objects of one type a page's objects belong, all pages of that."""
        by_id = {str(record["id"]): record for record in records}
        inputs: list[dict[str, str]] = [{"id": record_id} for record_id in by_id]
        while inputs:
            response = self._post(
                f"crm/v4/associations/{self.name}/{target}/batch/read", {"inputs": inputs}
            )
            _complain_of(response)
            inputs = []
            for result in records_in(response, "results", VENDOR):
                record_id = str(result["from"]["id"])
                if record_id in by_id:
                    embed(self.name, target, by_id[record_id], result["to"])
                after = ((result.get("paging") or {}).get("next") or {}).get("after")
                if after:
                    inputs.append({"id": record_id, "after": str(after)})

    def _post(
        self, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None = None
    ) -> requests.Response:
        if self.post_requester is None:
            msg = f"stream {self.name} has no post_requester"
            raise RuntimeError(msg)
        response = self.post_requester.send_request(
            path=path, request_body_json=body, request_params=params
        )
        if response is None:
            msg = f"the requester of stream {self.name} ignored a response"
            raise RuntimeError(msg)
        return response


def next_page(response: requests.Response) -> str | None:
    """The mark of the next page; `None` on the last."""
    following = (parsed_body(response).get("paging") or {}).get("next") or {}
    after = following.get("after")
    return str(after) if after else None


def archived_since(record: Mapping[str, Any], since: str) -> bool:
    """Whether an archived record went there at that time or later, or does not say when."""
    archived_at = record.get("archivedAt")
    if not archived_at:
        return True
    return datetime.fromisoformat(archived_at) >= datetime.fromisoformat(since)


def tombstones(records: Sequence[Mapping[str, Any]]) -> Records:
    """Deletions of the records that were merged into these: no list shows them any more."""
    deleted: Records = []
    for record in records:
        merged = (record.get("properties") or {}).get("hs_merged_object_ids") or ""
        for merged_id in str(merged).split(";"):
            if merged_id.strip() and merged_id.strip() != str(record["id"]):
                deleted.append(
                    {"id": merged_id.strip(), "_ab_cdc_deleted_at": record.get("updatedAt")}
                )
    return deleted


def _complain_of(response: requests.Response) -> None:
    """Fails on what a batch could not read; that an object has no associations is no error.

    Raises:
        VendorError: with what HubSpot says.
    """
    for error in parsed_body(response).get("errors") or ():
        if error.get("category") != "OBJECT_NOT_FOUND" and "NO_ASSOCIATIONS" not in str(
            error.get("subCategory")
        ):
            raise VendorError(
                f"{VENDOR} could not read all of {url_path(response)}: "
                f"{str(error.get('message'))[:200]}. Run the sync again.",
                FailureType.transient_error,
                response.status_code,
            )
