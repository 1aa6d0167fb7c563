"""Lake, states, logs and report of a sync through every fault hold no credential."""

from __future__ import annotations

import base64
from pathlib import Path

import duckdb
import pytest

from connectors import sandbox
from connectors.sandbox import Fault, FaultPlan
from connectors.sandbox.fault_plan import KINDS, PROFILES
from kesher.lake import Lake
from kesher.sync import run_jobs
from kesher.sync_process import main
from kesher.sync_report import SourceJob

pytestmark = pytest.mark.slow


def test_no_output_of_a_faulty_sync_holds_a_credential(tmp_path: Path) -> None:
    sandbox.create(tmp_path / "sandbox", people=40, seed=11)
    plan = FaultPlan(
        (
            *(fault for name in ("flaky", "confused", "drifting") for fault in PROFILES[name]),
            Fault("rate_limit", share=0.1, seconds=0),
            Fault("forbidden", path="*deals*"),
            Fault("forbidden", path="/v1/products"),
            Fault("not_found", path="*satisfaction_ratings*"),
            Fault("bad_request", path="/3.0/campaigns"),
            Fault("expired_credentials", after=12),
        ),
        seed=2,
    )
    assert {fault.kind for fault in plan.faults} <= KINDS.keys()
    lake = tmp_path / "lake"
    lake.mkdir()
    secrets: set[str] = set()
    with sandbox.running(tmp_path / "sandbox", faults=plan) as url:
        jobs = []
        for vendor, settings in sandbox.source_configs(url).items():
            key = settings[
                {
                    "stripe": "client_secret",
                    "zendesk": "api_token",
                    "mailchimp": "api_key",
                    "hubspot": "access_token",
                }[vendor]
            ]
            user = f"{settings['email']}/token" if vendor == "zendesk" else "kesher"
            secrets |= {key, base64.b64encode(f"{user}:{key}".encode()).decode()}
            jobs.append(
                SourceJob(
                    source=vendor,
                    connector_type=vendor,
                    settings={**settings, "max_retries": 1},
                    lake=str(lake),
                    state_folder=str(tmp_path / "state"),
                    log_file=str(tmp_path / "logs" / f"{vendor}.log"),
                    sync_id=1,
                    not_before=Lake(lake).latest_stamp(),
                    streams=None,
                    full_refresh=False,
                    secrets=frozenset({key}),
                )
            )
        report = [repr(event) for event in run_jobs(jobs, main)]
    assert any("error='" in line for line in report)
    texts = {"report": "\n".join(report)}
    for file in [*(tmp_path / "logs").iterdir(), *(tmp_path / "state").rglob("*.json")]:
        texts[file.name] = file.read_text("utf-8")
    with duckdb.connect() as connection:
        for folder in {file.parent for file in lake.rglob("*.parquet")}:
            rows = connection.execute(
                "select string_agg(columns(*)::varchar, ' ') from read_parquet(?)",
                [str(folder / "*.parquet")],
            ).fetchone()
            texts[str(folder)] = " ".join(str(value) for value in rows or ())
    assert len(texts) > 12
    for name, text in texts.items():
        for secret in secrets:
            assert secret not in text, name
