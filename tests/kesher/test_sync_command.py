"""`kesher sync` as people call it, over lists in files, which need no server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lake_rows import data

from connectors import sandbox
from connectors.sandbox import Fault, FaultPlan
from kesher.cli import main
from kesher.errors import ConfigError
from kesher.lake import Lake
from kesher.sync_request import SyncRequest

SOURCES = {
    "stripe": {"type": "stripe"},
    "zendesk": {"type": "zendesk"},
    "fair": {"type": "files"},
}


@pytest.mark.parametrize(
    ("sources", "streams", "expected"),
    [
        ((), (), {"stripe": None, "zendesk": None, "fair": None}),
        (("stripe",), (), {"stripe": None}),
        (("stripe",), ("customers",), {"stripe": {"customers"}}),
        ((), ("stripe.customers", "stripe.plans"), {"stripe": {"customers", "plans"}}),
        (("stripe",), ("zendesk.tickets",), {"stripe": None, "zendesk": {"tickets"}}),
        (("stripe",), ("stripe.customers",), {"stripe": {"customers"}}),
    ],
)
def test_what_is_asked_for_is_read(
    sources: tuple[str, ...], streams: tuple[str, ...], expected: dict[str, set[str] | None]
) -> None:
    assert SyncRequest(sources, streams).chosen(SOURCES) == expected


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (SyncRequest(("strip",)), "found no source strip; expected stripe, zendesk, fair"),
        (SyncRequest(streams=("customers",)), "--stream customers: expected SOURCE.STREAM"),
        (SyncRequest(("stripe", "zendesk"), ("customers",)), "or one --source beside it"),
        (SyncRequest(("stripe",), (), True, "2026-01-31"), "exclude each other"),
    ],
)
def test_what_can_not_be_asked_for_is_told(request_: SyncRequest, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        request_.chosen(SOURCES)
    assert complaint in str(caught.value)


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(
        "Name,E-mail\nדנה כהן,dana@example.com\nRon,ron@example.com\n"
    )
    (tmp_path / "kesher.yml").write_text(
        """
        sources:
          fair: {type: files, path: people.csv, mapping: {full_name: Name, email: E-mail}}
          gone: {type: files, path: nowhere/*.csv, mapping: {email: E-mail}}
        """
    )
    return tmp_path


def sync(*arguments: str, expect: int = 0) -> Result:
    result = CliRunner().invoke(main, ["sync", *arguments])
    assert result.exit_code == expect, result.output + result.stderr
    return result


def test_the_report_as_json_stands_alone_on_standard_output(lists: Path) -> None:
    told = json.loads(sync("--source", "fair", "--json").stdout)
    assert told["ok"]
    assert told["records"] == 2
    people = next(stream for stream in told["streams"] if stream["stream"] == "people")
    assert (people["source"], people["records"], people["error"]) == ("fair", 2, None)
    assert people["records_per_second"] >= 0
    failed = json.loads(sync("--json", expect=1).stdout)
    assert not failed["ok"]
    assert any("gone" in error for error in failed["errors"])


def test_a_dry_run_tells_the_plan_and_leaves_nothing(lists: Path) -> None:
    said = sync("--source", "fair", "--dry-run").stdout
    assert "would read" in said
    assert "people" in said
    assert not Lake(lists / "data" / "lake").files()
    sync("--source", "fair")
    plans = json.loads(sync("--source", "fair", "--dry-run", "--json").stdout)["plans"]
    assert {plan["mode"] for plan in plans} == {"incremental"}


def test_a_check_says_which_sources_can_be_read(lists: Path) -> None:
    told = json.loads(sync("--check", "--json", expect=1).stdout)
    assert [(source["what"], source["ok"]) for source in told["sources"]] == [
        ("fair", True),
        ("gone", False),
    ]
    assert "nowhere" in told["sources"][1]["found"]
    assert not (lists / "data" / "lake").exists()
    assert "✓ fair" in sync("--check", "--source", "fair").stdout


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The configuration of a HubSpot portal whose key may not read deals."""
    monkeypatch.chdir(tmp_path)
    sandbox.create(tmp_path / "sandbox", people=5, seed=1)
    faults = FaultPlan((Fault("forbidden", path="*deals*"),))
    with sandbox.running(tmp_path / "sandbox", faults=faults) as url:
        settings = {**sandbox.source_configs(url)["hubspot"], "max_retries": 0}
        content = {"sources": {"hubspot": settings}}
        (tmp_path / "kesher.yml").write_text(json.dumps(content))
        yield url


def test_a_check_of_a_stream_asks_for_nothing_else(portal: str) -> None:
    refused = sync("--check", "--source", "hubspot", "--stream", "deals", expect=1).stdout
    assert "deals" in refused
    assert "contacts" not in refused
    sync("--check", "--stream", "hubspot.contacts", "--stream", "hubspot.owners")
    sync("--check", expect=1)


def test_a_check_of_a_stream_that_there_is_not_names_those_that_there_are(lists: Path) -> None:
    told = sync("--check", "--stream", "fair.peple", expect=1).stdout
    assert "has no stream peple (did you mean people?); it has people, rejected_lines" in told
    assert "✓ fair" in sync("--check", "--stream", "fair.people").stdout


def test_contradicting_options_and_days_that_are_none_are_told(lists: Path) -> None:
    assert "exclude each other" in sync("--check", "--dry-run", expect=2).stderr
    assert "2026-13-01" in sync("--since", "2026-13-01", expect=2).stderr


def test_a_list_is_read_again_from_a_day_on_and_nobody_is_deleted(lists: Path) -> None:
    (lists / "lists").mkdir()
    for name, day in (("old", "2026-01-30"), ("new", "2026-01-31")):
        file = lists / "lists" / f"{name}.csv"
        file.write_text(f"Name\n{name}\n")
        moment = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
        os.utime(file, (moment, moment))
    (lists / "kesher.yml").write_text(
        "sources: {fair: {type: files, path: lists/*.csv, mapping: {full_name: Name}}}\n"
    )
    sync()
    state = (lists / "data" / "state" / "fair.json").read_text()
    told = json.loads(sync("--since", "2026-01-31", "--json").stdout)
    people = next(stream for stream in told["streams"] if stream["stream"] == "people")
    assert (people["mode"], people["records"], people["vanished"]) == ("since", 1, 0)
    assert (lists / "data" / "state" / "fair.json").read_text() == state


def test_an_empty_folder_is_shown_to_whoever_syncs(lists: Path) -> None:
    (lists / "inbox").mkdir()
    (lists / "kesher.yml").write_text(
        "sources: {fair: {type: files, path: inbox, mapping: {full_name: Name}}}\n"
    )
    assert "fair: There is no file in" in sync().stderr
    assert "✓ fair" in (checked := sync("--check").stdout)
    assert "no file" in checked
    (lists / "inbox" / "a.csv").write_text("Name\nDana\n")
    (lists / "inbox" / "b.xls").touch()
    told = sync().stderr
    assert "no file" not in told
    assert "b.xls (save old .xls workbooks as .xlsx)" in told
    assert "b.xls" in sync("--check").stdout


@pytest.mark.parametrize("cursor", [None, {"type": "DatetimeBasedCursor"}])
def test_a_manifest_without_a_time_as_cursor_says_why_it_has_no_since(
    tmp_path: Path, cursor: dict[str, str] | None
) -> None:
    stream: dict[str, Any] = {"name": "persons", "primary_key": "id"}
    if cursor:
        stream["incremental_sync"] = cursor
    spec = {"connection_specification": {"type": "object"}}
    (tmp_path / "manifest.yaml").write_text(json.dumps({"spec": spec, "streams": [stream]}))
    request = SyncRequest(since="2026-01-31")
    known = {"crm": {"type": "manifest", "folder": str(tmp_path), "settings": {}}}
    if cursor:
        assert request.chosen(known) == {"crm": None}
        return
    with pytest.raises(ConfigError, match="each sync reads all of it"):
        request.chosen(known)


def test_every_sync_stands_in_the_history(lists: Path) -> None:
    sync("--source", "fair")
    sync(expect=1)
    rows = Lake(lists / "data" / "lake").files("kesher", "sync_runs")
    assert len(rows) == 2


def _ctrl_c(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_sync_that_is_stopped_stands_in_the_history(
    lists: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("kesher.sync.run_jobs", _ctrl_c)
        sync("--source", "fair", expect=130)
    (row,) = data(lists / "data" / "lake", "kesher", "sync_runs")
    assert (row["source"], row["error"][:7]) == ("fair", "stopped")


def test_a_sync_that_was_killed_stands_in_the_history_once_the_next_one_has_ended(
    lists: Path,
) -> None:
    sync("--source", "fair")
    runs = lists / "data" / "runs"
    (file,) = runs.glob("*/run.json")
    # As it is while the sources are read.
    killed = {**json.loads(file.read_text()), "status": "running", "pid": 2**22 - 1, "sources": {}}
    assert killed["reading"] == ["fair"]
    file.write_text(json.dumps(killed))
    before = len(data(lists / "data" / "lake", "kesher", "sync_runs"))
    sync("--source", "fair")
    sync("--source", "fair")
    later = data(lists / "data" / "lake", "kesher", "sync_runs")[before:]
    (told,) = [row for row in later if row["run_id"] == killed["id"]]
    assert (told["source"], told["error"][:18]) == ("fair", "the run was killed")
    assert told["began_at"] <= told["ended_at"]
