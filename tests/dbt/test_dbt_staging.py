"""A staging table is what its whole lake stream says, however the stream came."""

import random
import shutil
import signal
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from built_warehouse import PROJECT, Warehouse
from dbt.contracts.graph.manifest import Manifest
from written_lake import Version, at, tombstone

from kesher.lake import Lake
from kesher.lake_compaction import merge_small_files
from kesher.lake_writer import own_writer

MODEL = "stg_stripe__customers"
TABLE = f"staging.{MODEL}"


def newest(files: list[list[Version]]) -> dict[str, str]:
    """Name of every live customer, worked out in the plainest way."""
    versions: dict[str, tuple[datetime, int, Mapping[str, Any]]] = {}
    for number, file in enumerate(files):
        for record, moment in file:
            known = versions.get(record["id"])
            if known is None or (moment, number) > known[:2]:
                versions[record["id"]] = (moment, number, record)
    return {
        key: record["name"]
        for key, (_, _, record) in versions.items()
        if "_ab_cdc_deleted_at" not in record
    }


def random_file(rng: random.Random, number: int, customers: int = 40) -> list[Version]:
    """Versions, tombstones and late arrivals of some customers, never two of one moment."""
    moments = rng.sample(range(10_000), customers)
    file: list[Version] = []
    for moment in moments:
        key = f"cus_{rng.randrange(customers)}"
        if rng.random() < 0.35:
            file.append((tombstone(id=key), at(moment)))
        else:
            name = f"שם {number}-{moment}"
            file.append(({"id": key, "name": name, "created": 1_700_000_000}, at(moment)))
    return file


def staged(warehouse: Warehouse) -> dict[str, str]:
    rows = warehouse.rows(f"select stripe_customer_id, name from {TABLE}")
    assert len(rows) == len(dict(rows))
    return dict(rows)


def everything_staged(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows(
        f"select 'live', * from {TABLE} order by stripe_customer_id"
    ) + warehouse.rows(f"select 'deleted', * from {TABLE}__deletions order by stripe_customer_id")


def test_incremental_builds_equal_a_full_one(warehouse: Warehouse) -> None:
    rng = random.Random(11)  # noqa: S311
    files: list[list[Version]] = []
    for number in range(5):
        files.append(random_file(rng, number))
        warehouse.lake.write("stripe", "customers", files[-1])
        warehouse.run(MODEL)
        assert staged(warehouse) == newest(files)
    incremental = everything_staged(warehouse)
    assert {row[0] for row in incremental} == {"live", "deleted"}
    warehouse.run(MODEL, full_refresh=True)
    assert everything_staged(warehouse) == incremental


def test_only_new_files_are_opened(warehouse: Warehouse) -> None:
    old = warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "old"})
    warehouse.run(MODEL)
    old.write_bytes(b"not Parquet any more")
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_2", "name": "new"}, minutes=1)
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_1": "old", "cus_2": "new"}
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_1": "old", "cus_2": "new"}


def test_files_of_deletions_only_are_not_opened_again(warehouse: Warehouse) -> None:
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "gone"})
    warehouse.run(MODEL)
    file = warehouse.lake.write_records("stripe", "customers", tombstone(id="cus_1"), minutes=1)
    warehouse.run(MODEL)
    file.write_bytes(b"not Parquet any more")
    warehouse.run(MODEL)
    assert staged(warehouse) == {}


def test_unfinished_and_foreign_files_are_not_read(warehouse: Warehouse) -> None:
    file = warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "Dana"})
    file.with_name(f".{file.name}.tmp").write_bytes(b"half a file")
    file.with_name("notes.parquet").write_bytes(b"somebody's notes")
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_1": "Dana"}


def test_folder_may_have_any_name(tmp_path: Path, manifest: Manifest) -> None:
    folder = tmp_path / "Dana's [old] data * קשר"
    folder.mkdir()
    warehouse = Warehouse(folder, manifest)
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "Dana"})
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_1": "Dana"}


def test_corrupt_lake_file_stops_the_build_and_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "Dana"})
    warehouse.run(MODEL)
    before = everything_staged(warehouse)
    file = warehouse.lake.write_records("stripe", "customers", {"id": "cus_2", "name": "Ron"})
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    process = warehouse.start("run", "--select", MODEL)
    output, _ = process.communicate(timeout=600)
    assert process.returncode != 0
    assert file.name in output
    assert everything_staged(warehouse) == before
    file.write_bytes(whole)
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_1": "Dana", "cus_2": "Ron"}


def test_another_lake_is_read_from_its_beginning(warehouse: Warehouse) -> None:
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "old lake"})
    warehouse.run(MODEL)
    shutil.rmtree(warehouse.lake.folder)
    warehouse.lake.files = 0
    warehouse.lake.write_records("stripe", "products", {"id": "prod_1"})
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_2", "name": "new lake"})
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_2": "new lake"}


