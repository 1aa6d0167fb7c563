"""Mailchimp's connector against the sandbox: everything is read, and later syncs keep up."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reading import assert_every_record_fits, live, read

from connectors import sandbox
from connectors.registry import create_source

KEYS = {
    "lists": ("id",),
    "members": ("list_id", "id"),
    "campaigns": ("id",),
    "email_activity": ("campaign_id", "email_id", "action", "timestamp"),
    "merge_fields": ("list_id", "merge_id"),
    "tags": ("list_id", "id"),
    "segments": ("list_id", "id"),
    "interest_categories": ("list_id", "id"),
    "interests": ("list_id", "category_id", "id"),
    "reports": ("id",),
    "unsubscribes": ("campaign_id", "email_id"),
    "automations": ("id",),
    "landing_pages": ("id",),
}
INCREMENTAL = ("members", "email_activity")
#: What is served out of the rest, and not counted among what the sandbox holds.
MADE = tuple(KEYS)[4:]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    directory = tmp_path_factory.mktemp("mailchimp") / "sandbox"
    sandbox.create(directory, people=150, seed=42)
    with sandbox.running(directory) as url:
        yield directory, {**sandbox.source_configs(url)["mailchimp"], "max_retries": 0}


def alive(records: list[dict[str, Any]], stream: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    newest = live(records, *KEYS[stream])
    return {key: record for key, record in newest.items() if record.get("status") != "archived"}


def test_every_record_is_read_and_later_syncs_see_what_changed_and_was_archived(world):
    directory, config = world
    first = read("mailchimp", config, *KEYS)
    assert first.failure is None
    counted = sandbox.counts(directory)["mailchimp"]
    assert {s: len(alive(first.records[s], s)) for s in counted} == counted
    assert all(first.records[s] for s in KEYS)
    assert config["base_url"] not in str(first.states)

    sandbox.advance(directory, days=60)
    state = {stream: first.state[stream] for stream in INCREMENTAL}
    second = read("mailchimp", config, *INCREMENTAL, state=state)
    assert second.failure is None
    fresh = read("mailchimp", config, *KEYS)
    counted = sandbox.counts(directory)["mailchimp"]
    assert {s: len(alive(fresh.records[s], s)) for s in counted} == counted
    for stream in INCREMENTAL:
        both = alive(first.records[stream] + second.records[stream], stream)
        assert both == alive(fresh.records[stream], stream), stream
        assert 0 < len(second.records[stream]) < len(fresh.records[stream])
    made = read("mailchimp", config, *MADE, state={s: first.state[s] for s in MADE})
    assert made.failure is None
    for stream in MADE:
        both = live(first.records[stream] + made.records[stream], *KEYS[stream])
        now = live(fresh.records[stream], *KEYS[stream])
        if stream == "unsubscribes":
            # Whoever was archived since is not shown any more, but did leave.
            assert both.keys() >= now.keys()
        else:
            assert both == now, stream
        assert len(made.records[stream]) < len(fresh.records[stream]) or stream == "automations"
    assert {s for s in MADE if made.records[s]} >= {"segments", "reports", "automations"}
    assert any(m["status"] == "archived" for m in second.records["members"]), "none was archived"


def test_every_record_fits_its_schema_and_the_reports_agree(world):
    config = world[1]
    catalog = create_source("mailchimp", config).discover(logging.getLogger("airbyte"), config)
    reading = read("mailchimp", config, *KEYS)
    assert_every_record_fits(catalog, reading)
    left = Counter(each["campaign_id"] for each in reading.records["unsubscribes"])
    actions = Counter((a["campaign_id"], a["action"]) for a in reading.records["email_activity"])
    campaigns = {each["id"]: each for each in reading.records["campaigns"]}
    for report in reading.records["reports"]:
        assert report["unsubscribed"] == left[report["id"]]
        assert report["opens"]["opens_total"] == actions[report["id"], "open"]
        assert report["clicks"]["clicks_total"] == actions[report["id"], "click"]
        assert report["emails_sent"] == campaigns[report["id"]]["emails_sent"]
    members = {(m["list_id"], m["id"]): m["status"] for m in reading.records["members"]}
    for each in reading.records["unsubscribes"]:
        assert members[each["list_id"], each["email_id"]] == "unsubscribed"
    categories = {(c["list_id"], c["id"]) for c in reading.records["interest_categories"]}
    assert {(i["list_id"], i["category_id"]) for i in reading.records["interests"]} == categories


def test_a_wrong_key_is_refused(world):
    result = read("mailchimp", {**world[1], "api_key": "wrong-us1"}, "lists")
    assert "`api_key`" in result.errors["lists"]


def test_a_page_of_recipients_who_did_much_has_states_within(
    world: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many actions a page holds, and from each such state the reading goes on."""
    config = world[1]
    whole = read("mailchimp", config, "email_activity").records["email_activity"]
    busiest = max(Counter((a["campaign_id"], a["email_id"]) for a in whole).values())
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 10)
    # Not by time: the page's records come faster than any second.
    monkeypatch.setattr("connectors.checkpoint.SECONDS_A_STATE", 1e9)
    reading = read("mailchimp", config, "email_activity")
    records = reading.records["email_activity"]
    assert records == whole
    between, apart = 0, []
    for kind, _ in reading.order:
        between = between + 1 if kind == "record" else 0
        apart.append(between)
    assert max(apart) < 2 * 10 + busiest
    states = reading.states["email_activity"]
    given = [
        position - index
        for index, position in enumerate(
            position for position, (kind, _) in enumerate(reading.order) if kind == "state"
        )
    ]
    within = [
        (state, count)
        for state, count in zip(states, given, strict=True)
        if state.get("within", {}).get("place", {}).get("offset", 0) % 1000 > 0
    ]
    assert len({state["within"]["campaign"] for state, _ in within}) > 1
    for state, count in within[:: len(within) // 5]:
        rest = read("mailchimp", config, "email_activity", state={"email_activity": state})
        assert rest.records["email_activity"] == whole[count:]
