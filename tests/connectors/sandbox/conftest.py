"""One small sandbox, served for the whole session; tests that let time pass make their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors import sandbox
from connectors.sandbox.accounts import (
    HUBSPOT_TOKEN,
    MAILCHIMP_KEY,
    STRIPE_KEY,
    ZENDESK_EMAIL,
    ZENDESK_TOKEN,
)

Json = dict[str, Any]


@dataclass
class Vendors:
    """A client that reads a served sandbox as a connector would, page by page."""

    url: str
    directory: Path

    def __post_init__(self) -> None:
        self._sessions = {name: requests.Session() for name in sandbox.source_configs("")}
        self._sessions["stripe"].headers["authorization"] = f"Bearer {STRIPE_KEY}"
        self._sessions["zendesk"].auth = (f"{ZENDESK_EMAIL}/token", ZENDESK_TOKEN)
        self._sessions["mailchimp"].auth = ("anybody", MAILCHIMP_KEY)
        self._sessions["hubspot"].headers["authorization"] = f"Bearer {HUBSPOT_TOKEN}"

    def ask(
        self, vendor: str, path: str, body: Json | None = None, **query: Any
    ) -> requests.Response:
        url = path if path.startswith("http") else f"{self.url}/{vendor}{path}"
        session = self._sessions[vendor]
        if body is not None:
            return session.post(url, json=body, params=query, timeout=30)
        return session.get(url, params=query, timeout=30)

    def get(self, vendor: str, path: str, body: Json | None = None, **query: Any) -> Json:
        answer = self.ask(vendor, path, body, **query)
        assert answer.status_code in (200, 207), answer.text
        found: Json = answer.json()
        return found

    def stripe(self, stream: str, limit: int = 100, **query: Any) -> list[Json]:
        found: list[Json] = []
        while True:
            page = self.get("stripe", f"/v1/{stream}", limit=limit, **query)
            assert page["url"] == f"/v1/{stream}"
            found += page["data"]
            if not page["has_more"]:
                return found
            query["starting_after"] = found[-1]["id"]

    def cursor(self, stream: str, start: int = 0, size: int = 1000) -> list[Json]:
        path = f"/api/v2/incremental/{stream}/cursor.json"
        page = self.get("zendesk", path, start_time=start, per_page=size)
        found = page[stream]
        while not page["end_of_stream"]:
            page = self.get("zendesk", page["after_url"])
            found += page[stream]
        return found

    def export(self, stream: str, start: int = 0, size: int = 1000, **query: Any) -> list[Json]:
        path = f"/api/v2/incremental/{stream}.json"
        page = self.get("zendesk", path, start_time=start, per_page=size, **query)
        found = page[stream]
        while not page["end_of_stream"]:
            page = self.get("zendesk", page["next_page"])
            found += page[stream]
        return found

    def comments(self) -> list[Json]:
        events = self.export("ticket_events", include="comment_events")
        return [child for event in events for child in event["child_events"]]

    def ratings(self, size: int = 100) -> list[Json]:
        page = self.get("zendesk", "/api/v2/satisfaction_ratings.json", **{"page[size]": size})
        found = page["satisfaction_ratings"]
        while page["meta"]["has_more"]:
            page = self.get("zendesk", page["links"]["next"])
            found += page["satisfaction_ratings"]
        return found

    def mailchimp(self, path: str, key: str, count: int = 1000, **query: Any) -> list[Json]:
        found: list[Json] = []
        while True:
            page = self.get("mailchimp", path, count=count, offset=len(found), **query)
            found += page[key]
            if len(found) >= page["total_items"]:
                return found

    def members(self, **query: Any) -> list[Json]:
        return [
            member
            for each in self.mailchimp("/3.0/lists", "lists")
            for member in self.mailchimp(f"/3.0/lists/{each['id']}/members", "members", **query)
        ]

    def hubspot(self, kind: str, limit: int = 100, **query: Any) -> list[Json]:
        path = "/crm/v3/owners" if kind == "owners" else f"/crm/v3/objects/{kind}"
        found: list[Json] = []
        while True:
            page = self.get("hubspot", path, limit=limit, **query)
            found += page["results"]
            if "paging" not in page:
                return found
            query["after"] = page["paging"]["next"]["after"]

    def properties(self, kind: str) -> str:
        found = self.get("hubspot", f"/crm/v3/properties/{kind}")["results"]
        return ",".join(each["name"] for each in found)


@pytest.fixture(scope="session")
def sandbox_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sandbox")
    sandbox.create(directory, people=60, seed=11)
    return directory


@pytest.fixture(scope="session")
def vendors(sandbox_directory: Path) -> Iterator[Vendors]:
    with sandbox.running(sandbox_directory) as url:
        yield Vendors(url, sandbox_directory)


@pytest.fixture
def own_vendors(tmp_path: Path) -> Iterator[Callable[[int], Vendors]]:
    """Make and serve a sandbox of so many people, for a test that changes it."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def make(people: int) -> Vendors:
            directory = tmp_path / f"sandbox{people}"
            sandbox.create(directory, people=people, seed=5)
            return Vendors(stack.enter_context(sandbox.running(directory)), directory)

        yield make
