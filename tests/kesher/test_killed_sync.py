"""A sync that is killed at any moment, again and again, ends with the lake of one that was not."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lake_rows import data
from throttled_source import CHECKPOINT, PAGES, STATE, throttled_worker

from connectors import sandbox
from connectors.sandbox import Fault, FaultPlan
from kesher.child_process import start_child
from kesher.lake import DELETED_AT, Lake
from kesher.sync_report import SourceJob, SourceResult, StreamProgress, StreamResult

pytestmark = pytest.mark.slow

STREAMS = {
    "stripe": ("customers", "invoices", "charges", "refunds", "subscriptions", "products"),
    "zendesk": ("users", "organizations", "tickets", "ticket_comments", "satisfaction_ratings"),
    "mailchimp": ("lists", "members", "campaigns", "email_activity"),
    "hubspot": ("contacts", "companies", "deals", "owners", "calls", "meetings", "notes", "tasks"),
}
KEYS = {
    "members": ("list_id", "id"),
    "email_activity": ("campaign_id", "email_id", "action", "timestamp", "url"),
}
KILLS = 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("throttled") / "sandbox"
    sandbox.create(directory, people=100, seed=11)
    return directory


@pytest.fixture
def directory(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "sandbox")


@pytest.fixture
def url(directory: Path) -> Iterator[str]:
    slow = FaultPlan((Fault("slow", seconds=0.05),))
    with sandbox.running(directory, faults=slow) as base_url:
        yield base_url


class Account:
    """One lake with its states, into which a vendor is read."""

    def __init__(self, folder: Path, vendor: str, url: str) -> None:
        self.folder = folder
        self.vendor = vendor
        self.settings = sandbox.source_configs(url)[vendor]

    def job(self) -> SourceJob:
        lake = self.folder / "lake"
        lake.mkdir(parents=True, exist_ok=True)
        return SourceJob(
            source=self.vendor,
            connector_type=self.vendor,
            settings=self.settings,
            lake=str(lake),
            state_folder=str(self.folder / "state"),
            log_file=str(self.folder / "log.txt"),
            sync_id=time.time_ns() // 1_000_000,
            not_before=Lake(lake).latest_stamp(),
            streams=None,
            full_refresh=False,
        )

    def read(self, kill_after: float | None = None) -> dict[str, int] | None:
        """Sync; returns the records that had come of each stream when it was killed, or None."""
        process, events = start_child(throttled_worker, (self.job(),), "throttled")
        seen: dict[str, int] = {}
        deadline = None
        try:
            while True:
                if not events.poll(0.02):
                    if deadline is not None and time.monotonic() >= deadline:
                        os.kill(process.pid or 0, signal.SIGKILL)
                        return seen
                    continue
                event = events.recv()
                if isinstance(event, SourceResult):
                    assert event.error is None
                    return None
                if isinstance(event, StreamResult):
                    assert event.error is None, event
                    seen.pop(event.stream, None)
                if isinstance(event, StreamProgress):
                    seen[event.stream] = event.records
                    if deadline is None and kill_after is not None:
                        deadline = time.monotonic() + kill_after
        finally:
            process.join(timeout=20)
            events.close()

    def rows(self, stream: str) -> list[dict[str, Any]]:
        if not list((self.folder / "lake" / self.vendor / stream).glob("*.parquet")):
            return []
        return data(self.folder / "lake", self.vendor, stream)

    def live(self, stream: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        newest: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.rows(stream):
            newest[tuple(row[part] for part in KEYS.get(stream, ("id",)))] = row
        return {key: row for key, row in newest.items() if not row.get(DELETED_AT)}


def kill_again_and_again(account: Account, random: Random) -> int:
    """Kill a sync some times, then let it end; returns how often it was killed."""
    for kills in range(KILLS):
        before = {stream: len(account.rows(stream)) for stream in STREAMS[account.vendor]}
        seen = account.read(kill_after=random.uniform(0.0, 0.5))
        if seen is None:
            return kills
        for stream, records in seen.items():
            kept = len(account.rows(stream)) - before.get(stream, 0)
            assert records - kept <= CHECKPOINT + STATE + 2 * PAGES[account.vendor], stream
    assert account.read() is None
    return KILLS


@pytest.mark.parametrize("vendor", STREAMS)
def test_kills_at_random_moments_lose_nothing(
    directory: Path, url: str, tmp_path: Path, vendor: str
) -> None:
    random = Random(f"kill {vendor}")  # noqa: S311 - repeatable
    whole = Account(tmp_path / "whole", vendor, url)
    killed = Account(tmp_path / "killed", vendor, url)
    assert whole.read() is None
    kills = kill_again_and_again(killed, random)
    assert kills >= 1  # how far it comes in that time is the machine's affair
    for stream in STREAMS[vendor]:
        assert killed.live(stream) == whole.live(stream), stream
        again = len(killed.rows(stream)) - len(whole.rows(stream))
        assert again <= kills * (CHECKPOINT + STATE + 2 * PAGES[vendor]), stream
    assert any(whole.rows(stream) for stream in STREAMS[vendor])

    # And of a later sync, in which records changed, went and were merged.
    sandbox.advance(directory, 25)
    assert whole.read() is None
    kill_again_and_again(killed, random)
    for stream in STREAMS[vendor]:
        assert killed.live(stream) == whole.live(stream), stream
