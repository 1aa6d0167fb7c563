"""Stripe and Zendesk read from the sandbox: everything, and then exactly what changed."""

from __future__ import annotations

import logging
import shutil
from collections import Counter

import jsonschema_rs
import pytest
from reading import DELETED_AT, live, read

from connectors import sandbox
from connectors.registry import create_source, is_complete_reread

STREAMS = {
    "stripe": ("customers", "invoices", "charges", "refunds", "subscriptions", "products"),
    "zendesk": ("users", "organizations", "tickets", "ticket_comments", "satisfaction_ratings"),
}


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
            not gone(stream, record) for record in live(reading.records[stream], "id").values()
        )
        for stream in STREAMS[vendor]
    }
    assert found == {stream: served[stream] for stream in STREAMS[vendor]}
    assert all(found.values())
    assert all(
        len({record["id"] for record in records}) == len(records)
        for records in reading.records.values()
    )


@pytest.mark.parametrize("vendor", STREAMS)
def test_every_record_fits_its_schema(config_of, vendor):
    config = config_of(vendor)
    catalog = create_source(vendor, config).discover(logging.getLogger("airbyte"), config)
    reading = everything(config_of, vendor)
    for stream in catalog.streams:
        validator = jsonschema_rs.validator_for(stream.json_schema)
        for record in reading.records[stream.name]:
            assert [error.message for error in validator.iter_errors(record)] == []
        unknown = {key for record in reading.records[stream.name] for key in record}
        assert unknown <= stream.json_schema["properties"].keys(), stream.name


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
        merged = live([*first.records[stream], *later.records[stream]], "id")
        truth = live(now.records[stream], "id")
        if is_complete_reread(first.state[stream], later.state[stream]):
            came = {(record["id"],) for record in later.records[stream]}
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
        before = live(first.records[stream], "id")
        after = live(now.records[stream], "id")
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        came = {(record["id"],) for record in later.records[stream]}
        assert came == changed, stream
        changes += len(changed)
    assert changes > 0


@pytest.mark.parametrize("vendor", STREAMS)
def test_a_sync_right_after_a_sync_brings_next_to_nothing(config_of, vendor):
    first = everything(config_of, vendor)
    again = read(vendor, config_of(vendor), *STREAMS[vendor], state=first.state)
    assert again.failure is None
    assert sum(map(len, again.records.values())) <= 5


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
    assert "Reading the whole stream again" in caplog.text
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
