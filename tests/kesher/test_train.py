"""`kesher train`: weights out of one's own records, version by version, without labels."""

from __future__ import annotations

import json
import math
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from match_command import kesher, people_twice, person, write_csv

from decisions.decision import RecordName
from decisions.store import DecisionStore, sqlite_url
from kesher.train import _fitted


@pytest.fixture(scope="session")
def people_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of two records each of 120 people, in Hebrew and Latin. Copy it."""
    folder = tmp_path_factory.mktemp("people")
    return warehouse_of(folder, people_twice(120))


def warehouse_of(folder: Path, rows: list[dict[str, str]]) -> Path:
    """Resolve records; what the models made of them is what a build makes."""
    people = write_csv(folder / "people.csv", rows)
    kesher("match", people, "--out", folder / "out.csv", "--keep", folder / "warehouse.duckdb")
    return folder / "warehouse.duckdb"


@pytest.fixture
def data(people_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with that warehouse."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copy(people_warehouse, tmp_path / "data" / "warehouse.duckdb")
    return tmp_path / "data"


def train(*arguments: str | Path, expect: int = 0) -> Any:
    """Run `kesher train --json`."""
    return json.loads(kesher("train", "--json", *arguments, expect=expect).stdout)


def weights(report: Any) -> dict[tuple[str, str], float]:
    return {(level["comparison"], level["level"]): level["weight"] for level in report["levels"]}


def lake_files(data: Path) -> list[Path]:
    return sorted((data / "lake").rglob("*.parquet"))


def test_what_the_records_show_moves_the_weights_and_the_rest_stays(data: Path) -> None:
    report = train("--dry-run")
    found = {(level["comparison"], level["level"]): level for level in report["levels"]}
    # Half of the people write themselves in the other script in one of two systems.
    assert found["given_name", "other_script"]["seen"] > 40
    assert found["given_name", "other_script"]["weight"] > 2
    # Nobody has a national id, and nobody's e-mail address is similar.
    for level in (("national_id", "same"), ("national_id", "different"), ("email", "similar")):
        assert found[level]["weight"] == pytest.approx(found[level]["weight_before"], abs=0.01)
    assert report["matches"] == pytest.approx(120, rel=0.1)
    assert report["converged"]


def test_the_report_adds_up(data: Path) -> None:
    report = train("--dry-run")
    for level in report["levels"]:
        assert 0 < level["m"] <= 1
        assert 0 < level["u"] <= 1
        assert level["weight"] == pytest.approx(math.log2(level["m"] / level["u"]))
        assert level["seen"] >= 0
    seen = {
        name: sum(level["seen"] for level in report["levels"] if level["comparison"] == name)
        for name in ("email", "given_name", "address")
    }
    assert all(count <= report["matches"] * 1.001 for count in seen.values()), seen
    for lower, higher in pairwise(report["thresholds"]):
        assert lower["pairs"] >= higher["pairs"]
        assert lower["recall"] >= higher["recall"]
        assert lower["precision"] <= higher["precision"] + 1e-9


def test_a_dry_run_writes_nothing_but_the_report(data: Path) -> None:
    told = kesher("train", "--dry-run", "--report", "weights.html")
    assert "nothing was written" in told.stdout
    assert lake_files(data) == []
    assert sorted(path.name for path in data.iterdir()) == ["warehouse.duckdb"]
    page = Path("weights.html").read_text(encoding="utf-8")
    assert page.count("<tr>") > 50
    assert "nothing was written" in page
    assert "src=" not in page


def test_the_table_tells_weights_and_thresholds(data: Path) -> None:
    told = kesher("train").stdout
    assert "family name  other script" in told
    assert "precision" in told
    assert "the next kesher build uses it" in told


def test_versions_are_kept_used_again_and_taken_back(data: Path) -> None:
    assert train("--versions") == []
    first = train()
    second = train()
    assert weights(first) == weights(second)
    back = train("--use", first["version"])["version"]
    reset = train("--reset")["version"]
    listed = train("--versions")
    assert [one["version"] for one in listed] == [
        reset,
        back,
        second["version"],
        first["version"],
    ]
    assert [one["is_newest"] for one in listed] == [True, False, False, False]
    assert [one["is_trained"] for one in listed] == [False, True, True, True]
    assert listed[1]["copy_of"] == first["version"]
    assert listed[1]["weights"] == listed[3]["weights"]
    assert listed[3]["records"] == 240
    assert "the weights that ship" in kesher("train", "--versions").stdout


def test_what_stewards_decided_pulls_the_weights_at_once(data: Path) -> None:
    alone = weights(train("--dry-run"))
    with DecisionStore(sqlite_url(data / "decisions.sqlite")) as store:
        for place in range(60):
            store.decide(
                RecordName("crm", f"a{place}"),
                RecordName("shop", f"b{place}"),
                "different",
                by="dana",
            )
        store.decide(RecordName("crm", "gone"), RecordName("crm", "a1"), "same", by="dana")
    report = train("--dry-run")
    # One of the two records of that last one is not in the warehouse.
    assert report["stewards"]["different"] == 60
    assert report["stewards"]["same"] == 0
    assert report["stewards"]["agreed"] >= report["stewards"]["agreed_before"]
    assert weights(report)["email", "same"] < alone["email", "same"] - 3


def test_a_store_that_can_not_be_read_is_told_and_training_goes_on(data: Path) -> None:
    (data / "decisions.sqlite").write_bytes(b"no database " * 400)
    told = kesher("train", "--dry-run")
    assert "goes on with the decisions of the last build" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--reset"], "The weights that ship are in force already"),
        (["--use", "yesterday"], "There are no trained weights yesterday. Nothing was trained yet"),
    ],
)
def test_going_back_to_nothing_is_refused(data: Path, arguments: list[str], complaint: str) -> None:
    assert complaint in kesher("train", *arguments, expect=1).stderr
    assert lake_files(data) == []


@pytest.mark.parametrize(
    "arguments", [["--reset", "--versions"], ["--use", "x", "--dry-run"], ["--report", "x.csv"]]
)
def test_options_that_make_no_sense_are_refused(data: Path, arguments: list[str]) -> None:
    kesher("train", *arguments, expect=2)
    assert lake_files(data) == []


def test_before_the_first_build_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = kesher("train", expect=1).stderr
    assert "kesher build makes it" in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize("count", [0, 1, 20])
def test_too_few_records_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = people_twice(120)[:count] or [person("1", email="a@b.example")]
    warehouse = warehouse_of(tmp_path, rows)
    if not count:
        with duckdb.connect(str(warehouse)) as connection:
            for (table,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'identity' "
                "and table_name like 'int_%' and table_name <> 'int_identity__weights'"
            ).fetchall():
                connection.execute(f'delete from identity."{table}"')
    (tmp_path / "data").mkdir()
    shutil.copy(warehouse, tmp_path / "data" / "warehouse.duckdb")
    told = kesher("train", expect=1).stderr
    assert f"There are only {count} records" in told
    assert "The weights stay as they are" in told


def test_records_without_duplicates_teach_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [row for row in people_twice(120) if row["source"] == "crm"]
    (tmp_path / "data").mkdir()
    shutil.copy(warehouse_of(tmp_path, rows), tmp_path / "data" / "warehouse.duckdb")
    told = kesher("train", expect=1).stderr
    assert "no weights can be learned" in told


def test_a_run_at_work_is_left_alone(data: Path) -> None:
    with FileLock(data / "kesher.lock"):
        told = kesher("train", expect=4).stderr
        kesher("train", "--dry-run")
    assert "wait for it to end" in told
    assert lake_files(data) == []


def test_a_warehouse_that_is_damaged_is_told(data: Path) -> None:
    (data / "warehouse.duckdb").write_bytes(b"x" * 20_000)
    told = kesher("train", expect=1).stderr
    assert "can't be opened" in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_next_build_uses_the_weights_and_ids_stay(published_demo: Any, tmp_path: Path) -> None:
    demo = published_demo.copy(tmp_path)
    before = customer_ids(demo.warehouse)
    shipped = prior_weights(demo.warehouse)
    report = json.loads(demo.run("train", "--json").stdout)
    demo.run("build")
    prior = weights(report)["prior", "prior"]
    assert prior_weights(demo.warehouse) == {round(prior, 6)}
    assert_same_ids(before, customer_ids(demo.warehouse))

    demo.run("train", "--reset")
    demo.run("build")
    assert prior_weights(demo.warehouse) == shipped
    assert customer_ids(demo.warehouse) == before


def prior_weights(warehouse: Path) -> set[float]:
    """Return what pairs start with: one figure, if all of them were compared anew."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select distinct prior_weight from identity.int_identity__pair_scores"
        ).fetchall()
    return {round(weight, 6) for (weight,) in rows}


