"""HubSpot's connector against the sandbox: everything is read, and later syncs keep up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from portal import TYPES
from reading import DELETED_AT, Reading, live, read

from connectors import sandbox

STREAMS = (*TYPES, "owners")
OTHERS = ("deal_stage_history", "pipelines", "property_definitions")


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
    first = read("hubspot", config, *STREAMS, *OTHERS)
    assert first.failure is None
    counted = sandbox.counts(directory)["hubspot"]
    assert {kind: len(live_ids(first, kind)) for kind in counted} == counted
    assert all(live_ids(first, kind) for kind in STREAMS)
    assert config["base_url"] not in str(first.states)
    state = {kind: first.state[kind] for kind in (*TYPES, *OTHERS)}

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
    second = read("hubspot", config, *TYPES, *OTHERS, state=state)
    assert second.failure is None
    fresh = read("hubspot", config, *TYPES, *OTHERS)
    counted = sandbox.counts(directory)["hubspot"]
    for kind in TYPES:
        both = live(first.records[kind] + second.records[kind], "id")
        now = live(fresh.records[kind], "id")
        alive = {key for key, record in now.items() if not record.get("archived")}
        assert len(alive) == counted.get(kind, len(alive)), kind
        assert {key for key, record in both.items() if not record.get("archived")} == alive, kind
        for key in alive:
            assert both[key]["properties"] == now[key]["properties"], (kind, key)
        assert len(second.records[kind]) < len(fresh.records[kind]), kind
    key = ("deal_id", "timestamp", "value")
    readings = [r.records["deal_stage_history"] for r in (first, second, fresh)]
    assert live(readings[0] + readings[1], *key) == live(readings[2], *key)
    assert 0 < len(readings[1]) < len(readings[2])
    for stream in OTHERS[1:]:
        assert second.records[stream] == []
        assert second.state[stream] == fresh.state[stream]
    contacts = second.records["contacts"]
    assert any(record.get(DELETED_AT) for record in contacts), "no contact was merged"
    assert any(record.get("archived") for record in contacts), "no contact was archived"


def test_a_wrong_token_is_refused(world):
    result = read("hubspot", {**world[1], "access_token": "pat-wrong"}, "contacts")
    assert "`access_token`" in result.errors["contacts"]


def test_what_was_sold_and_how_a_deal_moved_agree_with_the_deal(world):
    streams = (
        "deals",
        "line_items",
        "products",
        "deal_stage_history",
        "pipelines",
        "property_definitions",
    )
    reading = read("hubspot", world[1], *streams)
    deals = live(reading.records["deals"], "id")
    products = live(reading.records["products"], "id")
    assert any(product["archived"] for product in products.values())
    sums: dict[str, float] = dict.fromkeys([key for (key,) in deals], 0.0)
    for item in reading.records["line_items"]:
        if item["archived"]:  # as its deal is
            continue
        (deal,) = item["associations"]["deals"]["results"]
        properties = item["properties"]
        sums[deal["id"]] += float(properties["amount"])
        product = products[(properties["hs_product_id"],)]
        assert product["properties"]["name"] == properties["name"]
        assert product["associations"] == {}
        quantity, price = float(properties["quantity"]), float(properties["price"])
        assert quantity * price == pytest.approx(float(properties["amount"]))
    stages: dict[str, list[str]] = {}
    for row in reading.records["deal_stage_history"]:
        stages.setdefault(row["deal_id"], []).append(row["value"])
    (pipeline,) = (r for r in reading.records["pipelines"] if r["object_type"] == "deals")
    known = {stage["id"] for stage in pipeline["stages"]}
    for (key,), deal in deals.items():
        assert stages[key][-1] == deal["properties"]["dealstage"]
        assert set(stages[key]) <= known
        if not deal["archived"]:
            assert sums[key] == pytest.approx(float(deal["properties"]["amount"]))
    defined = {(r["object_type"], r["name"]) for r in reading.records["property_definitions"]}
    for kind in ("deals", "line_items", "products"):
        seen = {name for r in reading.records[kind] for name in r["properties"]}
        assert seen <= {name for object_type, name in defined if object_type == kind}
    custom = {r["name"] for r in reading.records["property_definitions"] if not r["hubspotDefined"]}
    assert "delivery_site" in custom
    assert all(r["properties"]["delivery_site"] for r in reading.records["line_items"])
