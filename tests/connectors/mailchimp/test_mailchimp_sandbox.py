"""Mailchimp's connector against the sandbox: everything is read, and later syncs keep up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reading import live, read

from connectors import sandbox

KEYS = {
    "lists": ("id",),
    "members": ("list_id", "id"),
    "campaigns": ("id",),
    "email_activity": ("campaign_id", "email_id", "action", "timestamp"),
}
INCREMENTAL = ("members", "email_activity")


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
    assert {s: len(alive(first.records[s], s)) for s in KEYS} == counted
    assert config["base_url"] not in str(first.states)

    sandbox.advance(directory, days=60)
    state = {stream: first.state[stream] for stream in INCREMENTAL}
    second = read("mailchimp", config, *INCREMENTAL, state=state)
    assert second.failure is None
    fresh = read("mailchimp", config, *KEYS)
    counted = sandbox.counts(directory)["mailchimp"]
    assert {s: len(alive(fresh.records[s], s)) for s in KEYS} == counted
    for stream in INCREMENTAL:
        both = alive(first.records[stream] + second.records[stream], stream)
        assert both == alive(fresh.records[stream], stream), stream
        assert 0 < len(second.records[stream]) < len(fresh.records[stream])
    assert any(m["status"] == "archived" for m in second.records["members"]), "none was archived"


def test_a_wrong_key_is_refused(world):
    result = read("mailchimp", {**world[1], "api_key": "wrong-us1"}, "lists")
    assert "`api_key`" in result.errors["lists"]
