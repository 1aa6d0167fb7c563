"""What a sync of Zendesk must hold, against a small Zendesk whose time the test moves."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from airbyte_cdk.logger import AirbyteLogFormatter
from airbyte_cdk.models import Status
from answering_vendor import Answer, Request
from reading import DELETED_AT, live, read

from connectors import checkpoint
from connectors.registry import create_source

TOKEN = "never-show-this-token"
EMAIL = "admin@acme.example"
DAY = 86400
START = 1_500_000_000


#: Lists that are read whole; the first is as long as the list of users.
LISTS = (
    "organization_memberships",
    *("groups", "group_memberships", "tags"),
    *("ticket_fields", "user_fields", "organization_fields"),
)


def text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class SmallZendesk:
    """Rows with a time of change; exports give what changed at or after a time, oldest first."""

    now: int = START
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    page_limit: int = 1000
    number: int = 0
    say_end_of_stream: bool = True

    def put(self, kind: str, key: int | None = None, seconds: int = 1, **fields: Any) -> int:
        self.now += seconds
        if key is None:
            self.number += 1
            key = self.number
        rows = self.rows.setdefault(kind, [])
        old = next((row for row in rows if row["id"] == key), {"created_at": text(self.now)})
        new = {**old, "id": key, **fields, "updated_at": text(self.now), "_at": self.now}
        self.rows[kind] = [row for row in rows if row["id"] != key] + [new]
        return key

    def comment(self, ticket: int, body: str | None, seconds: int = 1) -> int:
        key = self.put("ticket_events", seconds=seconds)
        row = self.rows["ticket_events"][-1]
        children: list[dict[str, Any]] = [
            {"id": key * 10, "event_type": "Change", "status": "open"}
        ]
        if body is not None:
            child = {"id": key * 10 + 1, "event_type": "Comment", "type": "Comment", "body": body}
            children.append({**child, "plain_body": body, "public": True, "author_id": 7})
        row |= {"ticket_id": ticket, "timestamp": row["_at"], "updater_id": 9}
        row |= {"child_events": children, "event_type": "Audit"}
        return key * 10 + 1

    def __call__(self, request: Request) -> Answer:
        right = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {right}":
            return Answer({"error": "Couldn't authenticate you"}, 401, date=self.now)
        kind = request.path.removeprefix("/api/v2/").removeprefix("incremental/")
        kind = kind.removesuffix("/cursor")
        rows = self.rows.get(kind, [])
        if request.path.endswith("/cursor"):
            at, skip = int(request.one("start_time") or 0), 0
            if cursor := request.one("cursor"):
                at, skip = (int(part) for part in base64.b64decode(cursor).decode().split(","))
            found = [row for row in rows if (row["_at"], row["id"]) > (at, skip)]
            page = found[: self.page_limit]
            last = (page[-1]["_at"], page[-1]["id"]) if page else (at, skip)
            if request.one("include") == "metric_sets":
                page = [{**row, "metric_set": self.measures(row)} for row in page]
            after = base64.b64encode(f"{last[0]},{last[1]}".encode()).decode()
            body = {kind: page, "after_cursor": after, "after_url": "https://x/y"}
            return Answer({**body, "end_of_stream": len(found) <= len(page)}, date=self.now)
        if kind == "satisfaction_ratings":
            since = int(request.one("start_time") or 0)
            found = [row for row in rows if row["created_at"] >= text(since)][::-1]
            at = int(request.one("page[after]") or 0)
            size = min(int(request.one("page[size]") or 100), self.page_limit)
            meta = {"has_more": len(found) > at + size, "after_cursor": str(at + size)}
            return Answer({kind: found[at : at + size], "meta": meta}, date=self.now)
        if kind == "custom_objects":
            keys = {name.split("/")[1] for name in self.rows if name.startswith("custom_objects/")}
            return Answer({kind: [{"key": key} for key in sorted(keys)]}, date=self.now)
        if kind in LISTS or kind == "deleted_tickets" or kind.endswith("/records"):
            after = int(request.one("page[after]") or 0)
            size = min(int(request.one("page[size]") or 100), self.page_limit)
            found = sorted(
                (row for row in rows if int(row["id"]) > after), key=lambda row: int(row["id"])
            )
            page = found[:size]
            meta = (
                {"has_more": len(found) > size, "after_cursor": str(page[-1]["id"])} if page else {}
            )
            field = "custom_object_records" if kind.endswith("/records") else kind
            return Answer({field: page, "meta": meta}, date=self.now)
        start = int(request.one("start_time") or 0)
        if start > self.now - 60:
            return Answer({"error": "InvalidValue", "description": "Too recent start_time."}, 422)
        found = [row for row in rows if row["_at"] >= start]
        page = found[: self.page_limit]
        end = page[-1]["_at"] if page else None
        body = {kind: page, "end_time": end, "count": len(page), "next_page": None}
        if self.say_end_of_stream:
            body["end_of_stream"] = len(found) <= len(page)
        return Answer(body, date=self.now)

    def measures(self, ticket: dict[str, Any]) -> dict[str, Any] | None:
        """What the export says beside a ticket, of which it knows nothing once it is deleted."""
        if ticket.get("status") == "deleted":
            return None
        return {"id": 7_000 + ticket["id"], "ticket_id": ticket["id"], "replies": ticket["_at"] % 9}

    def truth(self, kind: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        return {(row["id"],): row for row in self.rows[kind]}


@pytest.fixture
def zendesk(local_vendor):
    vendor = SmallZendesk()
    server = local_vendor(vendor)
    vendor.config = {
        "subdomain": "acme",
        "email": EMAIL,
        "api_token": TOKEN,
        "base_url": server.base_url,
        "max_retries": 0,
    }
    vendor.requests = server.requests
    return vendor


@pytest.mark.parametrize("kind", ["users", "tickets"])
def test_cursor_exports_use_start_time_once_and_the_cursor_from_then_on(zendesk, kind):
    for _ in range(25):
        zendesk.put(kind)
    zendesk.page_limit = 10
    first = read("zendesk", zendesk.config, kind)
    assert live(first.records[kind], "id") == zendesk.truth(kind)
    assert len(first.records[kind]) == 25
    asked = [
        (request.one("start_time"), bool(request.one("cursor"))) for request in zendesk.requests
    ]
    assert asked == [("0", False), (None, True), (None, True)]
    zendesk.requests.clear()
    changed, new = zendesk.put(kind, 3, name="changed"), zendesk.put(kind)
    later = read("zendesk", zendesk.config, kind, state=first.state)
    assert {record["id"] for record in later.records[kind]} == {changed, new}
    assert zendesk.requests[0].one("cursor") == first.state[kind]["cursor"]
    assert zendesk.requests[0].one("start_time") is None


def test_deleted_tickets_and_inactive_users_come_as_ordinary_records(zendesk):
    zendesk.put("tickets", status="deleted")
    zendesk.put("users", active=False)
    reading = read("zendesk", zendesk.config, "tickets", "users")
    assert reading.records["tickets"][0]["status"] == "deleted"
    assert reading.records["users"][0]["active"] is False


def test_measures_of_tickets_come_with_the_tickets_that_changed(zendesk):
    for _ in range(25):
        zendesk.put("tickets", status="open")
    zendesk.page_limit = 10
    first = read("zendesk", zendesk.config, "ticket_metrics")
    assert [r["ticket_id"] for r in first.records["ticket_metrics"]] == list(range(1, 26))
    assert len(zendesk.requests) == 3
    zendesk.put("tickets", 4, status="solved")
    zendesk.put("tickets", 5, status="deleted")
    later = read("zendesk", zendesk.config, "ticket_metrics", state=first.state)
    changed, gone = later.records["ticket_metrics"]
    assert changed == zendesk.measures(zendesk.truth("tickets")[(4,)])
    assert gone == {"ticket_id": 5, DELETED_AT: text(zendesk.now)}
    again = read("zendesk", zendesk.config, "ticket_metrics", state=later.state)
    assert again.records["ticket_metrics"] == []


def test_an_export_without_measures_is_said_and_not_taken_for_tickets_that_have_none(
    zendesk, local_vendor
):
    page = {"tickets": [{"id": 1, "status": "open"}], "after_cursor": "c", "end_of_stream": True}
    server = local_vendor(lambda _: Answer(page))
    config = {**zendesk.config, "base_url": server.base_url}
    reading = read("zendesk", config, "ticket_metrics", "tickets")
    assert "metric_set" in reading.errors["ticket_metrics"]
    assert set(reading.errors) == {"ticket_metrics"}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_give_what_is_new_changed_or_gone(zendesk, kind):
    key = "name" if kind == "tags" else "id"
    for number in range(25):
        zendesk.put(kind, name=f"n{number}")
    zendesk.page_limit = 10
    zendesk.now += 3_600
    first = read("zendesk", zendesk.config, kind)
    assert [record["id"] for record in first.records[kind]] == list(range(1, 26))
    assert read("zendesk", zendesk.config, kind, state=first.state).records[kind] == []
    zendesk.put(kind, 3, count=5)
    new = zendesk.put(kind, name="new")
    gone = zendesk.rows[kind].pop(0)
    assert gone["id"] == 1
    zendesk.now += 3_600
    later = read("zendesk", zendesk.config, kind, state=first.state)
    *came, tombstone = later.records[kind]
    assert [record["id"] for record in came] == [3, new]
    assert tombstone.keys() == {key, DELETED_AT}
    assert tombstone[key] == gone[key]
    again = read("zendesk", zendesk.config, kind, state=later.state)
    assert again.records[kind] == []


def test_an_id_that_becomes_a_text_is_not_gone(zendesk):
    for number in (1, 2):
        zendesk.put("groups", number, name=f"n{number}")
    first = read("zendesk", zendesk.config, "groups")
    zendesk.rows["groups"][0]["id"] = "1"
    del zendesk.rows["groups"][1]
    later = read("zendesk", zendesk.config, "groups", state=first.state)
    assert later.failure is None, later.failure
    came, tombstone = later.records["groups"]
    assert (came["id"], DELETED_AT in came) == ("1", False)
    assert tombstone["id"] == 2


def test_memberships_that_go_while_a_killed_list_is_read_on_are_told(zendesk, monkeypatch):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 10)
    for _ in range(60):
        zendesk.put("organization_memberships")
    zendesk.page_limit = 10
    zendesk.now += 3_600
    killed = read("zendesk", zendesk.config, "organization_memberships", stop_after=35)
    assert killed.state["organization_memberships"]["listing"]["after"] == "30"
    rest = read("zendesk", zendesk.config, "organization_memberships", state=killed.state)
    assert [r["id"] for r in rest.records["organization_memberships"]] == list(range(31, 61))
    del zendesk.rows["organization_memberships"][4]
    zendesk.now += 3_600
    later = read("zendesk", zendesk.config, "organization_memberships", state=rest.state)
    assert [r["id"] for r in later.records["organization_memberships"]] == [5]


def test_who_deleted_a_ticket_is_told_until_it_is_restored_or_gone_for_good(zendesk):
    for number in range(1, 26):
        zendesk.put("deleted_tickets", number, actor={"id": 7}, deleted_at=text(zendesk.now + 1))
    zendesk.page_limit = 10
    zendesk.now += 3_600
    stream = "deleted_tickets"
    first = read("zendesk", zendesk.config, stream)
    assert [record["id"] for record in first.records[stream]] == list(range(1, 26))
    assert read("zendesk", zendesk.config, stream, state=first.state).records[stream] == []
    zendesk.rows[stream].pop(4)
    zendesk.put(stream, 90, deleted_at=text(zendesk.now + 1))
    zendesk.now += 3_600
    later = read("zendesk", zendesk.config, stream, state=first.state)
    new, restored = later.records[stream]
    assert new["id"] == 90
    assert restored == {"id": 5, DELETED_AT: text(zendesk.now)}


def test_records_of_custom_objects_come_with_their_object_and_what_is_gone_is_told(zendesk):
    stream, cars, homes = "custom_object_records", *(f"custom_objects/{n}/records" for n in "ch")
    for number in range(1, 26):
        zendesk.put(cars, number, name=f"car {number}")
    zendesk.put(homes, 1, name="another record of the same id")
    zendesk.page_limit = 10
    zendesk.now += 3_600
    first = read("zendesk", zendesk.config, stream)
    whole = {("c", number) for number in range(1, 26)} | {("h", 1)}
    assert {(r["custom_object_key"], r["id"]) for r in first.records[stream]} == whole
    assert read("zendesk", zendesk.config, stream, state=first.state).records[stream] == []
    zendesk.put(cars, 3, name="repainted")
    zendesk.rows[cars].pop(0)
    del zendesk.rows[homes]
    zendesk.now += 3_600
    later = read("zendesk", zendesk.config, stream, state=first.state)
    changed, *gone = later.records[stream]
    assert changed["name"] == "repainted"
    assert gone == [
        {"custom_object_key": key, "id": "1", DELETED_AT: text(zendesk.now)} for key in "ch"
    ]
    assert read("zendesk", zendesk.config, stream, state=later.state).records[stream] == []


def test_a_killed_reading_of_custom_objects_goes_on_at_its_page(zendesk, monkeypatch):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 10)
    stream = "custom_object_records"
    for key in "abc":
        for number in range(1, 31):
            zendesk.put(f"custom_objects/{key}/records", number)
    zendesk.page_limit = 10
    zendesk.now += 3_600
    killed = read("zendesk", zendesk.config, stream, stop_after=45)
    assert killed.state[stream]["listing"]["after"] == {"object": "b", "after": "10"}
    rest = read("zendesk", zendesk.config, stream, state=killed.state)
    came = [(r["custom_object_key"], r["id"]) for r in rest.records[stream]]
    assert came[0] == ("b", 11)
    assert len(came) == 50
    zendesk.now += 3_600
    later = read("zendesk", zendesk.config, stream, state=rest.state)
    assert later.records[stream] == []


def test_an_account_without_custom_objects_is_told_so_and_the_rest_is_read(zendesk, local_vendor):
    zendesk.put("users")

    def answer(request):
        if "custom_objects" in request.path:
            return Answer({"error": "Forbidden"}, 403, date=zendesk.now)
        return zendesk(request)

    config = {**zendesk.config, "base_url": local_vendor(answer).base_url}
    reading = read("zendesk", config, "users", "custom_objects", "custom_object_records")
    assert set(reading.errors) == {"custom_objects", "custom_object_records"}
    assert all("plan" in message for message in reading.errors.values())
    assert reading.records["users"]


def test_custom_fields_come_with_their_values(zendesk):
    values = [{"id": 77, "value": "כחול"}, {"id": 78, "value": None}]
    zendesk.put("tickets", custom_fields=values)
    zendesk.put("users", user_fields={"our_tier": "gold", "of_old": None})
    zendesk.put("organizations", organization_fields={"seats": 12})
    zendesk.now += 120
    reading = read("zendesk", zendesk.config, "tickets", "users", "organizations")
    assert reading.records["tickets"][0]["custom_fields"] == values
    assert reading.records["users"][0]["user_fields"] == {"our_tier": "gold", "of_old": None}
    assert reading.records["organizations"][0]["organization_fields"] == {"seats": 12}


@pytest.mark.parametrize("say_end_of_stream", [True, False])
def test_time_exports_give_the_record_on_a_page_edge_once(zendesk, say_end_of_stream, monkeypatch):
    monkeypatch.setattr("connectors.zendesk.components.EXPORT_PAGE_SIZE", 10)
    zendesk.say_end_of_stream = say_end_of_stream
    zendesk.page_limit = 10
    for number in range(35):
        zendesk.put("organizations", seconds=0 if number % 3 else 1)
    zendesk.now += 120
    first = read("zendesk", zendesk.config, "organizations")
    ids = [record["id"] for record in first.records["organizations"]]
    assert sorted(ids) == list(range(1, 36))
    later = read("zendesk", zendesk.config, "organizations", state=first.state)
    assert later.records["organizations"] == []


def test_a_record_that_changes_within_the_boundary_second_is_not_lost(zendesk):
    zendesk.put("organizations", name="old")
    zendesk.now += 120
    first = read("zendesk", zendesk.config, "organizations")
    zendesk.rows["organizations"][0]["name"] = "new"
    later = read("zendesk", zendesk.config, "organizations", state=first.state)
    assert [record["name"] for record in later.records["organizations"]] == ["new"]
    again = read("zendesk", zendesk.config, "organizations", state=later.state)
    assert again.records["organizations"] == []


def test_asking_again_within_the_minute_is_no_error(zendesk):
    zendesk.put("organizations")
    state = {"organizations": {"start_time": zendesk.now - 5, "boundary": []}}
    reading = read("zendesk", zendesk.config, "organizations", state=state)
    assert reading.failure is None
    assert reading.state["organizations"]["start_time"] == zendesk.now - 5


def test_reading_up_to_the_last_minute_keeps_how_far_it_came(zendesk):
    for _ in range(25):
        zendesk.put("organizations")
    zendesk.page_limit = 10
    first = read("zendesk", zendesk.config, "organizations")
    assert first.failure is None
    assert len(first.records["organizations"]) == 10
    zendesk.now += 120
    later = read("zendesk", zendesk.config, "organizations", state=first.state)
    both = first.records["organizations"] + later.records["organizations"]
    assert sorted(record["id"] for record in both) == list(range(1, 26))


def test_comments_are_taken_out_of_ticket_events_with_their_ticket(zendesk):
    first_key = zendesk.comment(4, "שלום")
    zendesk.comment(4, None)
    zendesk.now += 120
    first = read("zendesk", zendesk.config, "ticket_comments")
    assert zendesk.requests[0].one("include") == "comment_events"
    (comment,) = first.records["ticket_comments"]
    assert comment["id"] == first_key
    assert comment["ticket_id"] == 4
    assert comment["body"] == comment["plain_body"] == "שלום"
    assert comment["author_id"] == 7
    assert comment["public"] is True
    assert comment["created_at"].startswith("2017-07-14")
    second_key = zendesk.comment(5, "more")
    zendesk.now += 120
    later = read("zendesk", zendesk.config, "ticket_comments", state=first.state)
    assert [record["id"] for record in later.records["ticket_comments"]] == [second_key]


def test_ratings_come_once_changed_ones_again(zendesk):
    for _ in range(25):
        zendesk.put("satisfaction_ratings", score="offered")
    zendesk.page_limit = 10
    zendesk.now += DAY
    first = read("zendesk", zendesk.config, "satisfaction_ratings")
    assert len(first.records["satisfaction_ratings"]) == 25
    zendesk.now += DAY
    zendesk.put("satisfaction_ratings", 2, score="good")
    new = zendesk.put("satisfaction_ratings", score="bad")
    later = read("zendesk", zendesk.config, "satisfaction_ratings", state=first.state)
    assert {record["id"] for record in later.records["satisfaction_ratings"]} == {2, new}


@pytest.mark.parametrize(
    "kind",
    ["users", "tickets", "organizations", "ticket_comments", "satisfaction_ratings", *LISTS],
)
def test_every_state_on_the_way_is_safe_to_go_on_from(zendesk, monkeypatch, kind):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 1)
    for number in range(23):
        if kind == "ticket_comments":
            zendesk.comment(number, f"text {number}")
        else:
            zendesk.put(kind, name=f"n{number}")
    zendesk.page_limit = 5
    zendesk.now += 120
    whole = read("zendesk", zendesk.config, kind)
    everything = {record["id"] for record in whole.records[kind]}
    assert len(everything) == 23
    given: set[int] = set()
    records = iter(whole.records[kind])
    states = iter(whole.states[kind])
    for what, _ in whole.order:
        if what == "record":
            given.add(next(records)["id"])
        else:
            rest = read("zendesk", zendesk.config, kind, state={kind: next(states)})
            assert given | {record["id"] for record in rest.records[kind]} == everything


def test_an_empty_account_is_no_error(zendesk):
    kinds = ["users", "tickets", "organizations", "ticket_comments", "satisfaction_ratings"]
    kinds += ["ticket_metrics", *LISTS]
    reading = read("zendesk", zendesk.config, *kinds)
    assert reading.failure is None
    assert not any(reading.records.values())
    zendesk.now += 600
    key = zendesk.put("users", seconds=60)
    zendesk.now += 600
    later = read("zendesk", zendesk.config, *kinds, state=reading.state)
    assert [record["id"] for record in later.records["users"]] == [key]


@pytest.mark.parametrize("kind", ["users", "organizations"])
def test_an_export_that_does_not_move_on_fails_instead_of_looping(local_vendor, zendesk, kind):
    stuck = {kind: [{"id": 1}], "end_of_stream": False, "after_cursor": "same", "end_time": 5}
    server = local_vendor(lambda _: Answer(stuck))
    reading = read("zendesk", {**zendesk.config, "base_url": server.base_url}, kind)
    assert f"/api/v2/incremental/{kind}" in reading.errors[kind]
    assert len(server.requests) == 2


def check(config):
    return create_source("zendesk", config).check(logging.getLogger("airbyte"), config)


def test_check_accepts_a_right_token(zendesk):
    assert check(zendesk.config).status == Status.SUCCEEDED


def test_check_names_the_keys_to_look_at_on_a_wrong_token(zendesk):
    result = check({**zendesk.config, "api_token": "wrong-token"})
    assert result.status == Status.FAILED
    assert "`email` and `api_token`" in result.message
    assert "wrong-token" not in result.message


def test_check_names_what_the_account_may_not_read(zendesk, local_vendor):
    def answer(request):
        if "satisfaction" in request.path:
            return Answer({"error": {"title": "Forbidden", "message": "no"}}, 403)
        return zendesk(request)

    result = check({**zendesk.config, "base_url": local_vendor(answer).base_url})
    assert result.status == Status.FAILED
    assert "satisfaction_ratings" in result.message
    assert "administrator" in result.message


def test_a_wrong_subdomain_is_said_so(zendesk, local_vendor):
    server = local_vendor(lambda _: Answer({"error": "RecordNotFound"}, 404))
    result = check({**zendesk.config, "base_url": server.base_url})
    assert "`subdomain`" in result.message


def test_neither_token_nor_its_header_shows_in_logs_states_or_errors(zendesk, caplog):
    zendesk.put("users")
    header = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
    caplog.set_level(logging.DEBUG, logger="airbyte")
    with caplog.at_level(logging.DEBUG):
        reading = read("zendesk", zendesk.config, "users", "organizations")
        read("zendesk", {**zendesk.config, "start_date": "2017-07-14"}, "tickets")
    formatted = "\n".join(AirbyteLogFormatter().format(record) for record in caplog.records)
    assert "Making outbound API request" in formatted
    for hidden in (TOKEN, header):
        assert hidden not in formatted
        assert hidden not in str(reading)
    assert "127.0.0.1" not in str(reading.states)
