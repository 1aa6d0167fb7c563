"""`kesher build` over a dbt project of a few lines, which is quick."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import orjson
import pytest

from kesher import dbt_run
from kesher.build import build, staged_records
from kesher.build_record import read_build, warehouse_fingerprint
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.lake import Lake, LakeClock
from kesher.lake_writer import LakeWriter
from kesher.run_history import recorded_run
from kesher.terminal import Terminal

MACROS = dbt_run.DBT_PROJECT / "macros"
PROFILE = """
kesher:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('KESHER_WAREHOUSE') }}", schema: main, threads: 2}
"""
PROJECT = """
name: kesher
version: "1.0"
profile: kesher
models: {kesher: {+schema: staging, +materialized: table}}
"""
SCHEMA_NAME = """
{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name }}{% endmacro %}
"""
PEOPLE = """
select json_extract_string(_airbyte_data, '$.id') as id, 'crm' as source
from read_parquet('{{ env_var("KESHER_LAKE") }}/crm/people/*.parquet')
"""


class Place:
    """A data directory with a small lake, and a dbt project that stages it."""

    def __init__(self, root: Path) -> None:
        self.data = DataDirectory(root / "data")
        self.project = root / "dbt_project"
        self.write("dbt_project.yml", PROJECT)
        self.write("profiles.yml", PROFILE)
        self.write("macros/schema.sql", SCHEMA_NAME)
        self.write("models/stg_crm__people.sql", PEOPLE)
        self.write("models/stg_files__people.sql", "select '7' as id, 'fair' as source")
        self.add("1", "2")

    def write(self, name: str, text: str) -> None:
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def add(self, *keys: str) -> None:
        lake = Lake(self.data.lake)
        clock = LakeClock(lake.latest_stamp())
        with LakeWriter(lake, "crm", "people", sync_id=1, clock=clock) as writer:
            for key in keys:
                writer.add({"id": key})
            writer.commit()

    def build(self, **options: object) -> None:
        with recorded_run(self.data, "build") as run:
            build(self.data, Terminal(), run, **options)  # type: ignore[arg-type]

    def marts(self) -> set[str]:
        with duckdb.connect(str(self.data.warehouse), read_only=True) as connection:
            tables = connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        return {table for (table,) in tables}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(tmp_path)
    monkeypatch.setattr(dbt_run, "DBT_PROJECT", place.project)
    return place


def test_a_build_counts_its_records_and_lets_others_open_the_warehouse(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    place.build()
    record = read_build(place.data)
    assert record is not None
    assert record.status == "ok"
    assert record.records == {"crm": {"people": 2}, "fair": {"people": 1}}
    assert record.warehouse == warehouse_fingerprint(place.data.warehouse)
    script = f"import duckdb; duckdb.connect({str(place.data.warehouse)!r})"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert len(capfd.readouterr().out.splitlines()) == 1, "dbt itself must be silent"
    assert not (place.project / "target").exists()
    assert not (place.project / "logs").exists()
    assert not (place.project / ".user.yml").exists()


def test_a_failing_model_is_named_with_the_engines_words_and_the_log(place: Place) -> None:
    place.write("models/broken.sql", "select nonsense from {{ ref('stg_crm__people') }}")
    with pytest.raises(KesherError) as caught:
        place.build()
    first, details = str(caught.value).splitlines()
    assert first.startswith("model broken failed: ")
    assert "nonsense" in first
    log = Path(details.removeprefix("Details: "))
    assert "nonsense" in log.read_text()
    record = read_build(place.data)
    assert record is not None
    assert record.status == "failed"


def test_a_project_that_does_not_parse_is_told(place: Place) -> None:
    place.write("models/broken.sql", "select * from {{ ref('nowhere') }}")
    with pytest.raises(KesherError, match="nowhere"):
        place.build()


def test_the_project_is_read_once_for_all_data_directories_until_it_changes(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.build()

    def read_anew(*_: object, **__: object) -> None:
        raise AssertionError("dbt read the project again")

    elsewhere = Place(tmp_path / "elsewhere")
    with monkeypatch.context() as patch:
        patch.setattr("dbt.parser.manifest.ManifestLoader.get_full_manifest", read_anew)
        place.add("3")
        place.build()
        elsewhere.build()
    counts = {}
    for built in (place, elsewhere):
        record = read_build(built.data)
        assert record is not None
        assert record.records is not None
        counts[built] = record.records["crm"]["people"]
    assert counts == {place: 3, elsewhere: 2}, "each reads its own lake"
    place.write("models/more.sql", "select 1 as one")
    place.build()
    with duckdb.connect(str(place.data.warehouse), read_only=True) as connection:
        assert connection.execute("select one from staging.more").fetchone() == (1,)


def test_a_damaged_or_missing_cache_costs_time_only(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place.build()
    for kept in (tmp_path / "cache" / "kesher").iterdir():
        kept.write_bytes(kept.read_bytes()[:-100])
    place.build()
    place.build()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    place.build()


def test_only_what_reads_a_changed_stream_is_built(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    place.write(
        "models/_sources.yml",
        "sources: [{name: crm, tables: [{name: people}]}, {name: shop, tables: [{name: orders}]}]",
    )
    place.write("models/stg_files__people.sql", "select * from {{ ref('stg_crm__people') }}")
    place.write("models/stg_crm__people.sql", f"-- {{{{ source('crm', 'people') }}}}\n{PEOPLE}")
    place.write("models/stg_shop__orders.sql", "-- {{ source('shop', 'orders') }}\nselect 1 as id")

    def built() -> str:
        capfd.readouterr()
        place.build()
        return capfd.readouterr().out.split(" over ")[0].removeprefix("build").strip()

    everything = "3 models and 0 tests"
    assert built() == everything
    assert built() == "0 models and 0 tests", "nothing came"
    place.add("3")
    assert built() == "2 models and 0 tests"
    record = read_build(place.data)
    assert record is not None
    assert record.records["crm"]["people"] == 3
    next((place.data.lake / "crm" / "people").glob("*.parquet")).unlink()
    assert built() == "2 models and 0 tests", "a file is gone"
    with duckdb.connect(str(place.data.warehouse)) as connection:
        connection.execute("drop table staging.stg_shop__orders")
    assert built() == everything, "somebody else wrote the warehouse"
    place.write("models/stg_shop__orders.sql", "select nonsense")
    with pytest.raises(KesherError, match="nonsense"):
        place.build()
    place.write("models/stg_shop__orders.sql", "-- {{ source('shop', 'orders') }}\nselect 1 as id")
    assert built() == everything, "the last build failed"
    place.build(select=["stg_shop__orders"])
    assert built() == everything, "the last build was of a part"


def test_a_failing_test_fails_the_build(place: Place) -> None:
    place.write("tests/no_people.sql", "select * from {{ ref('stg_crm__people') }}")
    with pytest.raises(KesherError, match="test no_people failed: Got 2 results"):
        place.build()


def test_a_selection_is_built_but_marked_as_partial(place: Place) -> None:
    place.build(select=["stg_crm__people"])
    record = read_build(place.data)
    assert record is not None
    assert record.status == "partial"
    with pytest.raises(KesherError, match="chooses no model"):
        place.build(select=["no_such_model"])


def test_a_mart_that_is_no_longer_built_goes(place: Place) -> None:
    mart = "{{ config(schema='marts') }} select 1 as customer_id"
    place.write("models/old.sql", mart)
    place.write("models/kept.sql", mart)
    place.build()
    (place.project / "models/old.sql").unlink()
    place.build(select=["kept"])
    assert place.marts() == {"old", "kept"}
    place.build()
    assert place.marts() == {"kept"}


@pytest.mark.parametrize("damage", ["garbage", "header", "half", "empty"])
def test_a_damaged_warehouse_is_built_again_with_a_clear_line(
    place: Place, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.build()
    with duckdb.connect(str(place.data.warehouse)) as connection:
        connection.execute("create table staging.more as select range from range(200000)")
    content = bytearray(place.data.warehouse.read_bytes())
    if damage == "header":
        content[4150:4160] = content[8250:8260] = b"xxxxxxxxxx"
    else:
        half = content[: len(content) // 2]
        content = {"garbage": b"x" * 9000, "half": half, "empty": b""}[damage]
    place.data.warehouse.write_bytes(content)
    capsys.readouterr()
    place.build()
    assert staged_records(place.data)["crm"]["people"] == 2
    errors = capsys.readouterr().err
    if damage != "half":  # what is lost of half a file may be nothing that a build reads
        assert "It is disposable: building it again from the lake." in errors


def test_a_warehouse_that_is_open_elsewhere_is_left_alone_and_told(place: Place) -> None:
    place.build()
    script = (
        f"import duckdb, time; c = duckdb.connect({str(place.data.warehouse)!r}); "
        "print('open', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(KesherError, match=rf"open in another program .*PID {other.pid}"):
            place.build()
    finally:
        other.kill()
        other.wait()
    place.build()


def test_a_corrupt_lake_file_is_named_with_what_to_do(place: Place) -> None:
    place.add("3")
    file = Path(Lake(place.data.lake).files()[-1].path)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(KesherError) as caught:
        place.build()
    assert str(file) in str(caught.value)
    assert "kesher sync --stream crm.people --full-refresh" in str(caught.value)
    file.unlink()
    place.build()


def test_a_full_disk_is_told_and_the_next_build_is_fine(place: Place) -> None:
    place.write("models/huge.sql", "select range, random() as noise from range(2000000)")
    script = f"""
