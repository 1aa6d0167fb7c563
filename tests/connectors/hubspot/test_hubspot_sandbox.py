"""HubSpot's connector against the sandbox: everything is read, and later syncs keep up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from portal import TYPES
from reading import DELETED_AT, Reading, live, read

from connectors import sandbox

STREAMS = (*TYPES, "owners")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    directory = tmp_path_factory.mktemp("hubspot") / "sandbox"
    sandbox.create(directory, people=150, seed=41)
    with sandbox.running(directory) as url:
        yield directory, {**sandbox.source_configs(url)["hubspot"], "max_retries": 0}


def live_ids(reading: Reading, kind: str) -> set[str]:
    newest = live(reading.records[kind], "id").values()
    return {record["id"] for record in newest if not record.get("archived")}


def linked(record: dict[str, Any]) -> dict[str, set[str]]:
    return {
        target: {entry["id"] for entry in found["results"]}
        for target, found in record["associations"].items()
    }


def test_every_record_is_read_and_later_syncs_see_what_changed_archived_and_merged(world):
    directory, config = world
    first = read("hubspot", config, *STREAMS)
    assert first.failure is None
    counted = sandbox.counts(directory)["hubspot"]
    assert {kind: len(live_ids(first, kind)) for kind in STREAMS} == counted
    assert config["base_url"] not in str(first.states)
    state = {kind: first.state[kind] for kind in TYPES}

    # Search and lists tell the same, associations included.
    since = {kind: {"updated_after": "2000-01-01T00:00:00+00:00"} for kind in TYPES}
    searched = read("hubspot", config, *TYPES, state=since)
    for kind in TYPES:
        by_list, by_search = (live(r.records[kind], "id") for r in (first, searched))
        assert by_list.keys() == by_search.keys()
        for key, record in by_list.items():
            assert record["properties"] == by_search[key]["properties"]
            assert linked(record) == linked(by_search[key])

    sandbox.advance(directory, days=60)
    second = read("hubspot", config, *TYPES, state=state)
    assert second.failure is None
    fresh = read("hubspot", config, *TYPES)
    counted = sandbox.counts(directory)["hubspot"]
    for kind in TYPES:
        both = live(first.records[kind] + second.records[kind], "id")
        now = live(fresh.records[kind], "id")
        alive = {key for key, record in now.items() if not record.get("archived")}
        assert len(alive) == counted[kind], kind
        assert {key for key, record in both.items() if not record.get("archived")} == alive, kind
        for key in alive:
            assert both[key]["properties"] == now[key]["properties"], (kind, key)
        assert len(second.records[kind]) < len(fresh.records[kind]), kind
    contacts = second.records["contacts"]
    assert any(record.get(DELETED_AT) for record in contacts), "no contact was merged"
    assert any(record.get("archived") for record in contacts), "no contact was archived"


def test_a_wrong_token_is_refused(world):
    result = read("hubspot", {**world[1], "access_token": "pat-wrong"}, "contacts")
    assert "`access_token`" in result.errors["contacts"]
