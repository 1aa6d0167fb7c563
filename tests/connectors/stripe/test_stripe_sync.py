"""What a sync of Stripe must hold, against a small Stripe whose time the test moves."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from answering_vendor import Answer, Request
from reading import DELETED_AT, live, read

from connectors import checkpoint
from connectors.registry import is_complete_reread

KEY = "sk_test_do_not_show_me"
DAY = 86400
START = 1_500_000_000
"""Years before this machine's clock: nothing may depend on the latter."""


@dataclass
class SmallStripe:
    """Customers and events, listed newest first as Stripe does."""

    now: int = START
    customers: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    before_page: Any = None
    page_limit: int = 100
    number: int = 0

    def create(self, seconds: int = 1) -> str:
        self.now += seconds
        self.number += 1
        customer = {"id": f"cus_{self.number:04}", "object": "customer", "created": self.now}
        self.customers.insert(0, {**customer, "name": "first"})
        self.tell("customer.created", self.customers[0])
        return customer["id"]

    def rename(self, key: str, name: str, seconds: int = 1) -> None:
        self.now += seconds
        customer = self.find(key)
        customer["name"] = name
        self.tell("customer.updated", customer)

    def delete(self, key: str, seconds: int = 1) -> None:
        self.now += seconds
        customer = self.find(key)
        self.customers.remove(customer)
        self.tell("customer.deleted", customer)

    def find(self, key: str) -> dict[str, Any]:
        return next(customer for customer in self.customers if customer["id"] == key)

    def tell(self, kind: str, thing: dict[str, Any]) -> None:
        event = {"id": f"evt_{len(self.events):05}", "type": kind, "created": self.now}
        self.events.insert(0, {**event, "data": {"object": dict(thing)}})

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return Answer({"error": {"message": "Invalid API Key provided"}}, 401, date=self.now)
        if self.before_page:
            self.before_page(request)
        if request.path == "/v1/events":
            kinds = set(request.query["types[]"])
            rows = [
                event
                for event in self.events
                if event["type"] in kinds and event["created"] > self.now - 30 * DAY
            ]
        elif request.path == "/v1/customers":
            rows = self.customers
        else:
            rows = []
        since, until = request.one("created[gte]"), request.one("created[lt]")
        rows = [row for row in rows if not since or row["created"] >= int(since)]
        rows = [row for row in rows if not until or row["created"] < int(until)]
        after = request.one("starting_after")
        if after:
            keys = [row["id"] for row in rows]
            if after not in keys:
                error = {"code": "resource_missing", "message": f"No such customer: '{after}'"}
                return Answer({"error": error}, 400, date=self.now)
            rows = rows[keys.index(after) + 1 :]
        limit = min(int(request.one("limit") or 10), self.page_limit)
        page = {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit}
        return Answer(page, date=self.now)

    def truth(self) -> dict[tuple[Any, ...], dict[str, Any]]:
        return {(customer["id"],): customer for customer in self.customers}


@pytest.fixture
def stripe(local_vendor):
    vendor = SmallStripe()
    server = local_vendor(vendor)
    vendor.config = {"client_secret": KEY, "base_url": server.base_url, "max_retries": 1}
    vendor.requests = server.requests
    return vendor


def sync(stripe, state=None, **options):
    return read("stripe", stripe.config, "customers", state=state, **options)


def test_the_first_sync_pages_through_the_whole_list(stripe):
    for _ in range(250):
        stripe.create()
    first = sync(stripe)
    assert live(first.records["customers"], "id") == stripe.truth()
    assert len(first.records["customers"]) == 250
    assert [request.path for request in stripe.requests] == ["/v1/customers"] * 3
    assert first.failure is None


def test_state_comes_after_the_records_it_covers_and_is_by_the_vendors_clock(stripe):
    stripe.create()
    first = sync(stripe)
    assert first.order[-1][0] == "state"
    assert first.state["customers"]["since"] == stripe.now - 300


def test_later_syncs_ask_for_events_only_and_see_what_changed(stripe):
    keys = [stripe.create(60) for _ in range(5)]
    stripe.now += DAY
    state = sync(stripe).state
    stripe.requests.clear()
    new = stripe.create(60)
    stripe.rename(keys[1], "second")
    stripe.rename(keys[1], "third")
    stripe.delete(keys[2])
    later = sync(stripe, state)
    assert {request.path for request in stripe.requests} == {"/v1/events"}
    records = later.records["customers"]
    assert sorted(record["id"] for record in records) == sorted([new, keys[1], keys[2]])
    by_key = {record["id"]: record for record in records}
    assert by_key[keys[1]]["name"] == "third"
    assert set(by_key[keys[2]]) == {"id", DELETED_AT}
    assert by_key[keys[2]][DELETED_AT].startswith("2017-")