import resource
from pathlib import Path
from kesher import dbt_run
from kesher.build import build
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.run_history import recorded_run
from kesher.terminal import Terminal
dbt_run.DBT_PROJECT = Path({str(place.project)!r})
data = DataDirectory(Path({str(place.data.root)!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
try:
    with recorded_run(data, "build") as run:
        build(data, Terminal(), run)
except KesherError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "No room left on the disk" in done.stdout, done.stdout + done.stderr
    place.build()
    with duckdb.connect(str(place.data.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from staging.huge").fetchone() == (2_000_000,)


def test_the_environment_is_as_it_was(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("KESHER_LAKE", "before")
    monkeypatch.delenv("KESHER_WAREHOUSE", raising=False)
    place.build()
    assert os.environ["KESHER_LAKE"] == "before"
    assert "KESHER_WAREHOUSE" not in os.environ


@pytest.fixture
def planned(place: Place) -> Place:
    """A stream with models behind it that were built once, so that a plan is kept."""
    for macro in ("cross_database/table_in_place.sql", "materializations/replace_table.sql"):
        place.write(f"macros/{macro}", (MACROS / macro).read_text())
    place.write("models/_sources.yml", "sources: [{name: crm, tables: [{name: people}]}]")
    place.write("models/stg_crm__people.sql", f"-- {{{{ source('crm', 'people') }}}}\n{PEOPLE}")
    place.write(
        "models/numbers.sql", "select cast(id as int) as n from {{ ref('stg_crm__people') }}"
    )
    place.write("models/halves.sql", "select 12 // n as half from {{ ref('numbers') }}")
    place.write(
        "models/models.yml",
        "models: [{name: numbers, columns: [{name: n, data_tests: [unique, {accepted_values: "
        "{arguments: {values: [1, 2, 3], quote: false}, config: {severity: warn}}}]}]}]",
    )
    place.build()
    return place


def planned_log(place: Place) -> list[str]:
    """What was run without dbt in the last build, as its log tells."""
    log = max(place.data.runs.iterdir()) / "dbt.log"
    found = re.findall(r"^\d\d:\d\d:\d\d  (\w+ \w+ \w+) in ", log.read_text(), re.MULTILINE)
    return sorted(found)


def test_what_dbt_asked_is_asked_again_without_it(
    planned: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    planned.add("3")
    planned.build()
    assert planned_log(planned) == [
        "OK model halves",
        "OK model numbers",
        "OK test accepted_values_numbers_n__False__1__2__3",
        "OK test unique_numbers_n",
    ]
    assert "4 models and 2 tests" in capfd.readouterr().out.splitlines()[-1]
    with duckdb.connect(str(planned.data.warehouse), read_only=True) as connection:
        halves = connection.execute("select half from staging.halves order by 1").fetchall()
    assert halves == [(4,), (6,), (12,)]
    seconds = orjson.loads((max(planned.data.runs.iterdir()) / "nodes.json").read_bytes())
    assert len(seconds) == 6


def test_a_test_that_warns_does_not_stop_a_build_without_dbt(planned: Place) -> None:
    planned.add("12")
    planned.build()
    assert "WARN test accepted_values_numbers_n__False__1__2__3" in planned_log(planned)


def test_what_fails_without_dbt_is_told_as_dbt_tells_it(planned: Place) -> None:
    planned.add("1")
    with pytest.raises(KesherError) as caught:
        planned.build()
    assert str(caught.value).splitlines()[0] == (
        "test unique_numbers_n failed: Got 1 result, configured to fail if != 0"
    )
    with pytest.raises(KesherError, match="unique_numbers_n"):
        planned.build()
    assert not planned_log(planned), "after a build that failed dbt makes everything"


def test_a_model_that_fails_without_dbt_stays_as_it_was(planned: Place) -> None:
    planned.add("some")
    with pytest.raises(KesherError) as caught:
        planned.build()
    first, details = str(caught.value).splitlines()
    assert first.startswith("model numbers failed: Conversion Error")
    assert "cast(id as int)" in Path(details.removeprefix("Details: ")).read_text()
    assert planned_log(planned) == ["ERROR model numbers"]
    with duckdb.connect(str(planned.data.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from staging.numbers").fetchone() == (2,)
