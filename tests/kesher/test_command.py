from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kesher.cli import Settings, dashboard_command, main
from kesher.data_directory import DataDirectory
from kesher.errors import EXIT_CODES

HEAVY = [
    "airbyte_cdk",
    "connectors",
    "dbt",
    "duckdb",
    "expectations",
    "great_expectations",
    "pandas",
    "pyarrow",
    "pydantic",
    "rich",
    "streamlit",
    "yaml",
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kesher(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="kesher")


def verbs(group: object = main, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found.append((*path, name))
        if hasattr(command, "commands"):
            found += verbs(command, (*path, name))
    return found


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom kesher.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print('HEAVY', sorted(set({HEAVY}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_the_verbs_are_there_in_the_order_of_work() -> None:
    assert list(main.commands) == [
        "init",
        "demo",
        "sandbox",
        "sync",
        "build",
        "check",
        "publish",
        "run",
        "dashboard",
        "match",
        "explain",
        "evaluate",
        "review",
        "train",
        "compact",
        "status",
        "doctor",
    ]


@pytest.mark.parametrize("verb", verbs(), ids=" ".join)
def test_every_verb_has_a_help_with_an_example_and_the_common_options(verb: tuple) -> None:
    help_text = kesher(*verb, "--help").output
    assert re.search(rf"Example:\n +kesher {' '.join(verb[:1])}", help_text)
    for option in ("--config", "--data-dir", "--verbose"):
        assert option in help_text


def test_the_help_tells_every_exit_code() -> None:
    help_text = kesher("--help").output
    for code in EXIT_CODES:
        assert re.search(rf"^  {code} ", help_text, re.MULTILINE)


def test_options_stand_before_or_after_the_verb_and_the_nearer_one_wins(here: Path) -> None:
    for arguments in (
        ["--data-dir", "a", "status", "--json"],
        ["status", "--data-dir", "a", "--json"],
        ["--data-dir", "b", "status", "--data-dir", "a", "--json"],
    ):
        assert json.loads(kesher(*arguments).stdout)["data_dir"] == str(here / "a")


def test_a_wrong_configuration_ends_with_2_and_starts_nothing(here: Path) -> None:
    (here / "kesher.yml").write_text("data_dirr: x\nsandbox: {people: many}\n")
    result = kesher("run")
    assert result.exit_code == 2
    errors = result.stderr.splitlines()
    assert len(errors) == 2
    assert all(line.startswith("error: kesher.yml: ") for line in errors)
    assert list(here.iterdir()) == [here / "kesher.yml"]


@pytest.mark.parametrize("arguments", [["sttus"], ["demo", "--people", "x"], ["status", "--jso"]])
def test_a_wrong_command_line_ends_with_2(here: Path, arguments: list[str]) -> None:
    assert kesher(*arguments).exit_code == 2


def test_init_writes_a_configuration_and_overwrites_none(here: Path) -> None:
    assert kesher("init").exit_code == 0
    (here / "kesher.yml").write_text("mine")
    again = kesher("init")
    assert again.exit_code == 2
    assert len(again.stderr.splitlines()) == 1
    assert (here / "kesher.yml").read_text() == "mine"


@pytest.mark.parametrize(
    ("verb", "advice"),
    [
        ("check", "run kesher build"),
        ("publish", "run kesher build, then kesher check"),
        ("dashboard", "run kesher run, or kesher demo"),
    ],
)
def test_a_verb_that_comes_too_early_says_what_to_do_first(
    here: Path, verb: str, advice: str
) -> None:
    result = kesher(verb)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert advice in result.stderr


@pytest.mark.parametrize("verb", ["run", "sync", "build", "check", "publish", "demo"])
def test_two_at_once_are_refused_with_one_line_naming_the_first(here: Path, verb: str) -> None:
    script = (
        "import pathlib, time\nfrom kesher.data_directory import DataDirectory\n"
        f"with DataDirectory(pathlib.Path({str(here / 'data')!r})).locked('run'):\n"
        "    print('locked', flush=True)\n    time.sleep(60)"
    )
    first = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    first.stdout.readline()
    try:
        result = kesher(verb)
        assert result.exit_code == 4
        (line,) = result.stderr.splitlines()
        assert re.search(rf"kesher run \(process {first.pid}\) has been at work since \S+Z", line)
        assert kesher("status").exit_code == 0, "looking is always allowed"
    finally:
        first.kill()
        first.wait()
    with DataDirectory(here / "data").locked("run"):
        pass  # the lock of a killed process holds nobody up


def test_status_of_an_empty_place_has_every_key_and_makes_nothing(here: Path) -> None:
    told = json.loads(kesher("status", "--json").stdout)
    assert told["lake"] == str(here / "data" / "lake")
    assert told["warehouse"] == str(here / "data" / "warehouse.duckdb")
    assert told["serving"] is None
    assert told["generation"] is None
    assert told["last_run"] is None
    assert told["records"] == {}
    assert told["sources"] == {}
    assert list(here.iterdir()) == []
    assert "nothing yet" in kesher("status").stdout


def test_a_killed_run_is_shown_as_interrupted(here: Path) -> None:
    data = DataDirectory(here / "data")
    from kesher.run_history import RunRecord

    RunRecord(data, "run")
    assert json.loads(kesher("status", "--json").stdout)["last_run"]["status"] == "interrupted"


def test_an_unexpected_error_is_one_line_and_verbose_shows_where(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("kesher.status.status", fail)
    result = kesher("status")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: unexpected ZeroDivisionError: by nothing; --verbose shows where"
    ]
    assert isinstance(kesher("--verbose", "status").exception, ZeroDivisionError)


def test_a_data_directory_that_can_not_be_made_is_told(here: Path) -> None:
    (here / "data").write_text("a file")
    result = kesher("sync")
    assert result.exit_code == 1
    assert "Can't make the data directory" in result.stderr


def test_the_demo_stays_out_of_the_place_of_real_customers(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "sk_live_1234567")
    (here / "kesher.yml").write_text('sources: {stripe: {type: stripe, client_secret: "${KEY}"}}')
    result = kesher("demo")
    assert result.exit_code == 1
    assert "kesher demo --data-dir" in result.stderr
    assert not (here / "data").exists()


def test_real_customers_stay_out_of_the_sandboxes_place(here: Path) -> None:
    data = here / "data"
    (data / "state").mkdir(parents=True)
    (data / "state" / "origin.json").write_text('{"customers": "synthetic", "since": "x"}')
    (here / "kesher.yml").write_text("sources: {stripe: {type: stripe, client_secret: sk_live_1}}")
    result = kesher("sync")
    assert result.exit_code == 1
    assert "must not mix" in result.stderr
    assert not (data / "lake").exists()


def test_a_list_of_people_is_synced_without_any_vendor(here: Path) -> None:
    (here / "people.csv").write_text("Name,E-mail\nדנה כהן,dana@example.com\nBob,bob@example.com\n")
    (here / "kesher.yml").write_text(
        "sources: {fair: {type: files, path: people.csv, record_id: E-mail, "
        "mapping: {full_name: Name, email: E-mail}}}"
    )
    done = subprocess.run(
        [sys.executable, "-m", "kesher", "sync"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "fair.people: done, 2 records" in done.stdout
    told = json.loads(kesher("status", "--json").stdout)
    assert told["records"]["fair"]["people"] == 2
    assert told["last_run"]["status"] == "ok"
    assert told["customers"] == "real"


def test_a_source_that_fails_makes_the_exit_code_1_and_the_others_go_on(here: Path) -> None:
    (here / "people.csv").write_text("Name,E-mail\nDana,dana@example.com\n")
    (here / "kesher.yml").write_text(
        "sources:\n"
        "  fair: {type: files, path: people.csv, mapping: {full_name: Name, email: E-mail}}\n"
        "  gone: {type: files, path: no-such-file.csv, mapping: {full_name: Name}}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "kesher", "sync"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert any("gone" in line and "no-such-file.csv" in line for line in done.stderr.splitlines())
    assert json.loads(kesher("status", "--json").stdout)["records"]["fair"]["people"] == 1


def test_ctrl_c_ends_with_130_and_one_line(here: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "kesher", "demo", "--people", "3000", "--no-serve"],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(600):
        if (here / "data" / "runs").exists() and list((here / "data" / "runs").glob("*/run.json")):
            break
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip().splitlines()[-1] == "error: stopped"
    assert "Traceback" not in errors
    with DataDirectory(here / "data").locked("test"):
        pass


def test_a_port_that_is_taken_is_told_with_a_suggestion(here: Path) -> None:
    serving = here / "data" / "serving"
    serving.mkdir(parents=True)
    (serving / "g.duckdb").write_bytes(b"")
    (serving / "current.json").write_text('{"generation": "g", "file": "g.duckdb"}')
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = kesher("dashboard", "--port", str(port))
    assert result.exit_code == 1
    assert "kesher dashboard --port" in result.stderr


@pytest.mark.parametrize(
    ("file", "given", "expected"),
    [
        (None, None, "kesher dashboard"),
        (None, "data", "kesher dashboard"),
        (None, "./data/", "kesher dashboard"),
        (None, "other", "kesher dashboard --data-dir other"),
        ("data_dir: mine", None, "kesher dashboard"),
        ("data_dir: mine", "data", "kesher dashboard --data-dir data"),
    ],
)
def test_the_demo_names_the_data_directory_only_where_it_must(
    here: Path, file: str | None, given: str | None, expected: str
) -> None:
    if file is not None:
        (here / "kesher.yml").write_text(file)
    settings = Settings(data_dir=Path(given) if given else None)
    assert dashboard_command(settings) == expected