def test_nothing_changed_gives_no_records_and_the_state_moves_on(stripe):
    stripe.create()
    stripe.now += DAY
    state = sync(stripe).state
    stripe.now += DAY
    later = sync(stripe, state)
    assert later.records["customers"] == []
    assert later.state["customers"]["since"] == stripe.now - 300


def test_what_changes_while_the_list_is_read_is_seen_by_the_next_sync(stripe):
    keys = [stripe.create() for _ in range(30)]
    stripe.page_limit = 10

    def meanwhile(request):
        if request.one("starting_after") and len(stripe.customers) < 32:
            stripe.create()
            stripe.delete(keys[25])
            stripe.rename(keys[28], "moved")
            stripe.before_page = None

    stripe.before_page = meanwhile
    first = sync(stripe)
    stripe.now += 3600
    later = sync(stripe, first.state)
    both = first.records["customers"] + later.records["customers"]
    assert live(both, "id") == stripe.truth()


def test_events_over_many_pages_and_windows_keep_the_newest_version_last(stripe):
    keys = [stripe.create() for _ in range(3)]
    state = sync(stripe).state
    first = live(sync(stripe).records["customers"], "id")
    for day in range(10):
        stripe.now += DAY
        for change in range(15):
            stripe.rename(keys[change % 3], f"{day}-{change}")
    stripe.delete(keys[0])
    stripe.page_limit = 10
    later = sync(stripe, state)
    assert live([*first.values(), *later.records["customers"]], "id") == stripe.truth()
    windows = [state["since"] for state in later.states["customers"]]
    assert windows == sorted(windows)
    assert len(set(windows)) > 3


def test_a_kill_between_windows_of_events_loses_nothing(stripe):
    keys = [stripe.create() for _ in range(3)]
    first = sync(stripe)
    for day in range(8):
        stripe.now += DAY
        stripe.rename(keys[day % 3], f"day {day}")
    whole = sync(stripe, first.state)
    for middle in whole.states["customers"]:
        rest = sync(stripe, {"customers": middle})
        cut = [
            record
            for record in whole.records["customers"]
            if not any(record == again for again in rest.records["customers"])
        ]
        everything = [*first.records["customers"], *cut, *rest.records["customers"]]
        assert live(everything, "id") == stripe.truth()


def test_a_deletion_in_the_second_of_a_change_wins_whatever_the_order(stripe):
    key = stripe.create()
    stripe.now += DAY
    state = sync(stripe).state
    stripe.now += DAY
    thing = dict(stripe.find(key))
    stripe.tell("customer.deleted", thing)
    stripe.tell("customer.updated", thing)
    stripe.customers.clear()
    later = sync(stripe, state)
    assert live(later.records["customers"], "id") == {}


def test_state_older_than_the_events_reads_the_whole_stream_again_and_says_so(stripe, caplog):
    keys = [stripe.create() for _ in range(4)]
    first = sync(stripe)
    stripe.delete(keys[0])
    stripe.now += 31 * DAY
    stripe.create()
    with caplog.at_level(logging.INFO, "airbyte"):
        later = sync(stripe, first.state)
    assert "Reading the whole stream again" in caplog.text
    assert live(later.records["customers"], "id") == stripe.truth()
    assert is_complete_reread(first.state["customers"], later.state["customers"])
    assert later.state["customers"]["since"] == stripe.now - 300


def test_events_of_a_state_just_within_thirty_days_suffice(stripe):
    stripe.create()
    first = sync(stripe)
    key = stripe.create(3600)
    stripe.now += 29 * DAY
    stripe.requests.clear()
    later = sync(stripe, first.state)
    assert {record["id"] for record in later.records["customers"]} >= {key}
    assert {request.path for request in stripe.requests} == {"/v1/events"}
    assert not is_complete_reread(first.state["customers"], later.state["customers"])


def test_a_state_ahead_of_the_vendors_clock_is_of_another_account(stripe, caplog):
    stripe.create()
    later = sync(stripe, {"customers": {"since": stripe.now + DAY, "full_read_at": 1}})
    assert live(later.records["customers"], "id") == stripe.truth()
    assert "ahead of Stripe's clock" in caplog.text


def test_a_killed_first_read_goes_on_where_it_was(stripe, monkeypatch):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 10)
    for _ in range(50):
        stripe.create()
    stripe.page_limit = 10
    whole = sync(stripe)
    middle = whole.states["customers"][1]
    assert middle["reading"]["after"] == "cus_0031"
    stripe.requests.clear()
    key = stripe.create()
    rest = sync(stripe, {"customers": middle})
    assert len(rest.records["customers"]) == 30
    assert stripe.requests[0].one("starting_after") == "cus_0031"
    last = sync(stripe, rest.state)
    assert key in {record["id"] for record in last.records["customers"]}
    assert not is_complete_reread(middle, rest.state["customers"])


