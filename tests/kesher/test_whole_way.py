"""The command over the real connectors, dbt project and checks, on the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from published_marts import assert_same, marts

from connectors import sandbox


def test_status_names_what_other_programs_need(published_demo) -> None:
    told = published_demo.status
    assert told["lake"] == str(published_demo.lake)
    assert told["warehouse"] == str(published_demo.warehouse)
    assert told["serving"] == str(published_demo.serving)
    assert told["generation"] == published_demo.serving.stem
    assert told["last_run"]["status"] == "ok"
    assert told["last_run"]["finished_at"]
    assert told["checks"]["passed"]
    assert told["problems"] == []
    assert {"stripe", "zendesk", "mailchimp", "hubspot"} <= told["sources"].keys()


def test_every_record_that_the_sandbox_serves_is_in_the_lake(published_demo) -> None:
    counts = sandbox.counts(published_demo.data_dir / "sandbox")
    assert _of_streams(published_demo.status["records"], counts) == counts


def test_paid_invoices_add_up_to_what_the_sandbox_took(published_demo) -> None:
    totals = sandbox.invoice_totals(published_demo.data_dir / "sandbox")
    with duckdb.connect(str(published_demo.serving), read_only=True) as connection:
        rows = connection.execute(
            "select currency, sum(amount_paid) from invoices where status = 'paid' group by all"
        ).fetchall()
        exponents = dict(
            duckdb.connect(str(published_demo.warehouse), read_only=True)
            .execute("select currency, exponent from seeds.currencies")
            .fetchall()
        )
    assert {code: int(amount * 10 ** exponents.get(code, 2)) for code, amount in rows} == totals


def test_a_second_run_reads_only_changes_and_changes_nothing(published_demo, tmp_path) -> None:
    again = published_demo.copy(tmp_path)
    before = marts(again.serving)
    again.run("run")
    told = again.status["last_run"]
    for source, stream in (("stripe", "invoices"), ("zendesk", "tickets"), ("hubspot", "deals")):
        outcome = told["sources"][source]["streams"][stream]
        assert (outcome["read"], outcome["records"]) == ("incremental", 0)
    assert_same(marts(again.serving), before)


def test_a_lost_warehouse_gives_the_same_customers_with_the_same_ids(
    published_demo, tmp_path
) -> None:
    again = published_demo.copy(tmp_path)
    before = marts(again.serving)
    again.warehouse.unlink()
    again.run("run")
    assert_same(marts(again.serving), before)


def test_time_passes_and_unchanged_people_keep_their_ids(published_demo, tmp_path) -> None:
    later = published_demo.copy(tmp_path)
    before = dict(_customer_ids(later.serving))
    later.run("sandbox", "advance", "--days", "30")
    later.run("run")
    after = dict(_customer_ids(later.serving))
    kept = [key for key in before if key in after]
    assert len(kept) > len(before) / 2
    moved = [key for key in kept if before[key] != after[key]]
    with duckdb.connect(str(later.serving), read_only=True) as connection:
        told = connection.execute(
            "select source, record_id, customer_id from customer_id_history "
            "where event in ('merge', 'split')"
        ).fetchall()
        merged = {customer_id for _, _, customer_id in told}
    unexplained = [key for key in moved if before[key] not in merged and after[key] not in merged]
    assert unexplained == []
    counts = sandbox.counts(later.data_dir / "sandbox")
    assert _of_streams(later.status["records"], counts) == counts


@pytest.mark.slow
def test_models_that_are_left_alone_are_what_a_full_build_makes(published_demo, tmp_path) -> None:
    partly = published_demo.copy(tmp_path)
    assert "models as they were" in partly.run("build").stdout, "the ids came since"
    assert "build    0 models" in partly.run("build").stdout, "nothing came since"
    partly.run("sandbox", "advance", "--days", "10")
    for source in ("stripe", "zendesk"):
        partly.run("sync", "--source", source)
        assert "models as they were" in partly.run("build").stdout
    before = _tables(partly.warehouse)
    partly.run("build", "--full-refresh")
    assert_same(before, _tables(partly.warehouse))


def _tables(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of staging and marts."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('staging', 'marts')"
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(
                f'select * from {schema}."{table}" order by all'
            ).fetchall()
            for schema, table in tables
        }


def _of_streams(
    records: dict[str, dict[str, int]], streams: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """Leave out what follows from other records, which the sandbox does not count."""
    return {
        source: {stream: records[source][stream] for stream in names}
        for source, names in streams.items()
    }


def _customer_ids(serving: Path) -> list[tuple[tuple[str, str], str]]:
    with duckdb.connect(str(serving), read_only=True) as connection:
        rows = connection.execute(
            "select source, record_id, customer_id from customer_identities"
        ).fetchall()
    return [((source, record), customer) for source, record, customer in rows]


def test_a_selection_can_not_slip_through_to_publishing(published_demo, tmp_path) -> None:
    again = published_demo.copy(tmp_path)
    generation = again.serving
    again.run("build", "--select", "stg_stripe__customers")
    assert again.run("check", check=False).returncode == 1
    assert again.run("publish", check=False).returncode == 1
    assert again.serving == generation


def test_a_wrong_key_is_one_line_and_the_others_are_published(published_demo, tmp_path) -> None:
    again = published_demo.copy(tmp_path)
    with sandbox.running(again.data_dir / "sandbox") as base_url:
        sources = sandbox.source_configs(base_url)
        sources["stripe"]["client_secret"] = "sk_test_wrong_key_123"
        sources["zendesk"]["base_url"] = "http://127.0.0.1:9/zendesk"
        sources["zendesk"]["max_retries"] = 0
        config = tmp_path / "kesher.yml"
        config.write_text(json.dumps({"sources": sources}))
        done = again.run("--config", str(config), "run", check=False)
    assert done.returncode == 1
    errors = done.stderr.splitlines()
    assert len([line for line in errors if "stripe" in line and "client_secret" in line]) == 1
    assert any("zendesk" in line for line in errors)
    assert "sk_test_wrong_key_123" not in done.stdout + done.stderr
    assert "publish" in done.stdout
    logs = "".join(
        file.read_text(errors="replace")
        for file in again.data_dir.glob("runs/**/*")
        if file.is_file()
    )
    assert "sk_test_wrong_key_123" not in logs


def test_doctor_finds_nothing_wrong_and_names_a_corrupt_file(published_demo, tmp_path) -> None:
    again = published_demo.copy(tmp_path)
    well = again.run("doctor")
    assert "✗" not in well.stdout
    assert "hubspot" in well.stdout
    file = next((again.lake / "stripe" / "customers").glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-10])
    ill = again.run("doctor", "--offline", check=False)
    assert ill.returncode == 1
    assert str(file) in ill.stdout
    assert "kesher sync --stream stripe.customers --full-refresh" in ill.stdout


@pytest.mark.slow
def test_the_dashboard_answers_and_ends_with_its_parent(published_demo) -> None:
    dashboard = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "kesher",
            "--data-dir",
            str(published_demo.data_dir),
            "dashboard",
            "--port",
            "0",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert dashboard.stdout is not None
    line = dashboard.stdout.readline()
    assert line.startswith("Dashboard: http://")
    address = line.split()[1]
    assert requests.get(f"{address}/_stcore/health", timeout=5).status_code == 200
    dashboard.kill()
    dashboard.wait()
    for _ in range(100):
        try:
            requests.get(f"{address}/_stcore/health", timeout=1)
            time.sleep(0.1)
        except requests.ConnectionError:
            break
    else:
        pytest.fail("the server outlived the command")
