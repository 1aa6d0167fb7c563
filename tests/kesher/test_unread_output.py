"""What a command does, it does whether or not anybody reads what it prints."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from lake_rows import data

KESHER = f"{shlex.quote(sys.executable)} -m kesher"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(
        "Name,E-mail\nDana,dana@example.com\nRon,ron@example.com\n"
    )
    (tmp_path / "kesher.yml").write_text(
        "sources: {fair: {type: files, path: people.csv, record_id: E-mail, "
        "mapping: {full_name: Name, email: E-mail}}}"
    )
    return tmp_path


def shell(line: str) -> tuple[int, str]:
    """Run a line in bash; return the exit code of its first command, and what came on stderr."""
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("to", [">&-", ">&- 2>&- <&-", "| head -1", "2>&1 | true"])
def test_a_sync_that_nobody_reads_is_whole(here: Path, to: str) -> None:
    assert shell(f"{KESHER} sync {to}") == (0, "")
    assert len(data(here / "data" / "lake", "fair", "people")) == 2


@pytest.mark.parametrize(
    "command",
    [
        "--help >&-",
        "--help | true",
        "match --help | true",
        "--version | true",
        "status | true",
        "status --json >&-",
        "sync --check >&-",
        "match people.csv --out who.csv --map full_name=Name | true",
        "evaluate --truth truth.csv --result truth.csv | true",
    ],
)
def test_no_command_fails_because_nobody_reads_it(here: Path, command: str) -> None:
    (here / "truth.csv").write_text(
        "source,record_id,customer_id,person_id\ninput,1,a,x\ninput,2,a,x\n"
    )
    code, errors = shell(f"{KESHER} {command}")
    assert (code, "Traceback" in errors, "rror:" in errors) == (0, False, False)


@pytest.mark.parametrize(
    ("command", "code"), [("review", 1), ("explain a b", 1), ("sync --stream nowhere", 2)]
)
def test_the_exit_code_of_a_failure_stays_its_own(here: Path, command: str, code: int) -> None:
    exit_code, errors = shell(f"{KESHER} {command} 2>&1 | true")
    assert (exit_code, errors) == (code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_can_not_be_written_is_told_at_the_end_and_the_work_is_whole(
    here: Path,
) -> None:
    code, errors = shell(f"{KESHER} sync --json > /dev/full")
    assert (code, errors.splitlines()[-1]) == (
        1,
        "error: the output could not be written: No space left on device",
    )
    assert "Traceback" not in errors
    assert len(data(here / "data" / "lake", "fair", "people")) == 2
