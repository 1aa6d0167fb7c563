from __future__ import annotations

import errno
import json
import math
import os
import re
import resource
import signal
import subprocess
import sys
import textwrap
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_rows import data, rows

from kesher.errors import KesherError
from kesher.lake import DELETED_AT, SCHEMA, Lake, LakeClock, LakeFileError
from kesher.lake_writer import LakeWriter

SCHEMA_OF_PEOPLE = {
    "type": "object",
    "properties": {
        "id": {"type": ["null", "string"]},
        "age": {"type": ["null", "integer"]},
        "address": {"type": ["null", "object"], "properties": {"zip": {"type": "string"}}},
    },
    "additionalProperties": True,
}


def writer(lake: Lake, clock: LakeClock | None = None, **settings: object) -> LakeWriter:
    options = {"sync_id": 1, "clock": clock or LakeClock(), **settings}
    return LakeWriter(lake, "crm", "people", **options)  # type: ignore[arg-type]


def write(lake: Lake, *records: dict, **settings: object) -> None:
    with writer(lake, LakeClock(lake.latest_stamp()), **settings) as target:
        for record in records:
            target.add(record)
        target.commit()


def test_a_file_has_airbytes_columns_zstd_and_a_name_that_tells_its_time(tmp_path: Path) -> None:
    write(Lake(tmp_path), {"id": "1", "שם": "דנה"})
    (file,) = (tmp_path / "crm" / "people").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}_\d{6}-[0-9a-f]{8}\.parquet", file.name)
    assert pq.read_schema(file).equals(SCHEMA)
    assert pq.read_metadata(file).row_group(0).column(4).compression == "ZSTD"
    (row,) = rows(tmp_path, "crm", "people")
    assert row["data"] == {"id": "1", "שם": "דנה"}
    assert row["meta"] == {"sync_id": 1, "changes": []}


def test_each_row_bears_a_random_id_of_its_own(tmp_path: Path) -> None:
    write(Lake(tmp_path), *({"id": str(position)} for position in range(1_000)))
    (file,) = (tmp_path / "crm" / "people").iterdir()
    ids = pq.read_table(file, columns=["_airbyte_raw_id"]).column(0).to_pylist()
    read = [uuid.UUID(each) for each in ids]
    assert [str(each) for each in read] == ids
    assert {(each.version, each.variant) for each in read} == {(4, uuid.RFC_4122)}
    assert len(set(ids)) == 1_000
    for digit, seen in enumerate(zip(*(each.hex for each in read), strict=True)):
        assert len(set(seen)) == {12: 1, 16: 4}.get(digit, 16), "every digit is as random as can be"


def test_nothing_is_to_be_seen_before_the_commit_and_nothing_is_left_without_one(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    with writer(lake) as target:
        for position in range(25_000):
            target.add({"id": str(position)})
        assert list(tmp_path.rglob("*.tmp")), "more than a row group must already be on disk"
        assert lake.files() == []
    assert not list(tmp_path.rglob("*.parquet*"))


def test_an_empty_stream_makes_no_file(tmp_path: Path) -> None:
    with writer(Lake(tmp_path)) as target:
        assert target.commit() == 0
    assert Lake(tmp_path).files() == []
    assert Lake(tmp_path / "never made").row_counts() == {}


def test_file_names_rise_even_if_the_clock_was_set_back(tmp_path: Path) -> None:
    ahead = "29991231T235959_000000"
    clock = LakeClock(ahead)
    stamps = [clock.stamp() for _ in range(50)]
    assert stamps == sorted(set(stamps))
    assert stamps[0] > ahead


def test_rows_of_one_sync_never_bear_the_same_moment(tmp_path: Path) -> None:
    write(Lake(tmp_path), *({"id": "same"} for _ in range(2000)))
    moments = [row["extracted_at"] for row in rows(tmp_path, "crm", "people")]
    assert len(set(moments)) == 2000


def test_a_record_that_does_not_fit_is_kept_with_the_reason_but_not_its_value(
    tmp_path: Path,
) -> None:
    misfit = {"id": "1", "age": "forty-two", "address": {"zip": 90210}}
    with writer(Lake(tmp_path), json_schema=SCHEMA_OF_PEOPLE) as target:
        target.add(misfit)
        target.add({"id": "2", "age": None, "more": True})
        target.commit()
        assert target.misfits == 1
    first, second = rows(tmp_path, "crm", "people")
    assert first["data"] == misfit
    changes = {change["field"]: change["reason"] for change in first["meta"]["changes"]}
    assert set(changes) == {"age", "address.zip"}
    assert "integer" in changes["age"]
    assert "forty-two" not in json.dumps(first["meta"])
    assert second["meta"]["changes"] == []
    assert Lake(tmp_path).facts()["crm", "people"].misfits == 1


def test_rows_stand_in_the_order_in_which_they_were_added_tombstones_among_them(
    tmp_path: Path,
) -> None:
    misfits = {50, 99, 100, 249}
    with writer(Lake(tmp_path), json_schema=SCHEMA_OF_PEOPLE) as target:
        for number in range(250):
            target.add({"id": str(number), "age": "old" if number in misfits else number})
            if number == 120:
                target.add_tombstone({"id": "gone"}, datetime(2026, 1, 1, tzinfo=UTC))
        assert target.uncommitted == 251
        assert target.commit() == 251
        assert target.misfits == len(misfits)
    kept = rows(tmp_path, "crm", "people")
    ids = [row["data"]["id"] for row in kept]
    assert ids == [*map(str, range(121)), "gone", *map(str, range(121, 250))]
    assert {int(row["data"]["id"]) for row in kept if row["meta"]["changes"]} == misfits
    moments = [row["extracted_at"] for row in kept]
    assert moments == sorted(set(moments))


def test_what_was_thrown_away_is_not_in_the_next_commit(tmp_path: Path) -> None:
    with writer(Lake(tmp_path)) as target:
        target.add({"id": "thrown away"})
        target.discard()
        assert target.commit() == 0
        target.add({"id": "kept"})
        assert target.commit() == 1
    assert data(tmp_path, "crm", "people") == [{"id": "kept"}]


@pytest.mark.parametrize(
    ("hostile", "kept"),
    [
        ({"id": "\ud800half"}, {"id": "?half"}),
        ({"id": 2**80}, {"id": 2**80}),
        ({"id": math.nan}, {"id": None}),
        ({1: "a number as a key"}, {"1": "a number as a key"}),
        ({"id": b"\xff"}, {"id": "\ufffd"}),
        (
            {"id": "nul\x00 and 'quote' \"double\" \u202e"},
            {"id": "nul\x00 and 'quote' \"double\" \u202e"},
        ),
    ],
)
def test_hostile_values_stay_valid_json(tmp_path: Path, hostile: dict, kept: dict) -> None:
    write(Lake(tmp_path), hostile)
    assert data(tmp_path, "crm", "people") == [kept]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=40, deadline=None)
