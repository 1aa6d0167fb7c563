"""What YAML cannot say about HubSpot: lists for the first sync, search for the later ones."""

from __future__ import annotations

import json
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
from connectors.hubspot.pages import LIST_SIZE, VENDOR, Records, list_pages, next_page
from connectors.id_set import pack_ids, unpack_ids
from connectors.vendor_clock import safe_until

logger = logging.getLogger("airbyte.hubspot")

SEARCH_SIZE = 200
"""The most that search gives a page."""
HISTORY_SIZE = 50
"""The most that a list or a batch gives with the history of properties."""
LONGEST_QUERY = 12_000
"""Characters; HubSpot refuses URLs not much longer."""
LONGEST_SEARCH = 3_000
"""Characters of a search's body; longer ones are refused (HubSpot's guide to search, limits)."""
OTHER_PARTS_OF_SEARCH = 500
"""What of these is kept for all but the names of properties."""
LOOK_BACK = timedelta(minutes=5)
"""Search learns of changes a little after their time, so each sync looks back this far again."""


@dataclass
class CrmObjects(CheckpointedRetriever):
    """Reads one type of CRM object with all its properties and its associations.

    State, times being ISO 8601 by HubSpot's own clock:
    `{"updated_after": …, "full_read_at": …, "archived": ids}`: changes from the first time on are
    unread, and these ids were archived then;
    `{"reading": {"archived": …, "after": …, "since": …}}` in the middle of a first read;
    with `"searching": {"after_id": …, "until": …}` beside `updated_after`, in that of a later one,
    and `"archived_after"` in it while the archived ones are read.
    (`reading` tells whoever syncs that all is read anew, so that what does not come is deleted.)

    Attributes:
        post_requester: as `requester`, but sends POST.
        changed_property: the property that search compares with the state.
        object_type: the type of object as HubSpot calls it; the stream's name if it is empty.
        associated_with: the types of objects to which objects of this one are said to belong.
        with_history: properties of which the values they had are read too.
    """

    post_requester: Requester | None = None
    object_type: str = ""
    associated_with: Sequence[str] = TARGETS
    with_history: Sequence[str] = ()
    changed_property: str = "hs_lastmodifieddate"
    _properties: list[str] = field(init=False, repr=False, default_factory=list)

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of objects and tombstones; saves the state where it is safe."""
        self._properties = self.properties_to_read()
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
        return tuple(target for target in self.associated_with if target != self.kind)

    @property
    def kind(self) -> str:
        """The type of object, as paths name it."""
        return self.object_type or self.name

    @property
    def page_size(self) -> int:
        """The most objects that one list's page or one batch may hold."""
        return HISTORY_SIZE if self.with_history else LIST_SIZE

    def given(self, records: Records) -> Records:
        """What is emitted for a page of objects."""
        return [*records, *tombstones(records)]

    # The first read: lists, live ones first, then archived ones.

    def _everything(self, reading: Mapping[str, Any]) -> Iterator[Records]:
        until: str | None = reading.get("since")
        after: str | None = reading.get("after")
        archived_ids: set[int] | None = None if reading.get("archived") else set()
        for archived in (True,) if reading.get("archived") else (False, True):
            for records, response in self._list_pages(archived, after):
                until = until or safe_until(response, LOOK_BACK)
                page = self.given(records)
                yield page
                if archived and archived_ids is not None:
                    archived_ids.update(int(record["id"]) for record in records)
                place = {"archived": archived, "after": next_page(response), "since": until}
                if place["after"] is not None:
                    self.checkpoint.offer({"reading": place}, len(page))
            after = None
        if until is not None:
            done = {"updated_after": until, "full_read_at": until}
            if archived_ids is not None:
                done["archived"] = pack_ids(archived_ids)
            self.checkpoint.save(done)

    def _list_pages(
        self, archived: bool, after: str | None
    ) -> Iterator[tuple[Records, requests.Response]]:
        params: dict[str, Any] = {
            "limit": self.page_size,
            "archived": str(archived).lower(),
            "associations": ",".join(self.targets),
            "properties": ",".join(self._properties),
            "propertiesWithHistory": ",".join(self.with_history),
        }
        params = {name: value for name, value in params.items() if value}
        fits = len(urlencode(params)) <= LONGEST_QUERY
        if not fits:
            del params["properties"]
        path = f"crm/v3/objects/{self.kind}"
        for records, response in list_pages(self, path, params, after):
            if not fits:
                self._add_properties(records, archived)
            for record in records:
                record.setdefault("associations", {})
            for target in self.targets:
                self._complete(target, [r for r in records if target in cut_short(r)])
            yield records, response

    def _complete(self, target: str, records: Records) -> None:
        """Reads the associations of which a list gave only the first page."""
        for record in records:
            del record["associations"][target]
        self._add_associations(target, records)

    # Later reads: search for what changed, then what was archived and what was restored since.

    def _changes(self, since: str, state: Mapping[str, Any]) -> Iterator[Records]:
        searching = state.get("searching") or {}
        until: str | None = searching.get("until")
        after_id: str | None = searching.get("after_id")
        before = {key: state[key] for key in ("full_read_at", "archived") if key in state}

        def so_far(**place: Any) -> dict[str, Any]:
            return {**before, "updated_after": since, "searching": {**place, "until": until}}

        while "archived_after" not in searching:
            response = self._search(since, after_id)
            until = until or safe_until(response, LOOK_BACK)
            found = records_in(response, "results", VENDOR)
            page = self.given(self._whole(found))
            yield page
            if next_page(response) is None:
                break
            after_id = str(found[-1]["id"])
            self.checkpoint.offer(so_far(after_id=after_id), len(page))
        archived: set[int] | None = None if searching.get("archived_after") else set()
        pages = self._list_pages(archived=True, after=searching.get("archived_after"))
        for records, response in pages:
            page = self.given([record for record in records if archived_since(record, since)])
            yield page
            if archived is not None:
                archived.update(int(record["id"]) for record in records)
            following = next_page(response)
            if following is not None:
                self.checkpoint.offer(so_far(archived_after=following), len(page))
        if archived is not None:
            if "archived" in before:
                yield from self._restored(unpack_ids(before["archived"]) - archived)
            before["archived"] = pack_ids(archived)
        self.checkpoint.save({**before, "updated_after": until or since})

    def _search(self, since: str, after_id: str | None) -> requests.Response:
        def fault(response: requests.Response) -> str | None:
            records = records_in(response, "results", VENDOR)
            last = str(records[-1]["id"]) if records else None
            if next_page(response) is not None and (last is None or last == after_id):
                return "it says that there is more but gives none"
            return None

        path = f"crm/v3/objects/{self.kind}/search"
        body = self._search_after(since, after_id)
        return self.sound(VENDOR, lambda: self._post(path, body), fault)

    def _whole(self, found: Records) -> Records:
        """What search found, with all properties and associations.

        What was archived since it was found is left out: the list of archived ones gives it.
        """
        records = found if self._search_tells_all else self._batches(found, archived=False)
        return self._associated(records)

    @property
    def _search_tells_all(self) -> bool:
        names = json.dumps(self._properties)
        return not self.with_history and len(names) <= LONGEST_SEARCH - OTHER_PARTS_OF_SEARCH

    def _restored(self, ids: set[int]) -> Iterator[Records]:
        """Those of the ids that are live; HubSpot does not promise to call that a change."""
        wanted = [{"id": str(number)} for number in sorted(ids)]
        for begin in range(0, len(wanted), LIST_SIZE):
            live = self._batches(wanted[begin : begin + LIST_SIZE], archived=False)
            yield self.given(self._associated(live))

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
            "properties": self._properties if self._search_tells_all else [],
            "limit": SEARCH_SIZE,
        }

    # What is read beside the objects themselves.

    def properties_to_read(self) -> list[str]:
        """The names of all properties that objects of this type have in this account."""
        names: set[str] = set()
        for entries, response in list_pages(self, f"crm/v3/properties/{self.kind}", {}, None):
            names.update(str(entry["name"]) for entry in entries)
            if not names and next_page(response) is None:
                raise malformed_body(VENDOR, response, "it names no property at all")
        return sorted(names)

    def _add_properties(self, records: Records, archived: bool) -> None:
        """Reads all properties of a page's objects, where their names do not fit in a URL."""
        full = {record["id"]: record for record in self._batches(records, archived)}
        for record in records:
            if record["id"] in full:
                record.update(full[record["id"]])
            else:  # archived or restored between the two requests: the next sync reads it whole
                logger.info("%s %s changed while it was read", self.name, record["id"])

    def _batches(self, records: Records, archived: bool) -> Records:
        """The objects with these ids, with all properties; without those that are not there."""
        found: Records = []
        for begin in range(0, len(records), self.page_size):
            response = self._post(
                f"crm/v3/objects/{self.kind}/batch/read",
                {
                    "inputs": [{"id": r["id"]} for r in records[begin : begin + self.page_size]],
                    "properties": self._properties,
                    "propertiesWithHistory": list(self.with_history),
                },
                {"archived": str(archived).lower()},
            )
            found += records_in(response, "results", VENDOR)
        return found

    def _associated(self, records: Records) -> Records:
        """The same objects, with their associations; for what no list gave."""
        for record in records:
            record.setdefault("associations", {})
        for target in self.targets if records else ():
            self._add_associations(target, records)
        return records

    def _add_associations(self, target: str, records: Records) -> None:
        """Reads to which objects of one type a page's objects belong, all pages of that."""
        by_id = {str(record["id"]): record for record in records}
        inputs: list[dict[str, str]] = [{"id": record_id} for record_id in by_id]
        while inputs:
            response = self._post(
                f"crm/v4/associations/{self.kind}/{target}/batch/read", {"inputs": inputs}
            )
            _complain_of(response)
            inputs = []
            for result in records_in(response, "results", VENDOR):
                record_id = str(result["from"]["id"])
                if record_id in by_id:
                    embed(self.kind, target, by_id[record_id], result["to"])
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