def customer_ids(warehouse: Path) -> dict[tuple[str, str], str]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select source, record_id, customer_id from identity.int_identity__customer_ids"
        ).fetchall()
    return {(source, record_id): customer_id for source, record_id, customer_id in rows}


def assert_same_ids(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]) -> None:
    """Whoever is made of the same records as before has the id of before."""

    def members(ids: dict[tuple[str, str], str]) -> dict[frozenset[tuple[str, str]], str]:
        groups: dict[str, set[tuple[str, str]]] = {}
        for record, customer_id in ids.items():
            groups.setdefault(customer_id, set()).add(record)
        return {frozenset(records): customer_id for customer_id, records in groups.items()}

    old, new = members(before), members(after)
    same = old.keys() & new.keys()
    assert len(same) > 0.9 * len(old)
    assert {old[records] for records in same} == {new[records] for records in same}
    assert all(old[records] == new[records] for records in same)


_counts = st.floats(0, 1e6)
_shares = st.floats(1e-7, 0.99)


@given(_counts, _counts, _counts, _counts, _shares, _shares)
def test_fitted_weights_are_probabilities_and_unseen_ones_are_those_that_ship(
    seen: float, more: float, seen_other: float, more_other: float, shipped_m: float, u: float
) -> None:
    known, known_other = seen + more + 1, seen_other + more_other + 1
    m, fitted_u = _fitted(seen, known, seen_other, known_other, shipped_m, u)
    assert 0 < m <= 1
    assert 0 < fitted_u <= 1
    if seen + seen_other < 0.001:
        assert (m, fitted_u) == (shipped_m, u)


@given(st.floats(0.01, 0.9), st.floats(1e-5, 0.9), st.floats(0.002, 500))
def test_many_observations_outweigh_what_ships(true_m: float, true_u: float, off_by: float) -> None:
    many = 1e12
    shipped_ratio = true_m / true_u * off_by
    shipped_u = min(0.5, 0.5 / shipped_ratio)
    shipped_m = shipped_u * shipped_ratio
    m, u = _fitted(true_m * many, many, true_u * many, many, shipped_m, shipped_u)
    assert m == pytest.approx(true_m, rel=0.02)
    assert u == pytest.approx(true_u, rel=0.02)


@given(st.floats(0.01, 1000), st.floats(0.01, 1000), _shares, _shares)
def test_seen_oftener_between_records_of_one_customer_weighs_more(
    seen: float, more: float, shipped_m: float, shipped_u: float
) -> None:
    few = _fitted(seen, 5000, 10, 100_000, shipped_m, shipped_u)
    many = _fitted(seen + more, 5000, 10, 100_000, shipped_m, shipped_u)
    assert many[0] / many[1] >= few[0] / few[1] * (1 - 1e-9)