@given(records=st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=5))
def test_every_json_record_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict]
) -> None:
    root = tmp_path_factory.mktemp("lake")
    write(Lake(root), *records)
    files = Lake(root).files()
    texts = [text for file in files for text in pq.read_table(file.path)[4].to_pylist()]
    assert [json.loads(text) for text in texts] == records


def test_vanished_keys_are_those_alive_that_did_not_come_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write(lake, *({"list": "a", "id": number} for number in range(4)))
    clock = LakeClock(lake.latest_stamp())
    with writer(lake, clock) as target:
        target.add_tombstone({"list": "a", "id": 3}, datetime(2026, 1, 1, tzinfo=UTC))
        target.commit()
    began = clock.microseconds()
    with writer(lake, clock) as target:
        target.add({"list": "a", "id": 1})
        target.add({"list": "b", "id": 0})
        target.commit()
    vanished = list(lake.vanished_keys("crm", "people", [["list"], ["id"]], began))
    assert vanished == [{"list": "a", "id": 0}, {"list": "a", "id": 2}]
    with writer(lake, clock) as target:
        for key in vanished:
            target.add_tombstone(key, datetime(2026, 1, 2, tzinfo=UTC))
        target.commit()
    assert list(lake.vanished_keys("crm", "people", [["list"], ["id"]], began)) == []
    assert data(tmp_path, "crm", "people")[-1] == {
        "list": "a",
        "id": 2,
        DELETED_AT: "2026-01-02T00:00:00+00:00",
    }


