"""The table of people: the sandbox's records, without the sandbox."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from connectors import sandbox
from connectors.sandbox import generate, people_table
from connectors.sandbox.store import open_store


def rows(file: Path) -> list[tuple[object, ...]]:
    return duckdb.sql(f"from '{file}' order by source, record_id").fetchall()


def test_it_holds_the_records_of_the_sandbox_and_whose_they_are(tmp_path: Path) -> None:
    sandbox.create(tmp_path, people=600, seed=4)  # two chunks
    sandbox.write_truth(tmp_path, tmp_path / "known.parquet")
    people, truth = tmp_path / "people.parquet", tmp_path / "truth.parquet"
    written = sandbox.write_people(people, 600, 4, truth=truth)
    assert rows(truth) == rows(tmp_path / "known.parquet")
    assert [row[:2] for row in rows(people)] == [row[:2] for row in rows(truth)]
    assert written == pq.read_metadata(people).num_rows == pq.read_metadata(truth).num_rows


def test_both_files_tell_of_the_same_record_in_the_same_row(tmp_path: Path) -> None:
    people, truth = tmp_path / "people.parquet", tmp_path / "truth.parquet"
    sandbox.write_people(people, 60, 4, truth=truth)
    keys = [
        pq.read_table(file, columns=["source", "record_id"]).to_pylist() for file in (people, truth)
    ]
    assert keys[0] == keys[1]


def test_many_processes_write_what_one_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "_CHUNKS_PER_PART", 1)
    sandbox.write_people(tmp_path / "many.parquet", 1100, 4)
    monkeypatch.setattr(generate, "_CHUNKS_PER_PART", 100)
    sandbox.write_people(tmp_path / "one.parquet", 1100, 4)
    many, one = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("many", "one"))
    assert many.equals(one)


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    for seed in (1, 2):
        sandbox.write_people(tmp_path / f"{seed}.parquet", 40, seed)
    assert rows(tmp_path / "1.parquet") != rows(tmp_path / "2.parquet")


def test_what_is_not_known_is_null_and_never_an_empty_text(tmp_path: Path) -> None:
    people = tmp_path / "people.parquet"
    sandbox.write_people(people, 500, 4)
    texts = [name for name in people_table.SCHEMA.names if not name.endswith("_at")]
    empty = " + ".join(f"count(*) filter ({name} = '')" for name in texts)
    assert duckdb.sql(f"select {empty} from '{people}'").fetchall() == [(0,)]
    known = " and ".join(f"count({name}) > 0" for name in texts if name != "gender")
    assert duckdb.sql(f"select {known} from '{people}'").fetchall() == [(True,)]


def test_an_interruption_leaves_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = tmp_path / "people.parquet"
    sandbox.write_people(people, 5, 1)
    before = people.read_bytes()

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(people_table, "_tables", full)
    with pytest.raises(sandbox.SandboxError, match="No space left"):
        sandbox.write_people(people, 7, 1)
    assert people.read_bytes() == before
    assert list(tmp_path.iterdir()) == [people]


@pytest.mark.parametrize(("people", "problem"), [(0, "at least 1"), (3_000_000, "at most")])
def test_a_number_of_people_that_cannot_be_is_refused(
    tmp_path: Path, people: int, problem: str
) -> None:
    with pytest.raises(sandbox.SandboxError, match=problem):
        sandbox.write_people(tmp_path / "people.parquet", people, 1)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connectors.sandbox", "people", "--people", "20"]
    files = ["--out", str(tmp_path / "out.parquet"), "--truth", str(tmp_path / "truth.parquet")]
    done = subprocess.run([*command, *files], capture_output=True, text=True, timeout=60)
    count = pq.read_metadata(tmp_path / "out.parquet").num_rows
    assert (done.returncode, done.stdout) == (0, f"{count} records\n"), done.stderr


def test_who_leaves_a_list_gets_no_more_of_its_mail(tmp_path: Path) -> None:
    """A dead address bounced hard at last; one who unsubscribed did so after the last campaign."""
    sandbox.create(tmp_path, people=1500, seed=4)
    database = open_store(tmp_path, read_only=True)
    try:
        last = database.execute(
            """
            select members.tag, members.updated, max(campaigns.updated),
                sum(instr(cast(activity.body as text), '"hard"') > 0)
            from "mailchimp.members" as members
            join "mailchimp.email_activity" as activity on activity.id = members.id
            join "mailchimp.campaigns" as campaigns
                on campaigns.id = activity.parent and campaigns.parent = members.parent
            where members.tag <> 'subscribed'
            group by members.parent, members.id
            """
        ).fetchall()
        hard = database.execute(
            """
            select count(*)
            from "mailchimp.email_activity"
            where instr(cast(body as text), '"hard"') > 0
            """
        ).fetchone()
    finally:
        database.close()
    assert {tag for tag, *_ in last} == {"cleaned", "unsubscribed"}
    assert all(bounces == (tag == "cleaned") for tag, _, _, bounces in last)
    assert all(updated >= sent for _, updated, sent, _ in last)
    assert hard == (sum(tag == "cleaned" for tag, *_ in last),)
