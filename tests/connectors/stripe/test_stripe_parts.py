"""Streams of Stripe that are read in their own way: parts of other objects, prices, the balance."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from answering_vendor import Answer, Request
from reading import DELETED_AT, live, read

from connectors import checkpoint
from connectors.registry import is_complete_reread

KEY = "sk_test_do_not_show_me"
DAY = 86_400
LINE = ("invoice", "id")


@dataclass
class Shelf:
    """Lists by path, newest first, and events; time moves when the test says so."""

    now: int = 1_500_000_000
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    page_limit: int = 100
    refused: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def put(self, path: str, **thing: Any) -> dict[str, Any]:
        made = {"created": self.now, **thing}
        self.lists.setdefault(path, []).insert(0, made)
        return made

    def tell(self, kind: str, thing: dict[str, Any], **before: Any) -> None:
        data = {"object": thing, **({"previous_attributes": before} if before else {})}
        number = f"evt_{len(self.events):05}"
        self.events.insert(0, {"id": number, "type": kind, "created": self.now, "data": data})

    def __call__(self, request: Request) -> Answer:
        path = request.path.removeprefix("/v1/")
        if path in self.refused:
            said = {"message": "The provided key lacks a permission.", "code": "more_permissions"}
            return Answer({"error": said}, 403, date=self.now)
        if path in self.gone:
            error = {"code": "resource_missing", "message": "No such thing"}
            return Answer({"error": error}, 404, date=self.now)
        rows = self.events if path == "events" else self.lists.get(path, [])
        kinds = request.query.get("types[]")
        for name, field_ in (("active", "active"), ("status", "status")):
            wanted = request.one(name)
            if wanted and wanted != "all":
                rows = [row for row in rows if str(row[field_]).lower() == wanted]
        if kinds:
            rows = [row for row in rows if row["type"] in kinds]
        since, until = request.one("created[gte]"), request.one("created[lt]")
        rows = [row for row in rows if not since or row["created"] >= int(since)]
        rows = [row for row in rows if not until or row["created"] < int(until)]
        after = request.one("starting_after")
        if after:
            rows = rows[[row["id"] for row in rows].index(after) + 1 :]
        limit = min(int(request.one("limit") or 10), self.page_limit)
        page = {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit}
        return Answer(page, date=self.now)


@pytest.fixture
def stripe(local_vendor):
    vendor = Shelf()
    server = local_vendor(vendor)
    config = {"client_secret": KEY, "base_url": server.base_url, "max_retries": 0}
    vendor.requests = server.requests
    vendor.sync = lambda *streams, state=None, **more: read(
        "stripe", config, *streams, state=state, **more
    )
    return vendor


def held(*ids: str, more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": i, "amount": 5} for i in ids], "has_more": more}


def lines_of(*readings):
    return sorted(live([r for x in readings for r in x.records["invoice_lines"]], *LINE))


def test_discounts_come_with_whom_they_were_given_to(stripe):
    """Stripe has no list of them."""
    given = {"id": "di_1", "object": "discount", "coupon": {"id": "SPRING", "percent_off": 20}}
    stripe.put("customers", id="cus_1", discount={**given, "end": 1_510_000_000})
    stripe.put("subscriptions", id="sub_1", status="active", discounts=["di_2"], items=held("si_1"))
    stripe.tell("customer.discount.created", {**given, "customer": "cus_1"})
    first = stripe.sync("customers", "subscriptions", "events")
    assert first.failure is None
    assert first.records["customers"][0]["discount"]["coupon"]["percent_off"] == 20
    assert first.records["subscriptions"][0]["discounts"] == ["di_2"]
    assert first.records["events"][0]["data"]["object"] == {**given, "customer": "cus_1"}
    stripe.now += DAY
    stripe.tell("customer.updated", {"id": "cus_1", "discount": None})
    stripe.tell("customer.discount.deleted", {**given, "customer": "cus_1"})
    later = stripe.sync("customers", "subscriptions", "events", state=first.state)
    assert later.records["customers"] == [{"id": "cus_1", "discount": None}]
    kinds = [event["type"] for event in later.records["events"]][:2]
    assert kinds == ["customer.discount.deleted", "customer.updated"]


def test_a_page_of_long_invoices_is_not_read_again_from_its_beginning(stripe):
    lines = [f"il_{number:03}" for number in range(300)]
    for number in range(30):
        stripe.put("invoices", id=f"in_{number:02}", lines=held(*lines[:10], more=True))
        stripe.lists[f"invoices/in_{number:02}/lines"] = [{"id": line} for line in lines]
    first = stripe.sync("invoice_lines")
    order = list(dict.fromkeys(r["invoice"] for r in first.records["invoice_lines"]))
    assert len(order) == 30
    places = [s["reading"]["after"] for s in first.states["invoice_lines"] if "reading" in s]
    # A state after 2,000 records or more, when the invoice at hand is complete.
    assert len(places) >= 4
    middle = places[1]
    state = {"invoice_lines": {"reading": {"since": stripe.now, "after": middle}}}
    rest = stripe.sync("invoice_lines", state=state)
    expected = order[order.index(middle) + 1 :]
    assert expected
    assert list(dict.fromkeys(r["invoice"] for r in rest.records["invoice_lines"])) == expected


def test_all_lines_of_a_long_invoice_come_and_each_names_its_invoice(stripe):
    many = [f"il_{number:03}" for number in range(230)]
    stripe.put("invoices", id="in_1", lines=held("il_a", "il_b"))
    stripe.put("invoices", id="in_2", lines=held(*many[:10], more=True))
    stripe.lists["invoices/in_2/lines"] = [{"id": i, "created": stripe.now} for i in many]
    first = stripe.sync("invoice_lines")
    assert first.failure is None
    assert lines_of(first) == [("in_1", "il_a"), ("in_1", "il_b"), *(("in_2", i) for i in many)]
    assert {record["invoice_created"] for record in first.records["invoice_lines"]} == {stripe.now}
    asked = [request.path for request in stripe.requests]
    assert asked == ["/v1/invoices", *["/v1/invoices/in_2/lines"] * 3]

    stripe.now += DAY
    more = [*many, "il_new"]
    stripe.lists["invoices/in_2/lines"] = [{"id": i, "created": stripe.now} for i in more]
    stripe.tell(
        "invoice.updated", {"id": "in_2", "created": 1, "lines": held(*more[:10], more=True)}
    )
    later = stripe.sync("invoice_lines", state=first.state)
    assert len(later.records["invoice_lines"]) == 231
    assert ("in_2", "il_new") in lines_of(first, later)


@pytest.mark.parametrize("told_by", ["previous attributes", "an older event"])
def test_a_line_that_is_taken_away_and_an_invoice_that_is_deleted_are_told(stripe, told_by):
    stripe.put("invoices", id="in_1", lines=held("il_a", "il_b"))
    stripe.put("invoices", id="in_2", lines=held("il_c"))
    first = stripe.sync("invoice_lines")
    stripe.now += DAY
    before = {"id": "in_1", "created": 1, "lines": held("il_a", "il_b")}
    after = {"id": "in_1", "created": 1, "lines": held("il_b", "il_d")}
    if told_by == "an older event":
        stripe.tell("invoice.updated", before)
        stripe.tell("invoice.updated", after)
    else:
        stripe.tell("invoice.updated", after, lines=held("il_a", "il_b"))
    stripe.now += 60
    stripe.tell("invoice.deleted", {"id": "in_2", "created": 1, "lines": held("il_c")})
    later = stripe.sync("invoice_lines", state=first.state)
    assert lines_of(first, later) == [("in_1", "il_b"), ("in_1", "il_d")]
    gone = {(r["invoice"], r["id"]) for r in later.records["invoice_lines"] if r.get(DELETED_AT)}
    assert gone == {("in_1", "il_a"), ("in_2", "il_c")}


def test_items_beyond_the_twenty_that_a_subscription_shows_are_read(stripe):
    many = [f"si_{number:02}" for number in range(45)]
    stripe.put("subscriptions", id="sub_1", status="active", items=held(*many[:20], more=True))
    stripe.lists["subscription_items"] = [{"id": i, "created": stripe.now} for i in many]
    first = stripe.sync("subscription_items")
    assert sorted(r["id"] for r in first.records["subscription_items"]) == many
    assert {r["subscription"] for r in first.records["subscription_items"]} == {"sub_1"}
    assert stripe.requests[0].one("status") == "all"
    assert stripe.requests[-1].one("subscription") == "sub_1"


def test_a_long_invoice_that_is_gone_meanwhile_gives_what_it_showed(stripe, caplog):
    stripe.put("invoices", id="in_1", lines=held("il_a", more=True))
    stripe.gone.add("invoices/in_1/lines")
    with caplog.at_level(logging.WARNING, "airbyte"):
        reading = stripe.sync("invoice_lines")
    assert lines_of(reading) == [("in_1", "il_a")]
    assert "in_1 is gone" in caplog.text


def test_prices_that_are_not_sold_any_more_are_read_too_and_a_kill_between_loses_none(
    stripe, monkeypatch
):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 1)
    stripe.page_limit = 3
    for number in range(10):
        stripe.put("prices", id=f"price_{number}", active=number % 2 == 0)
    whole = stripe.sync("prices")
    assert len(whole.records["prices"]) == 10
    assert len(live(whole.records["prices"], "id")) == 10
    places = [number for number, (kind, _) in enumerate(whole.order) if kind == "state"]
    for state, place in zip(whole.states["prices"], places, strict=True):
        rest = stripe.sync("prices", state={"prices": state})
        read_before = sum(kind == "record" for kind, _ in whole.order[:place])
        came = whole.records["prices"][:read_before] + rest.records["prices"]
        assert len(live(came, "id")) == 10


def test_methods_of_a_customer_who_is_gone_meanwhile_do_not_stop_the_others(stripe):
    for name in ("a", "b", "c"):
        stripe.put("customers", id=f"cus_{name}")
        stripe.lists[f"customers/cus_{name}/payment_methods"] = [{"id": f"pm_{name}"}]
    stripe.gone.add("customers/cus_b/payment_methods")
    first = stripe.sync("payment_methods")
    assert first.failure is None
    assert [r["id"] for r in first.records["payment_methods"]] == ["pm_c", "pm_a"]
    stripe.now += DAY
    stripe.tell("payment_method.detached", {"id": "pm_a", "customer": None})
    stripe.tell("payment_method.attached", {"id": "pm_new", "customer": "cus_a"})
    stripe.requests.clear()
    later = stripe.sync("payment_methods", state=first.state)
    assert {request.path for request in stripe.requests} == {"/v1/events"}
    both = first.records["payment_methods"] + later.records["payment_methods"]
    assert sorted(live(both, "id")) == [("pm_c",), ("pm_new",)]


def test_an_open_session_is_seen_before_any_event_tells_of_it(stripe):
    first = stripe.sync("checkout_sessions")
    stripe.now += DAY
    session = stripe.put("checkout/sessions", id="cs_1", status="open")
    second = stripe.sync("checkout_sessions", state=first.state)
    assert [r["status"] for r in second.records["checkout_sessions"]] == ["open"]
    session["status"] = "complete"
    stripe.now += 60
    stripe.tell("checkout.session.completed", dict(session))
    third = stripe.sync("checkout_sessions", state=second.state)
    assert [r["status"] for r in third.records["checkout_sessions"]] == ["complete"]


def pay(stripe, number, days_until=7):
    return stripe.put(
        "balance_transactions",
        id=f"txn_{number:03}",
        status="pending",
        available_on=stripe.now + days_until * DAY,
    )


def settle(stripe):
    for each in stripe.lists["balance_transactions"]:
        if each["available_on"] <= stripe.now:
            each["status"] = "available"


def test_a_transaction_comes_again_when_it_becomes_available_and_no_sooner(stripe):
    for number in range(30):
        pay(stripe, number)
        stripe.now += DAY
        settle(stripe)
    first = stripe.sync("balance_transactions")
    assert len(first.records["balance_transactions"]) == 30
    stripe.now += 3 * DAY
    settle(stripe)
    pay(stripe, 100)
    stripe.now += 3_600
    second = stripe.sync("balance_transactions", state=first.state)
    came = {r["id"]: r["status"] for r in second.records["balance_transactions"]}
    assert came == {
        "txn_100": "pending",
        **{f"txn_{number:03}": "available" for number in (24, 25, 26)},
    }
    again = stripe.sync("balance_transactions", state=second.state)
    assert again.records["balance_transactions"] == []
    # However long nothing was read: what was pending then is known to be available now.
    stripe.now += 400 * DAY
    settle(stripe)
    last = stripe.sync("balance_transactions", state=second.state)
    before, after = (x.state["balance_transactions"] for x in (second, last))
    assert not is_complete_reread(before, after)
    both = [r for x in (first, second, last) for r in x.records["balance_transactions"]]
    assert live(both, "id") == {(r["id"],): r for r in stripe.lists["balance_transactions"]}
    assert len(last.records["balance_transactions"]) < 10


@pytest.mark.parametrize("size", [1, 3, 7])
def test_transactions_of_one_second_and_kills_lose_nothing(stripe, monkeypatch, size):
    monkeypatch.setattr(checkpoint, "RECORDS_A_STATE", 1)
    stripe.page_limit = size
    for number in range(12):
        pay(stripe, number)
    stripe.now += 3_600
    first = stripe.sync("balance_transactions")
    stripe.now += 8 * DAY
    settle(stripe)
    for number in range(20, 26):
        pay(stripe, number)
    whole = stripe.sync("balance_transactions", state=first.state)
    truth = {(r["id"],): r for r in stripe.lists["balance_transactions"]}
    places = [number for number, (kind, _) in enumerate(whole.order) if kind == "state"]
    for state, place in zip(whole.states["balance_transactions"], places, strict=True):
        rest = stripe.sync("balance_transactions", state={"balance_transactions": state})
        count = sum(kind == "record" for kind, _ in whole.order[:place])
        came = whole.records["balance_transactions"][:count]
        everything = [*first.records["balance_transactions"], *came]
        assert live([*everything, *rest.records["balance_transactions"]], "id") == truth


def test_every_event_comes_once_though_many_share_a_second(stripe):
    stripe.page_limit = 3
    for number in range(8):
        stripe.tell("customer.updated", {"id": f"cus_{number}"})
    stripe.now += 3_600
    first = stripe.sync("events")
    assert len(first.records["events"]) == 8
    assert "types[]" not in stripe.requests[0].query
    for number in range(8):
        stripe.tell("invoice.upcoming", {"number": number})
    stripe.now += 3_600
    later = stripe.sync("events", state=first.state)
    assert len(later.records["events"]) == len(live(later.records["events"], "id")) == 8


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("prices", "prices"),
        ("disputes", "disputes"),
        ("payment_methods", "customers/cus_1/payment_methods"),
        ("invoice_lines", "invoices"),
        ("checkout_sessions", "checkout/sessions"),
        ("balance_transactions", "balance_transactions"),
        ("events", "events"),
    ],
)
def test_a_missing_permission_fails_its_stream_only_and_says_where(stripe, stream, path):
    stripe.put("customers", id="cus_1")
    stripe.put("products", id="prod_1")
    stripe.refused.add(path)
    reading = stripe.sync(stream, "products")
    assert set(reading.errors) == {stream}
    assert f"/v1/{path}" in reading.errors[stream]
    assert "restricted key" in reading.errors[stream]
    assert len(reading.records["products"]) == 1
    assert reading.state.get(stream, {}) == {}
