"""What a user meets on a bad day: damaged files, a full disk, one wrong key for many streams."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from kesher.cli import main
from kesher.dashboard_server import _open_log
from kesher.data_directory import DataDirectory, write_json
from kesher.dbt_run import invoke_dbt
from kesher.doctor import Finding, _published, _states, _warehouse
from kesher.source_state import SourceState, is_damaged
from kesher.status import _records_table
from kesher.sync_report import StreamResult, SyncReport


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDirectory:
    monkeypatch.chdir(tmp_path)
    return DataDirectory(tmp_path / "data")


def kesher(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="kesher")


def publish_a_file(data: DataDirectory) -> Path:
    data.serving.mkdir(parents=True)
    file = data.serving / "g1.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table customers as select 'kc_1' as customer_id")
    write_json(data.pointer, {"generation": "g1", "file": "g1.duckdb"})
    return file


def result(source: str, stream: str, error: str | None) -> StreamResult:
    return StreamResult(source, stream, "full", 0, 0, 0, 0.1, None, error)


def test_a_wrong_key_is_told_once_for_all_streams_of_its_source() -> None:
    def refused(path: str) -> str:
        return f"Stripe does not accept the credentials ({path} answered 401). Check the key."

    report = SyncReport(
        [
            result("stripe", "customers", refused("/v1/customers")),
            result("stripe", "invoices", refused("/v1/invoices")),
            result("stripe", "refunds", "Stripe failed at /v1/refunds (502) in 2 attempts."),
            result("hubspot", "deals", refused("/crm/deals")),
            result("hubspot", "owners", None),
        ]
    )
    assert report.errors == [
        f"stripe (customers, invoices): {refused('/v1/customers')}",
        "stripe.refunds: Stripe failed at /v1/refunds (502) in 2 attempts.",
        f"hubspot.deals: {refused('/crm/deals')}",
    ]


@pytest.mark.parametrize("content", ["", '{"bro', "{}", "[1]", '[{"stream": {}}]', "null"])
def test_a_damaged_state_counts_as_none_and_doctor_names_it(
    data: DataDirectory, content: str
) -> None:
    data.state.mkdir(parents=True)
    file = data.state / "stripe.json"
    file.write_text(content)
    assert is_damaged(file)
    assert SourceState(data.state, "stripe").of("customers") is None
    (finding,) = _states(data)
    assert not finding.ok
    assert str(file) in finding.found


def test_a_good_state_is_not_damaged(data: DataDirectory) -> None:
    SourceState(data.state, "stripe").put("customers", {"since": 1})
    write_json(data.origin, {"customers": "real"})
    assert not is_damaged(data.state / "stripe.json")
    assert not is_damaged(data.state / "zendesk.json")
    assert list(_states(data)) == []


def test_a_damaged_pointer_is_not_taken_for_nothing_published(data: DataDirectory) -> None:
    publish_a_file(data)
    data.pointer.write_text('{"gen')
    shown = kesher("status")
    assert shown.exit_code == 0
    assert "nothing yet" not in shown.output
    assert f"{data.pointer} is damaged: run kesher publish." in shown.output
    assert json.loads(kesher("status", "--json").stdout)["serving"] is None
    refused = kesher("dashboard", "--port", "0")
    assert refused.exit_code == 1
    assert f"{data.pointer} is damaged: run kesher publish." in refused.output
    assert not _published(data).ok


def test_doctor_names_a_damaged_warehouse_and_a_damaged_published_file(
    data: DataDirectory,
) -> None:
    assert _warehouse(data) == Finding("warehouse", "none yet")
    assert _published(data) == Finding("published", "nothing yet")
    file = publish_a_file(data)
    data.warehouse.write_bytes(file.read_bytes())
    assert _published(data).ok
    assert _warehouse(data).ok
    for damaged in (file, data.warehouse):
        damaged.write_bytes(damaged.read_bytes()[:5000])
    assert not _published(data).ok
    assert str(file) in _published(data).found
    assert not _warehouse(data).ok
    file.unlink()
    assert "is published but not there" in _published(data).found


def test_each_stream_has_its_own_last_sync_and_its_own_failure(data: DataDirectory) -> None:
    def run(run_id: str, streams: dict[str, str | None]) -> None:
        write_json(
            data.runs / run_id / "run.json",
            {
                "id": run_id,
                "verb": "sync",
                "pid": 1,
                "started_at": run_id,
                "finished_at": run_id,
                "status": "ok",
                "seconds": 1.0,
                "error": None,
                "steps": [],
                "sources": {
                    "stripe": {
                        "error": None,
                        "streams": {name: {"error": error} for name, error in streams.items()},
                    }
                },
            },
        )

    run("2026-01-01T00:00:00Z", {"customers": None, "invoices": None})
    run("2026-01-02T00:00:00Z", {"invoices": "Stripe failed"})
    Path("kesher.yml").write_text("sources: {stripe: {type: stripe, client_secret: sk_test_x}}\n")
    told = json.loads(kesher("status", "--json").stdout)
    streams = told["sources"]["stripe"]["streams"]
    assert streams["customers"] == {"error": None, "last_sync": "2026-01-01T00:00:00Z"}
    assert streams["invoices"] == {"error": "Stripe failed", "last_sync": "2026-01-02T00:00:00Z"}
    told["records"] = {"stripe": {"customers": 1, "invoices": 1}}
    table = _records_table(told)
    assert list(table.columns[-1].cells) == ["2026-01-01T00:00:00Z", "failed"]


def test_the_dashboard_starts_where_nothing_can_be_written(data: DataDirectory) -> None:
    data.root.mkdir()
    data.runs.write_text("a file where the folder should be")
    with _open_log(data) as log:
        assert not str(log.name).startswith(str(data.root))
    Path(log.name).unlink()


def test_dbt_does_not_flood_the_terminal_when_its_log_cannot_be_written(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Runner:
        def __init__(self, **_: object) -> None:
            pass

        def invoke(self, _arguments: object) -> object:
            seen.append(logging.raiseExceptions)
            return type("Result", (), {"exception": None})()

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Runner)
    invoke_dbt([], data)
    assert seen == [False]
    assert logging.raiseExceptions
