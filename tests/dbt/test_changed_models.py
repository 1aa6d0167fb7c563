"""Which models a build leaves as they are, because nothing that they read has changed."""

import re

import pytest
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import Macro

from kesher.changed_models import beginnings, changed_models

START = "int_identity__changed_records"
LAKE = {"stripe/charges": "a", "stripe/customers": "b", "zendesk/tickets": "c", "crm/people": "d"}


def after(manifest: Manifest, *changed: str) -> set[str]:
    found = changed_models(manifest, LAKE, {**LAKE, **dict.fromkeys(changed, "other")})
    assert found is not None
    return found


def descendants(manifest: Manifest, name: str) -> set[str]:
    manifest.build_parent_and_child_maps()
    found: set[str] = set()
    waiting = [f"model.kesher.{name}"]
    while waiting:
        for child in manifest.child_map[waiting.pop()]:
            if child.startswith("model.") and child not in found:
                found.add(child)
                waiting.append(child)
    return {key.split(".")[-1] for key in found}


def models(manifest: Manifest) -> dict[str, str]:
    """Each model's code by its name."""
    return {
        node.name: node.raw_code for key, node in manifest.nodes.items() if key.startswith("model.")
    }


def test_nothing_is_made_of_a_lake_that_is_what_it_was(manifest: Manifest) -> None:
    assert after(manifest) == set()


def test_a_stream_changes_what_is_behind_it_and_nothing_else(manifest: Manifest) -> None:
    found = after(manifest, "kesher/sync_runs")
    assert {"stg_kesher__sync_runs", "sync_runs"} <= found
    assert len(found) < 6
    found = after(manifest, "zendesk/tickets")
    assert {"stg_zendesk__tickets", "tickets"} <= found
    assert not {name for name in found if name.startswith("stg_")} - {"stg_zendesk__tickets"}


@pytest.mark.parametrize("place", ["new/people", "crm/people", "files/people", "mapped/people"])
def test_a_list_of_people_can_be_of_a_file_or_of_a_mapping(manifest: Manifest, place: str) -> None:
    found = after(manifest, place)
    assert {"stg_files__people", "stg_mapped__people", "customers", START} <= found
    assert "stg_stripe__customers" not in found


def test_a_list_is_looked_for_in_every_folder_as_staging_does(manifest: Manifest) -> None:
    found = after(manifest, "stripe/people")
    assert {name for name in found if name.startswith("stg_")} == {"stg_files__people"}


def test_a_stream_that_is_gone_has_changed(manifest: Manifest) -> None:
    rest = {place: digest for place, digest in LAKE.items() if place != "zendesk/tickets"}
    found = changed_models(manifest, LAKE, rest)
    assert found is not None
    assert "stg_zendesk__tickets" in found


def test_another_mapping_changes_anything(manifest: Manifest) -> None:
    assert changed_models(manifest, LAKE, {**LAKE, "kesher/source_mappings": "x"}) is None


@pytest.mark.parametrize("place", ["stripe/charges", "zendesk/users", "steward/decisions"])
def test_models_that_follow_the_last_build_do_so_all_or_none(
    manifest: Manifest, place: str
) -> None:
    followed = {
        node.name for node in manifest.nodes.values() if node.config.materialized == "followed"
    }
    assert followed <= descendants(manifest, START)
    found = after(manifest, place)
    if found & followed:
        assert {START, *descendants(manifest, START)} <= found


def test_whatever_reads_a_changed_model_is_made_too(manifest: Manifest) -> None:
    for source in manifest.sources.values():
        if source.source_name in ("files", "mapped") or source.name == "source_mappings":
            continue
        found = after(manifest, f"{source.source_name}/{source.name}")
        assert found
        for name in found:
            assert descendants(manifest, name) <= found


@pytest.mark.parametrize("place", ["stripe/charges", "zendesk/users", "crm/people"])
def test_what_is_behind_the_beginnings_is_what_changed(manifest: Manifest, place: str) -> None:
    found = after(manifest, place)
    first = beginnings(manifest, found)
    assert len(first) < len(found) / 2
    assert set(first).union(*(descendants(manifest, name) for name in first)) == found


def test_no_model_reads_a_clock(manifest: Manifest) -> None:
    clock = re.compile(
        r"\b(current_(date|time|timestamp)|localtime(stamp)?|now\s*\(|today\s*\(|random\s*\(|"
        r"run_started_at|invocation_id|gen_random_uuid|uuid\s*\()",
        re.IGNORECASE,
    )
    code = {**models(manifest), **{m.name: m.macro_sql for m in own_macros(manifest)}}
    assert not [name for name, text in code.items() if clock.search(text)]


def own_macros(manifest: Manifest) -> list[Macro]:
    return [macro for macro in manifest.macros.values() if macro.package_name == "kesher"]
