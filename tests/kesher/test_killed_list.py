"""A sync of one long file that is killed in its middle goes on there."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from lake_rows import data

from kesher.child_process import start_child
from kesher.lake import Lake
from kesher.sync_process import main as worker
from kesher.sync_report import SourceJob, SourceResult, StreamProgress

pytestmark = pytest.mark.slow

PEOPLE = 60_000
KILLED_AFTER = (15_000, 40_000)
#: What may come twice: a checkpoint is at most so many records behind.
CHECKPOINT = 10_000


def write_json_lines(table: pa.Table, file: Path) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "csv": pa_csv.write_csv,
    "parquet": pq.write_table,
    "jsonl": write_json_lines,
}


def read(folder: Path, file: Path, kill_after: int | None = None) -> int:
    """Sync; kill it when so many people have come. Returns how many had come."""
    lake = folder / "lake"
    lake.mkdir(exist_ok=True)
    job = SourceJob(
        source="fair",
        connector_type="files",
        settings={
            "type": "files",
            "path": str(file),
            "record_id": "id",
            "mapping": {"full_name": "name", "email": "email"},
        },
        lake=str(lake),
        state_folder=str(folder / "state"),
        log_file=str(folder / "log.txt"),
        sync_id=time.time_ns() // 1_000_000,
        not_before=Lake(lake).latest_stamp(),
        streams=frozenset({"people"}),
    )
    process, events = start_child(worker, (job,), "list")
    came = 0
    try:
        while True:
            event = events.recv()
            if isinstance(event, StreamProgress):
                came = event.records
                if kill_after is not None and came >= kill_after:
                    os.kill(process.pid or 0, signal.SIGKILL)
                    return came
            if isinstance(event, SourceResult):
                assert event.error is None
                assert kill_after is None, "read to its end before it could be killed"
                return came
    finally:
        process.join(timeout=20)
        events.close()


@pytest.mark.parametrize("kind", WRITERS)
def test_less_than_a_checkpoint_of_a_long_file_is_read_again(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"people.{kind}"
    numbers = range(PEOPLE)
    people = {
        "id": [f"p{number}" for number in numbers],
        "name": [f"Person {number}" for number in numbers],
        "email": [f"p{number}@example.com" for number in numbers],
    }
    WRITERS[kind](pa.table(people), file)
    kept = 0
    for kill_after in KILLED_AFTER:
        came = read(tmp_path, file, kill_after - kept)
        before, kept = kept, len(data(tmp_path / "lake", "fair", "people"))
        assert before + came - kept < CHECKPOINT
        assert kept < PEOPLE
    read(tmp_path, file)
    rows = [row["record_id"] for row in data(tmp_path / "lake", "fair", "people")]
    assert set(rows) == set(people["id"])
    assert len(rows) - PEOPLE < CHECKPOINT * len(KILLED_AFTER)
