"""Stripe and Zendesk read from the sandbox: everything, and then exactly what changed."""

from __future__ import annotations

import logging
import shutil
from collections import Counter

import pytest
from reading import DELETED_AT, assert_every_record_fits, live, read

from connectors import sandbox
from connectors.registry import create_source, is_complete_reread

STREAMS = {
    "stripe": (
        *("customers", "invoices", "charges", "refunds", "subscriptions", "products"),
        *("prices", "plans", "coupons", "promotion_codes", "disputes", "credit_notes"),
        *("payment_intents", "payment_methods", "checkout_sessions", "balance_transactions"),
        *("invoice_lines", "subscription_items"),
    ),
    "zendesk": (
        *("users", "organizations", "tickets", "ticket_comments", "satisfaction_ratings"),
        *("ticket_metrics", "organization_memberships", "groups", "group_memberships", "tags"),
        *("ticket_fields", "user_fields", "organization_fields"),
        *("deleted_tickets", "custom_objects", "custom_object_records"),
    ),
}
KEYS = {
    "invoice_lines": ("invoice", "id"),
    "subscription_items": ("subscription", "id"),
    "ticket_metrics": ("ticket_id",),
    "tags": ("name",),
    "custom_objects": ("key",),
    "custom_object_records": ("custom_object_key", "id"),
}
#: Children that come again, unchanged, when the invoice that holds them is paid.
RESTATED = {"invoice_lines"}


def newest(records, stream):
    return live(records, *KEYS.get(stream, ("id",)))


def keys_of(records, stream):
    return [tuple(record[part] for part in KEYS.get(stream, ("id",))) for record in records]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sandbox") / "sandbox"
    sandbox.create(directory, people=150, seed=11)
    return directory


@pytest.fixture
def directory(made_once, tmp_path):
    """A sandbox of its own, for time may pass in it."""
    return shutil.copytree(made_once, tmp_path / "sandbox")


@pytest.fixture
def config_of(directory):
    with sandbox.running(directory) as base_url:
        configs = sandbox.source_configs(base_url)
        yield lambda vendor: {**configs[vendor], "max_retries": 0}


def everything(config_of, vendor):
    reading = read(vendor, config_of(vendor), *STREAMS[vendor])
    assert reading.failure is None
    return reading


def gone(stream, record):
    """What the vendor itself marks as deleted, which it still serves."""
    return (stream, record.get("active")) == ("users", False) or (
        stream,
        record.get("status"),
    ) == ("tickets", "deleted")


@pytest.mark.parametrize("vendor", STREAMS)
def test_check_succeeds(config_of, vendor):
    config = config_of(vendor)
    result = create_source(vendor, config).check(logging.getLogger("airbyte"), config)
    assert result.message is None
    assert result.status.value == "SUCCEEDED"


@pytest.mark.parametrize("vendor", STREAMS)
def test_a_full_read_gives_every_record_that_the_sandbox_serves(directory, config_of, vendor):
    reading = everything(config_of, vendor)
    served = sandbox.counts(directory)[vendor]
    found = {
        stream: sum(
            not gone(stream, record) for record in newest(reading.records[stream], stream).values()
        )
        for stream in STREAMS[vendor]
    }
    assert {stream: found[stream] for stream in served} == served
    assert all(found.values())
    assert all(
        len(set(keys_of(records, stream))) == len(records)
        for stream, records in reading.records.items()
    )


@pytest.mark.parametrize("vendor", STREAMS)
def test_every_record_fits_its_schema(config_of, vendor):
    config = config_of(vendor)
    catalog = create_source(vendor, config).discover(logging.getLogger("airbyte"), config)
    reading = everything(config_of, vendor)
    assert_every_record_fits(catalog, reading)


def test_sums_of_paid_invoices_agree_to_the_cent(directory, config_of):
    reading = read("stripe", config_of("stripe"), "invoices")
    sums: Counter[str] = Counter()
    for invoice in live(reading.records["invoices"], "id").values():
        if invoice["status"] == "paid":
            sums[invoice["currency"]] += invoice["amount_paid"]
    assert dict(sums) == sandbox.invoice_totals(directory)


@pytest.mark.parametrize("days", [1, 9, 45])
@pytest.mark.parametrize("vendor", STREAMS)
def test_an_incremental_sync_brings_the_lake_to_what_a_full_read_shows(
    directory, config_of, vendor, days
):
    first = everything(config_of, vendor)
    sandbox.advance(directory, days)
    later = read(vendor, config_of(vendor), *STREAMS[vendor], state=first.state)
    assert later.failure is None
    now = everything(config_of, vendor)
    for stream in STREAMS[vendor]:
        merged = newest([*first.records[stream], *later.records[stream]], stream)
        truth = newest(now.records[stream], stream)
        if is_complete_reread(first.state[stream], later.state[stream]):
            came = set(keys_of(later.records[stream], stream))
            merged = {key: record for key, record in merged.items() if key in came}
        assert merged.keys() == truth.keys(), stream
        assert [key for key in truth if merged[key] != truth[key]] == [], stream


@pytest.mark.parametrize("vendor", STREAMS)
def test_an_incremental_sync_reads_what_changed_and_nothing_else(directory, config_of, vendor):
    first = everything(config_of, vendor)
    sandbox.advance(directory, 20)
    later = read(vendor, config_of(vendor), *STREAMS[vendor], state=first.state)
    now = everything(config_of, vendor)
    changes = 0
    for stream in STREAMS[vendor]:
        before = newest(first.records[stream], stream)
        after = newest(now.records[stream], stream)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        came = set(keys_of(later.records[stream], stream))
        if stream in RESTATED:
            # Told again whenever their parent changes.
            assert came >= changed, stream
        else:
            assert came == changed, stream
        changes += len(changed)
    assert changes > 0


