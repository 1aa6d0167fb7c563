"""Small files of the lake become few, and nobody can tell it from what is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from lake_rows import rows

from kesher import lake_compaction, sync_history
from kesher.cli import main
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.lake import DELETED_AT, SCHEMA, Lake, LakeClock
from kesher.lake_compaction import merge_small_files
from kesher.lake_writer import LakeWriter, own_writer

SCHEMA_OF_PEOPLE = {"type": "object", "properties": {"age": {"type": "integer"}}}


def write(lake: Lake, *records: dict[str, Any], generation: int = 1) -> None:
    clock = LakeClock(lake.latest_stamp())
    with LakeWriter(
        lake,
        "crm",
        "people",
        sync_id=1,
        clock=clock,
        json_schema=SCHEMA_OF_PEOPLE,
        generation=generation,
    ) as writer:
        for record in records:
            writer.add(record)
        writer.commit()


def without_files(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "file": None} for row in found]


def names(lake: Lake) -> list[str]:
    return [file.name for file in lake.files("crm", "people")]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    for number in range(12):
        write(lake, {"id": number}, {"id": 100 + number, "age": "old"}, generation=1 + number // 6)
    return lake


def test_every_row_stays_as_it_was_in_one_file(lake: Lake, tmp_path: Path) -> None:
    before, facts, newest = rows(tmp_path, "crm", "people"), lake.facts(), lake.latest_stamp()
    assert merge_small_files(lake, "crm", "people") == 11
    (file,) = lake.files("crm", "people")
    assert without_files(rows(tmp_path, "crm", "people")) == without_files(before)
    assert lake.facts() == facts
    assert lake.last_generation("crm", "people") == 2
    assert lake.latest_stamp() == newest
    assert lake.unreadable(deep=True) == []
    assert pq.read_schema(file.path).equals(SCHEMA)
    assert pq.read_metadata(file.path).row_group(0).column(4).compression == "ZSTD"
    # What is written later comes after it, and merges with it in its turn.
    write(lake, {"id": 1, DELETED_AT: "2026-01-01"})
    assert names(lake)[0] == file.name
    assert merge_small_files(lake, "crm", "people") == 1
    assert merge_small_files(lake, "crm", "people") == 0


def test_few_files_and_large_ones_are_left_alone(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(lake)
    assert merge_small_files(lake, "crm", "people", at_least=13) == 0
    monkeypatch.setattr(lake_compaction, "SMALL_BYTES", 10)
    assert merge_small_files(lake, "crm", "people") == 0
    assert names(lake) == before


def test_a_merged_file_holds_no_more_than_it_may(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(tmp_path, "crm", "people")
    size = Path(lake.files("crm", "people")[0].path).stat().st_size
    monkeypatch.setattr(lake_compaction, "MERGED_BYTES", 5 * size)
    merge_small_files(lake, "crm", "people")
    assert 3 <= len(names(lake)) <= 4
    after = rows(tmp_path, "crm", "people")
    assert without_files(after) == without_files(before)
    files = [row["file"] for row in after]
    assert files == sorted(files), "older rows stand in older files"


@pytest.mark.parametrize("survived", [0, 1, 7])
def test_killed_half_way_it_loses_nothing_and_the_next_time_drops_what_is_twice(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    before = rows(tmp_path, "crm", "people")
    deleted = 0
    whole = pafs.LocalFileSystem.delete_file

    def dying(self: pafs.LocalFileSystem, path: str) -> None:
        nonlocal deleted
        if deleted == survived:
            raise KeyboardInterrupt
        deleted += 1
        whole(self, path)

    class Dying:
        """A file system that dies after so many deletions."""

        def __init__(self, real: pafs.LocalFileSystem) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def delete_file(self, path: str) -> None:
            dying(self._real, path)

    real = lake.filesystem
    lake.filesystem = Dying(real)
    with pytest.raises(KeyboardInterrupt):
        merge_small_files(lake, "crm", "people")
    lake.filesystem = real
    amid = {str(row["data"]) for row in rows(tmp_path, "crm", "people")}
    assert amid == {str(row["data"]) for row in before}
    merge_small_files(lake, "crm", "people")
    assert without_files(rows(tmp_path, "crm", "people")) == without_files(before)
    assert lake.facts()[("crm", "people")].misfits == 12


def test_a_damaged_file_stays_where_it_is_and_the_others_are_merged(
    lake: Lake, tmp_path: Path
) -> None:
    damaged = lake.files("crm", "people")[3]
    Path(damaged.path).write_bytes(b"no parquet")
    merge_small_files(lake, "crm", "people")
    assert damaged.name in names(lake)
    assert len(names(lake)) == 2
    Path(damaged.path).unlink()
    assert len(rows(tmp_path, "crm", "people")) == 22


def test_a_disk_that_is_full_leaves_all_as_it_was(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(lake)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lake_compaction.os, "fsync", full)
    with pytest.raises(KesherError):
        merge_small_files(lake, "crm", "people")
    assert names(lake) == before
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_year_of_runs_leaves_few_files_and_every_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from kesher.sync_report import SourceResult, SyncReport

    monkeypatch.setattr(sync_history, "FILES_TO_MERGE", 10)
    directory = DataDirectory(tmp_path)
    lake = Lake(directory.lake)
    for number in range(57):
        run = type("Run", (), {"id": f"run-{number}"})()
        report = SyncReport(sources=[SourceResult("stripe", 1.0, "down")])
        sync_history.append_to_history(directory, run, report, datetime.now(UTC))
        assert len(lake.files("kesher", "sync_runs")) <= 10
    found = [row["data"]["run_id"] for row in rows(directory.lake, "kesher", "sync_runs")]
    assert found == [f"run-{number}" for number in range(57)]


def test_the_command_merges_every_stream_that_needs_it(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    lake = Lake(data.lake)
    for number in range(12):
        write(lake, {"id": number})
    with own_writer(lake, "kesher", "customer_ids") as writer:
        writer.add({"source": "crm", "record_id": "1"})
        writer.commit()
    arguments = ["compact", "--data-dir", str(data.root)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "crm.people: 11 files fewer" in done.stdout
    assert "kesher" not in done.stdout
    again = CliRunner().invoke(main, arguments)
    assert "No stream has 10 small files or more" in again.stdout
    assert len(rows(data.lake, "crm", "people")) == 12