def test_an_older_file_that_comes_back_or_goes_is_noticed(warehouse: Warehouse) -> None:
    older = warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "Dana"})
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_2", "name": "Ron"})
    whole = older.read_bytes()
    older.unlink()
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_2": "Ron"}
    older.write_bytes(whole)
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_1": "Dana", "cus_2": "Ron"}
    older.unlink()
    warehouse.run(MODEL)
    assert staged(warehouse) == {"cus_2": "Ron"}


def test_merged_files_say_the_same_also_when_merging_was_killed(warehouse: Warehouse) -> None:
    lake, model = Lake(warehouse.lake.folder), "stg_kesher__sync_runs"
    query = (
        "select sync_run_id, records, _extracted_at, _raw_id from staging.stg_kesher__sync_runs "
        "order by sync_run_id"
    )

    def write(key: str, records: int) -> None:
        with own_writer(lake, "kesher", "sync_runs") as writer:
            writer.add({"sync_run_id": key, "records": records})
            writer.commit()

    for number in range(6):
        write(f"run-{number % 5}", number)  # The first one is written again, anew.
    warehouse.run(model)
    before = warehouse.rows(query)
    assert [row[1] for row in before] == [5, 1, 2, 3, 4]
    files = {file.path: Path(file.path).read_bytes() for file in lake.files()}
    assert merge_small_files(lake, "kesher", "sync_runs") == 5
    for path, content in list(files.items())[2:]:
        Path(path).write_bytes(content)
    warehouse.run(model)
    assert warehouse.rows(query) == before
    assert merge_small_files(lake, "kesher", "sync_runs") == 4
    warehouse.run(model)
    assert warehouse.rows(query) == before
    write("run-9", 9)
    warehouse.run(model)
    *same, new = warehouse.rows(query)
    assert (same, new[:2]) == (before, ("run-9", 9))


def test_changed_model_reads_the_whole_stream_again(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.lake.write_records("stripe", "customers", {"id": "cus_1", "name": "Dana"})
    warehouse.run(MODEL)
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    model = next(project.rglob(f"{MODEL}.sql"))
    code = model.read_text(encoding="utf-8")
    model.write_text(code.replace(" name,", " upper(name) as name,"), encoding="utf-8")
    warehouse.plain_dbt("run", "--select", MODEL, project=project)
    assert staged(warehouse) == {"cus_1": "DANA"}


@pytest.mark.slow
def test_killed_builds_leave_what_an_undisturbed_one_makes(
    warehouse: Warehouse, tmp_path: Path, manifest: Manifest
) -> None:
    rng = random.Random(5)  # noqa: S311
    files: list[list[Version]] = []
    seconds = 4.0
    for number in range(5):
        files.append(random_file(rng, number, customers=3000))
        warehouse.lake.write("stripe", "customers", files[-1])
        started = time.monotonic()
        process = warehouse.start("run", "--select", MODEL)
        if number == 0:
            process.communicate()
            seconds = time.monotonic() - started
        else:
            # Most of a run is Python's imports; the transaction is near its end.
            time.sleep(seconds * rng.uniform(0.6, 1.0))
            process.send_signal(signal.SIGKILL)
            process.communicate()
    warehouse.run(MODEL)
    assert staged(warehouse) == newest(files)
    undisturbed = Warehouse(tmp_path / "undisturbed", manifest)
    undisturbed.path.parent.mkdir()
    undisturbed.environment["KESHER_LAKE"] = str(warehouse.lake.folder)
    undisturbed.run(MODEL)
    assert everything_staged(warehouse) == everything_staged(undisturbed)


def test_lists_of_several_files_sources_stay_apart(warehouse: Warehouse) -> None:
    warehouse.lake.write_records("fair", "people", {"record_id": "1", "full_name": "דנה לוי"})
    warehouse.run("stg_files__people")
    warehouse.lake.write_records("club", "people", {"record_id": "1", "full_name": "Ron Katz"})
    warehouse.lake.write_records("fair", "people", tombstone(record_id="2"), minutes=1)
    warehouse.run("stg_files__people")
    query = "select source, record_id, full_name from staging.stg_files__people order by 1"
    assert warehouse.rows(query) == [("club", "1", "Ron Katz"), ("fair", "1", "דנה לוי")]


def test_raw_record_can_be_found_in_the_lake(warehouse: Warehouse) -> None:
    record = {"id": "cus_1", "name": "Dana", "not_foreseen": {"shoe_size": 38}}
    warehouse.lake.write_records("stripe", "customers", record)
    warehouse.run(MODEL)
    (file, raw_id), *_ = warehouse.rows(f"select _lake_file, _raw_id from {TABLE}")
    raw = warehouse.rows(
        f"select _airbyte_data ->> '$.not_foreseen.shoe_size'"
        f" from read_parquet('{warehouse.lake.folder / file}') where _airbyte_raw_id = '{raw_id}'"
    )
    assert raw == [("38",)]