def test_a_key_that_became_a_text_is_the_same_key(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write(lake, {"id": 1}, {"id": 2})
    clock = LakeClock(lake.latest_stamp())
    began = clock.microseconds()
    with writer(lake, clock) as target:
        target.add({"id": "1"})
        target.commit()
    assert list(lake.vanished_keys("crm", "people", [["id"]], began)) == [{"id": 2}]


def test_of_what_vanished_only_what_is_newer_can_be_asked_for(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    moments = ["2026-01-01T00:00:00Z", "2026-03-01T02:00:00+02:00", 1767225600, 1772323200, None]
    write(lake, *({"id": number, "at": {"time": at}} for number, at in enumerate(moments)))
    began = LakeClock(lake.latest_stamp()).microseconds()
    newer = (("at", "time"), datetime(2026, 3, 1, tzinfo=UTC))
    vanished = lake.vanished_keys("crm", "people", [["id"]], began, newer=newer)
    assert list(vanished) == [{"id": 1}, {"id": 3}]


def test_counts_come_from_the_footers_and_ignore_unfinished_files(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    write(lake, {"id": "1"}, {"id": "2"})
    write(lake, {"id": "1"})
    (tmp_path / "crm" / "people" / "x.parquet.tmp").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("not ours")
    assert lake.row_counts() == {"crm": {"people": 3}}


def test_files_of_airbytes_own_destinations_are_understood(tmp_path: Path) -> None:
    folder = tmp_path / "crm" / "people"
    folder.mkdir(parents=True)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    metas = ['{"sync_id":1,"changes":[{"field":"a","change":"NULLED","reason":"x"}]}', None]
    table = pa.table(
        {
            "_airbyte_raw_id": ["a", "b"],
            "_airbyte_extracted_at": pa.array([moment, moment], pa.timestamp("us", "UTC")),
            "_airbyte_meta": metas,
            "_airbyte_generation_id": pa.array([3, None], pa.int64()),
            "_airbyte_data": ['{"id":1}', '{"id":2}'],
        }
    )
    pq.write_table(table, folder / "20260101T000000_000000-deadbeef.parquet")
    facts = Lake(tmp_path).facts()["crm", "people"]
    assert (facts.rows, facts.misfits, facts.last_extracted_at) == (2, 1, moment)
    assert Lake(tmp_path).last_generation("crm", "people") == 3


@pytest.mark.parametrize("damage", ["truncated", "garbage", "empty", "page"])
def test_a_corrupt_file_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    lake = Lake(tmp_path)
    write(lake, *({"id": str(number), "noise": os.urandom(40).hex()} for number in range(500)))
    (file,) = (tmp_path / "crm" / "people").iterdir()
    content = bytearray(file.read_bytes())
    if damage == "page":
        content[2000:2100] = bytes(100)
    else:
        content = {"truncated": content[:-100], "garbage": b"x" * 500, "empty": b""}[damage]
    file.write_bytes(content)
    (error,) = lake.unreadable(deep=True)
    assert str(file) in str(error)
    assert "kesher sync --stream crm.people --full-refresh" in str(error)
    if damage != "page":
        with pytest.raises(LakeFileError, match="can't be read"):
            lake.row_counts()


def test_killed_while_writing_leaves_only_whole_files(tmp_path: Path) -> None:
    script = f"""
        import os, sys
        from kesher.lake import Lake, LakeClock
        from kesher.lake_writer import LakeWriter
        lake, clock = Lake({str(tmp_path)!r}), LakeClock()
        writer = LakeWriter(lake, "crm", "people", sync_id=1, clock=clock)
        for round in range(10_000):
            for number in range(50):
                writer.add({{"id": number, "round": round, "noise": os.urandom(50).hex()}})
            writer.commit()
            print(round, flush=True)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= 5:
            break
    child.send_signal(signal.SIGKILL)
    committed = 6 + len(child.stdout.read().split())
    child.wait()
    lake = Lake(tmp_path)
    assert lake.unreadable(deep=True) == []
    count = lake.row_counts()["crm"]["people"]
    assert count % 50 == 0
    assert count >= committed * 50


def test_a_full_disk_is_told_clearly_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    script = f"""
        import os, resource
        from kesher.errors import KesherError
        from kesher.lake import Lake, LakeClock
        from kesher.lake_writer import LakeWriter
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        writer = LakeWriter(Lake({str(tmp_path)!r}), "crm", "people", sync_id=1, clock=LakeClock())
        writer.add({{"id": 1}})
        writer.commit()
        try:
            for number in range(60_000):
                writer.add({{"id": number, "noise": os.urandom(50).hex()}})
            writer.commit()
        except KesherError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert "No room left on the disk while writing" in done.stdout
    assert not list(tmp_path.rglob("*.tmp"))
    assert Lake(tmp_path).row_counts() == {"crm": {"people": 1}}


def test_no_space_left_is_recognised_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    with writer(lake) as target:
        target.add({"id": 1})

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(KesherError, match="No room left"):
            target.commit()
    assert not list(tmp_path.rglob("*.parquet*"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)


class ReadOnly:
    """A file system on which nothing can be written or deleted."""

    def __init__(self, filesystem: pafs.FileSystem) -> None:
        self._filesystem = filesystem

    def __getattr__(self, name: str) -> object:
        return getattr(self._filesystem, name)

    def open_output_stream(self, path: str) -> None:
        raise OSError(errno.EROFS, f"[Errno 30] Failed to open local file '{path}'")

    def delete_file(self, path: str) -> None:
        raise OSError(errno.EROFS, f"[Errno 30] Cannot delete file '{path}'")


def test_a_lake_that_can_only_be_read_is_told_by_what_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    monkeypatch.setattr(lake, "filesystem", ReadOnly(lake.filesystem))
    with pytest.raises(
        KesherError, match=r"Can't write crm\.people to the lake at .*Failed to open"
    ):
        write(lake, {"id": "1"})


def test_a_sync_that_finds_nothing_gone_need_not_import_pandas(tmp_path: Path) -> None:
    write(Lake(tmp_path), {"id": "1"})
    script = f"""
        import sys
        from kesher.lake import Lake
        Lake({str(tmp_path)!r}).last_generation("crm", "people")
        print("pandas" in sys.modules)
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert found.stdout == "False\n"