@pytest.mark.parametrize("vendor", STREAMS)
def test_a_sync_right_after_a_sync_brings_next_to_nothing(config_of, vendor):
    first = everything(config_of, vendor)
    again = read(vendor, config_of(vendor), *STREAMS[vendor], state=first.state)
    assert again.failure is None
    assert sum(map(len, again.records.values())) <= 5


def test_what_follows_from_payments_agrees_with_them(config_of):
    reading = everything(config_of, "stripe")
    of = {stream: newest(reading.records[stream], stream) for stream in STREAMS["stripe"]}
    paid = [charge for charge in of["charges"].values() if charge["paid"]]
    assert len(of["payment_intents"]) == len(of["charges"])
    assert {c["payment_intent"] for c in of["charges"].values()} == {
        key for (key,) in of["payment_intents"]
    }
    sources = {t["source"] for t in of["balance_transactions"].values()}
    assert sources == {c["id"] for c in paid} | {key for (key,) in of["refunds"]}
    for thing in [*paid, *of["refunds"].values()]:
        entry = of["balance_transactions"][(thing["balance_transaction"],)]
        assert abs(entry["amount"]) == thing["amount"]
        assert entry["net"] == entry["amount"] - entry["fee"]
    assert {i["id"] for i in of["invoices"].values()} == {key for key, _ in of["invoice_lines"]}
    for line in of["invoice_lines"].values():
        assert line["amount"] == of["invoices"][(line["invoice"],)]["subtotal"]
    prices = {key for (key,) in of["prices"]}
    assert {item["price"]["id"] for item in of["subscription_items"].values()} <= prices
    assert {product["default_price"] for product in of["products"].values()} <= prices
    assert {price["active"] for price in of["prices"].values()} == {True, False}
    methods = {method["id"]: method for method in of["payment_methods"].values()}
    assert {m["customer"] for m in methods.values()} == {
        c["customer"] for c in paid if (c["customer"],) in of["customers"]
    }
    assert all((d["charge"],) in of["charges"] for d in of["disputes"].values())
    for note in of["credit_notes"].values():
        assert note["amount"] <= of["invoices"][(note["invoice"],)]["amount_paid"]
    for session in of["checkout_sessions"].values():
        if session["status"] == "complete":
            assert session["amount_total"] == of["invoices"][(session["invoice"],)]["amount_paid"]


def test_events_are_kept_when_stripe_has_forgotten_them(directory, config_of, caplog):
    first = read("stripe", config_of("stripe"), "events")
    sandbox.advance(directory, 20)
    later = read("stripe", config_of("stripe"), "events", state=first.state)
    assert later.failure is None
    now = read("stripe", config_of("stripe"), "events")
    kept = live([*first.records["events"], *later.records["events"]], "id")
    assert kept.items() >= live(now.records["events"], "id").items()
    assert {(e["id"],) for e in first.records["events"]} <= kept.keys()
    assert len(later.records["events"]) < len(now.records["events"])
    assert not is_complete_reread(first.state["events"], later.state["events"])
    sandbox.advance(directory, 45)
    with caplog.at_level(logging.WARNING, "airbyte"):
        last = read("stripe", config_of("stripe"), "events", state=later.state)
    (lost,) = (record for record in caplog.records if "in between are lost" in record.message)
    assert lost.for_user, "whoever runs the sync is told"
    assert not is_complete_reread(later.state["events"], last.state["events"])
    assert last.records["events"]


def test_deletions_in_stripe_come_as_tombstones(directory, config_of):
    first = everything(config_of, "stripe")
    sandbox.advance(directory, 25)
    later = read("stripe", config_of("stripe"), "customers", state=first.state)
    merged = live([*first.records["customers"], *later.records["customers"]], "id")
    assert any(DELETED_AT in record for record in later.records["customers"])
    assert len(merged) == sandbox.counts(directory)["stripe"]["customers"]


def test_state_older_than_the_events_is_told_and_read_again(directory, config_of, caplog):
    first = read("stripe", config_of("stripe"), "customers")
    sandbox.advance(directory, 45)
    with caplog.at_level(logging.INFO, "airbyte"):
        later = read("stripe", config_of("stripe"), "customers", state=first.state)
    (why,) = (record for record in caplog.records if "whole stream again" in record.message)
    assert why.for_user, "whoever runs the sync is told"
    assert len(later.records["customers"]) == sandbox.counts(directory)["stripe"]["customers"]


@pytest.mark.parametrize(
    ("vendor", "wrong"),
    [("stripe", {"client_secret": "sk_no"}), ("zendesk", {"api_token": "nono"})],
)
def test_a_wrong_key_is_refused_with_the_name_of_its_key(config_of, vendor, wrong):
    config = {**config_of(vendor), **wrong}
    result = create_source(vendor, config).check(logging.getLogger("airbyte"), config)
    assert next(iter(wrong)) in result.message
    assert "401" in result.message


def test_state_names_no_address(config_of):
    for vendor in STREAMS:
        state = str(everything(config_of, vendor).state)
        assert "127.0.0.1" not in state
        assert "http" not in state
