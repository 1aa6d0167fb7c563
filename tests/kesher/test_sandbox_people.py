"""`kesher sandbox people`: what the connectors would bring, as a file for kesher match."""

from __future__ import annotations

from pathlib import Path

import duckdb
from click.testing import CliRunner

from kesher.cli import main
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