def test_a_first_read_killed_more_than_thirty_days_ago_starts_anew(stripe, monkeypatch):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 10)
    for _ in range(30):
        stripe.create()
    stripe.page_limit = 10
    middle = sync(stripe).states["customers"][0]
    stripe.now += 40 * DAY
    rest = sync(stripe, {"customers": middle})
    assert live(rest.records["customers"], "id") == stripe.truth()
    assert is_complete_reread(middle, rest.state["customers"])


def test_the_place_to_go_on_from_may_be_deleted_meanwhile(stripe, monkeypatch):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 10)
    for _ in range(40):
        stripe.create()
    stripe.page_limit = 10

    def meanwhile(request):
        after = request.one("starting_after")
        if after == "cus_0021":
            stripe.delete(after)
            stripe.before_page = None

    stripe.before_page = meanwhile
    first = sync(stripe)
    assert first.failure is None
    later = sync(stripe, first.state)
    both = first.records["customers"] + later.records["customers"]
    assert live(both, "id") == stripe.truth()
    stripe.delete("cus_0031")
    resumed = sync(
        stripe, {"customers": {"reading": {"since": stripe.now - 300, "after": "cus_0031"}}}
    )
    assert live(resumed.records["customers"], "id") == stripe.truth()


def test_a_cancelled_subscription_is_no_tombstone(local_vendor):
    subscription = {"id": "sub_1", "object": "subscription", "status": "canceled"}
    event = {"id": "evt_1", "type": "customer.subscription.deleted", "created": START}

    def answer(request):
        assert "customer.subscription.deleted" in request.query["types[]"]
        events = [{**event, "data": {"object": subscription}}]
        return Answer({"data": events, "has_more": False}, date=START + 60)

    config = {"client_secret": KEY, "base_url": local_vendor(answer).base_url}
    reading = read("stripe", config, "subscriptions", state={"subscriptions": {"since": START}})
    assert reading.records["subscriptions"] == [subscription]


def test_subscriptions_are_listed_in_every_status(stripe):
    read("stripe", stripe.config, "subscriptions")
    assert stripe.requests[0].one("status") == "all"


def test_start_date_bounds_the_lists(stripe):
    stripe.config["start_date"] = "2017-07-14"
    stripe.create(0)
    stripe.create(5 * DAY)
    day = 1_499_990_400
    sync(stripe)
    assert stripe.requests[0].one("created[gte]") == str(day)


@pytest.mark.parametrize("fault", ["empty page that has more", "the same page again"])
def test_a_list_that_does_not_move_on_fails_instead_of_losing_or_looping(local_vendor, fault):
    rows = [] if fault.startswith("empty") else [{"id": "cus_1"}]
    server = local_vendor(lambda _: Answer({"data": rows, "has_more": True}, date=START))
    config = {"client_secret": KEY, "base_url": server.base_url, "max_retries": 0}
    reading = read("stripe", config, "customers")
    assert "/v1/customers" in reading.errors["customers"]
    assert all("since" not in state for state in reading.states["customers"])
    assert len(server.requests) <= 2


def test_without_a_date_header_the_stream_fails_rather_than_guess(local_vendor):
    server = local_vendor(
        lambda _: Answer({"data": [{"id": "cus_1"}], "has_more": False}, headers={"Date": ""})
    )
    config = {"client_secret": KEY, "base_url": server.base_url}
    reading = read("stripe", config, "customers")
    assert "Date header" in reading.errors["customers"]


def test_a_failing_stream_does_not_stop_the_others_and_keeps_its_state(local_vendor):
    done = threading.Event()

    def answer(request):
        if request.path == "/v1/charges":
            done.wait(5)
            return Answer({"error": {"message": "no"}}, 403, date=START)
        done.set()
        return Answer({"data": [{"id": "x_1"}], "has_more": False}, date=START)

    config = {"client_secret": KEY, "base_url": local_vendor(answer).base_url, "max_retries": 0}
    reading = read("stripe", config, "charges", "customers", "products")
    assert set(reading.errors) == {"charges"}
    assert set(reading.records) == {"customers", "products"}
    assert reading.failure is not None
    assert reading.state.get("charges", {}) == {}


def test_state_holds_neither_key_nor_address(stripe):
    stripe.create()
    reading = sync(stripe)
    assert "127.0.0.1" not in str(reading.state)
    assert KEY not in str(reading.state)
