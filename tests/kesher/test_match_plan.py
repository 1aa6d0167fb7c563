from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from match_command import PEOPLE, groups, kesher, write_csv

from kesher import dbt_run, match_plan
from kesher.dbt_run import DBT_PROJECT
from kesher.errors import KesherError
from kesher.match_plan import (
    DATABASE,
    DEFAULT_KEPT_WEIGHT,
    DEFAULT_LINK_WEIGHT,
    KEPT_WEIGHT,
    LINK_WEIGHT,
    MatchPlan,
    PlanVariant,
    Step,
    load_plan,
)
from kesher.parsed_project import remove_unused


@pytest.fixture
def plan() -> MatchPlan:
    return load_plan(PlanVariant(), announce=lambda _: None)


def test_each_step_comes_after_what_it_reads(plan: MatchPlan) -> None:
    names = [step.name for step in plan.steps]
    for place, step in enumerate(plan.steps):
        assert not set(step.reads) & set(names[place:]), step.name
    assert {"int_identity__pair_scores", "int_identity__customer_ids"} <= set(names)
    assert not [name for name in names if not name.startswith("int_identity__")], (
        "neither marts nor the ledger are needed"
    )


def test_the_link_weight_is_the_models_own_and_not_compiled_in(plan: MatchPlan) -> None:
    model = DBT_PROJECT / "models" / "identity" / "int_identity__links.sql"
    (default,) = re.findall(rf'var\("{LINK_WEIGHT}", ([0-9.]+)\)', model.read_text())
    assert float(default) == DEFAULT_LINK_WEIGHT
    assert f"getvariable('{LINK_WEIGHT}')" in plan.step("int_identity__links").sql
    pairs = DBT_PROJECT / "models" / "identity" / "int_identity__pair_scores.sql"
    (kept,) = re.findall(rf'var\("{KEPT_WEIGHT}", ([-0-9.]+)\)', pairs.read_text())
    assert float(kept) == DEFAULT_KEPT_WEIGHT
    told = f"[default: {1 - 1 / (1 + 2**DEFAULT_LINK_WEIGHT):.3f}]"
    assert told in " ".join(kesher("match", "--help").stdout.split())


def test_the_template_holds_seeds_and_no_people(plan: MatchPlan) -> None:
    with duckdb.connect(str(plan.template), read_only=True) as connection:
        tables = dict(
            connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )
    assert tables["seeds.identity_nicknames"] > 1000
    assert not set(tables) & {f"identity.{step.name}" for step in plan.steps}
    assert not any(name.startswith("match_input") for name in tables)


def test_a_table_goes_as_soon_as_its_last_reader_has_run(tmp_path: Path) -> None:
    def step(name: str, sql: str, *reads: str, kind: str = "table") -> Step:
        return Step(name, f'"{DATABASE}"."main"."{name}"', kind, sql, reads)

    steps = (
        step("a", "select 1 as x"),
        step("b", "select x from a", "a", kind="view"),
        step("c", "select x from b", "a", "b"),
        step("d", "select x from c", "c"),
        step("unread", "select 1 as x"),
        step("e", "select x from d", "d"),
    )
    plan = MatchPlan(tmp_path / "none", steps)
    there = []
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")

        def look(name: str, _seconds: float) -> None:
            rows = connection.execute("select table_name from duckdb_tables()").fetchall()
            there.append((name, {table for (table,) in rows}))

        plan.run(connection, plan.steps, keep={"d", "e"}, tell=look)
    assert there == [
        ("a", {"a"}),
        ("b", {"a"}),
        ("c", {"c"}),
        ("d", {"d"}),
        ("unread", {"d"}),
        ("e", {"d", "e"}),
    ]
    assert [s.name for s in plan.before("c")] == ["a", "b", "c"]
    assert [s.name for s in plan.after("c")] == ["d", "e"]


@pytest.mark.parametrize(("keep", "kind"), [({"b", "c"}, "table"), ({"c"}, "view")])
def test_a_copy_takes_no_room_unless_it_is_to_be_kept(
    tmp_path: Path, keep: set[str], kind: str
) -> None:
    def step(name: str, sql: str, *reads: str, kind: str = "table") -> Step:
        return Step(name, f'"{DATABASE}"."main"."{name}"', kind, sql, reads)

    plan = MatchPlan(
        tmp_path / "none",
        (
            step("a", "select 1 as x"),
            step("b", "select x from a", "a", kind="copy"),
            step("c", "select x from b", "a", "b"),
        ),
    )
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
        plan.run(connection, plan.steps, keep=keep)
        kinds = dict(
            connection.execute(
                "select table_name, 'table' from duckdb_tables() "
                "union all select view_name, 'view' from duckdb_views() where not internal"
            ).fetchall()
        )
        assert connection.execute("select x from c").fetchall() == [(1,)]
    assert kinds == {"b": kind, "c": "table"}


def test_a_second_time_nothing_is_compiled(plan: MatchPlan) -> None:
    told: list[str] = []
    assert load_plan(PlanVariant(), announce=told.append) == plan
    assert told == []


def test_a_changed_model_or_another_version_is_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: MatchPlan
) -> None:
    before = match_plan._digest(PlanVariant())
    assert match_plan._digest(PlanVariant(also=1)) != before
    shutil.copytree(
        DBT_PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs")
    )
    monkeypatch.setattr(dbt_run, "DBT_PROJECT", tmp_path / "project")
    assert match_plan._digest(PlanVariant()) == before
    seed = tmp_path / "project" / "seeds" / "identity" / "identity_weights.csv"
    seed.write_text(seed.read_text().replace("0.000015", "0.000016"))
    assert match_plan._digest(PlanVariant()) != before


def test_a_cache_that_can_not_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(KesherError, match="XDG_CACHE_HOME names another place"):
        load_plan(PlanVariant(), announce=lambda _: None)


def test_plans_of_other_versions_go_when_nobody_has_used_them_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "kesher"
    for name, days in (("match-old", 40), ("match-recent", 3)):
        (folder / name).mkdir(parents=True)
        moment = time.time() - days * 86_400
        os.utime(folder / name, (moment, moment))
    remove_unused("match-*")
    assert [path.name for path in folder.iterdir()] == ["match-recent"]


@pytest.mark.slow
def test_two_at_once_share_a_cold_cache_and_a_damaged_one_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    people = write_csv(tmp_path / "in.csv", PEOPLE)
    commands = [
        [sys.executable, "-m", "kesher", "match", str(people), "--out", str(tmp_path / out)]
        for out in ("one.csv", "two.csv")
    ]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for command in commands]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()
    assert groups(tmp_path / "one.csv") == groups(tmp_path / "two.csv")
    (folder,) = (path for path in (tmp_path / "cache" / "kesher").iterdir() if path.is_dir())
    assert sorted(path.name for path in folder.iterdir()) == ["plan.json", "warehouse.duckdb"]

    with (folder / "warehouse.duckdb").open("r+b") as file:
        file.truncate(5000)
    kesher("match", people, "--out", tmp_path / "three.csv")
    assert groups(tmp_path / "three.csv") == groups(tmp_path / "one.csv")
