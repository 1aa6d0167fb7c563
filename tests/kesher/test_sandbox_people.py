"""`kesher sandbox people`: what the connectors would bring, as a file for kesher match."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from kesher.cli import main
from kesher.table_file import TableFile
from tests.conftest import PEOPLE, SEED


def written(folder: Path, *options: str) -> tuple[Path, str]:
    out = folder / "people.parquet"
    done = CliRunner().invoke(main, ["sandbox", "people", "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    return out, done.output


def test_the_file_holds_what_the_connectors_and_staging_make_of_the_same_sandbox(
    published_demo, tmp_path: Path
) -> None:
    """The same ids and the same values, to the last letter and microsecond."""
    out, _ = written(tmp_path, "--people", str(PEOPLE), "--seed", str(SEED))
    with duckdb.connect(str(published_demo.warehouse), read_only=True) as connection:
        columns = [name for name, *_ in connection.execute(f"describe '{out}'").fetchall()]
        select = f"select {', '.join(columns)} from"
        staged = "identity.int_identity__person_records"
        for one, other in ((f"'{out}'", staged), (staged, f"'{out}'")):
            missing = f"{select} {one} except all {select} {other}"
            assert connection.execute(missing).fetchall() == []
        assert connection.execute(f"select count(*) > 300 from '{out}'").fetchone() == (True,)


def test_it_needs_no_data_directory_and_makes_none(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, told = written(tmp_path, "--people", "20", "--seed", "5", "--truth", "truth.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.parquet", "truth.parquet"]
    assert "records of 20 people (seed 5)" in told


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "people.parquet"
    done = CliRunner().invoke(main, ["sandbox", "people", "--people", "2", "--out", str(out)])
    assert done.exit_code == 1
    assert "error: Could not write the people" in done.output
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_extension_says_which_format_is_written(tmp_path: Path, suffix: str) -> None:
    out, truth = tmp_path / f"people{suffix}", tmp_path / "truth.csv"
    _, _ = written(tmp_path, "--people", "5")
    done = CliRunner().invoke(
        main, ["sandbox", "people", "--people", "5", "--out", str(out), "--truth", str(truth)]
    )
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [out.name, "people.parquet", "truth.csv"]
    )
    with duckdb.connect() as connection:
        parquet = tmp_path / "people.parquet"
        expected = connection.execute(
            f"select source, record_id, email from '{parquet}'"
        ).fetchall()
        work = tmp_path / "work"
        work.mkdir()
        file = TableFile(connection, out, work, note=lambda _: None)
        columns = {name: file.column(name).text for name in ("source", "record_id", "email")}
        file.create("people", columns)
        assert connection.execute("select * from people").fetchall() == expected
    assert truth.read_text().startswith("source,record_id,person_id\n")


def test_another_extension_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["sandbox", "people", "--people", "2", "--out", str(tmp_path / "people.json")]
    )
    assert done.exit_code == 2
    assert ".csv (CSV), .parquet (Parquet), .xlsx (Excel)" in done.output
    assert list(tmp_path.iterdir()) == []
