"""The identity models as `kesher match` runs them: compiled once by dbt, then kept.

dbt takes ten seconds to start; the SQL that it makes of the models stays the same until the models
change. So a plan, that is each model's SQL in order and a small database with the seeds, is
compiled when it is first needed and kept in the user's cache, under a digest of the dbt project
and of the versions of what compiles it.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.data_directory import read_json
from kesher.errors import KesherError, disk_full_error
from kesher.parsed_project import cache_folder, project_digest, remove_unused

if TYPE_CHECKING:
    import duckdb

#: The database's name in the compiled SQL: a file of this stem, or attached under this name.
DATABASE = "warehouse"

#: The relation that the models read people from: in a database of its own, attached under this
#: name.
INPUT = "match_input"
PEOPLE = f"{INPUT}.people"

#: Its columns; `also_1`, `also_2` ... follow.
PEOPLE_COLUMNS: dict[str, str] = {
    "source": "varchar",
    "record_id": "varchar",
    "full_name": "varchar",
    "given_name": "varchar",
    "family_name": "varchar",
    "email": "varchar",
    "other_emails": "varchar",
    "phone": "varchar",
    "other_phone": "varchar",
    "street": "varchar",
    "city": "varchar",
    "region": "varchar",
    "postcode": "varchar",
    "country": "varchar",
    "company": "varchar",
    "job_title": "varchar",
    "birth_date": "varchar",
    "national_id": "varchar",
    "external_ids": "varchar",
    "gender": "varchar",
    "language": "varchar",
    "first_seen_at": "timestamp",
    "updated_at": "timestamp",
    "_extracted_at": "timestamp",
}

#: What is compiled: these models and all that they read.
TARGETS = ("int_identity__customer_ids", "int_identity__cuts", "int_identity__reliability")

#: The variable of the connection that holds the weight from which on two records are linked,
#: named like dbt's, and what dbt's is unless told otherwise.
LINK_WEIGHT = "identity_link_weight"
DEFAULT_LINK_WEIGHT = 3.0

#: dbt's variable for the weight below which a pair's scores are not kept, and its default.
KEPT_WEIGHT = "identity_kept_weight"
DEFAULT_KEPT_WEIGHT = -6.0

_PLAN = "plan.json"
_TEMPLATE = f"{DATABASE}.duckdb"
_FEW_RECORDS = 20_000


@dataclass(frozen=True)
class Step:
    """One model.

    Attributes:
        name: As dbt names it.
        relation: As SQL names it, quoted.
        kind: `table`, `view`, or `copy`, which is a table where it is to be kept and else a view.
        sql: A select.
        reads: Names of the models and seeds that it reads, those behind views included.
    """

    name: str
    relation: str
    kind: str
    sql: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class MatchPlan:
    """The models in the order in which they run.

    Attributes:
        template: A DuckDB file with the seeds' tables and the schemas, to be copied.
        steps: The models.
    """

    template: Path
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """Return one step by its name."""
        return next(step for step in self.steps if step.name == name)

    def before(self, *names: str) -> tuple[Step, ...]:
        """Return steps and those that they depend on, in order."""
        needed = set(names)
        for step in reversed(self.steps):
            if step.name in needed:
                needed |= set(step.reads)
        return tuple(step for step in self.steps if step.name in needed)

    def after(self, *names: str) -> tuple[Step, ...]:
        """Return the steps that depend on any of `names`, in order; those themselves are not in.

        Args:
            names: Steps, or seeds and other tables of the template.
        """
        touched = set(names)
        later = []
        for step in self.steps:
            if step.name not in names and touched & set(step.reads):
                touched.add(step.name)
                later.append(step)
        return tuple(later)

    def run(
        self,
        connection: duckdb.DuckDBPyConnection,
        steps: Sequence[Step],
        *,
        keep: Collection[str],
        tell: Callable[[str, float], None] | None = None,
    ) -> None:
        """Run steps; a table goes as soon as the last of them that reads it has run.

        Args:
            connection: Has the database open under the plan's name for it.
            steps: Some of the plan's, in the plan's order.
            keep: Names of the steps whose tables stay.
            tell: Called after each step with its name and the seconds it took.
        """
        last_readers: dict[str, str] = {}
        for step in steps:
            last_readers[step.name] = step.name
            last_readers.update(dict.fromkeys(step.reads, step.name))
        there = {step.name for step in steps}
        views = {
            step.name
            for step in steps
            if step.kind == "view" or (step.kind == "copy" and step.name not in keep)
        }
        for step in steps:
            started = time.monotonic()
            kind = "view" if step.name in views else "table"
            connection.execute(f"create or replace {kind} {step.relation} as {step.sql}")
            for name, reader in last_readers.items():
                if reader == step.name and name in there - views and name not in keep:
                    connection.execute(f"drop table {self.step(name).relation}")
            if tell is not None:
                tell(step.name, time.monotonic() - started)


def plan_quickly(connection: duckdb.DuckDBPyConnection, records: int) -> None:
    """Let DuckDB think less about its way.

    Over the longest model it thinks for seconds, on one core, about what may be computed later, and
    gains nothing by it. To find columns that are not needed takes a second, which pays where there
    are more than some ten thousand records.
    """
    spared = ["projection_pullup"]
    if records <= _FEW_RECORDS:
        spared.append("unused_columns")
    connection.execute(f"set disabled_optimizers = '{','.join(spared)}'")


@dataclass(frozen=True)
class PlanVariant:
    """What the SQL depends on besides the models.

    Attributes:
        also: How many further columns are compared.
        every_pair: Keep the scores of all pairs, also of those that are no link by far.
    """

    also: int = 0
    every_pair: bool = False


def load_plan(
    variant: PlanVariant,
    *,
    announce: Callable[[str], None],
    log: Callable[[str], None] | None = None,
) -> MatchPlan:
    """Return the plan, compiling it if it is not in the cache.

    Args:
        variant: Which one.
        announce: Gets one line if it takes longer because the models have to be compiled.
        log: Gets where the compiler's log is, when there is one.

    Raises:
        KesherError: dbt can't compile the models, or the disk is full.
    """
    import duckdb

    folder = cache_folder() / f"match-{_digest(variant)}"
    plan = _read(folder)
    if plan is not None:
        with contextlib.suppress(OSError):
            folder.touch()
        return plan
    announce("Compiling the identity models; this is kept for the next time.")
    from filelock import FileLock

    from kesher.match_compile import compile_apart

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            # Another process may have compiled it while this one waited.
            plan = _read(folder)
            if plan is None:
                _compile_into(folder, variant, compile_apart, log)
                plan = _read(folder)
            remove_unused("match-*")
    except (OSError, duckdb.Error) as error:
        raise disk_full_error(error, folder) or KesherError(
            f"The compiled identity models can't be kept in {folder.parent}: {error}. "
            "XDG_CACHE_HOME names another place."
        ) from error
    if plan is None:
        raise KesherError(f"The compiled identity models in {folder} can't be read back.")
    return plan


def _compile_into(
    folder: Path,
    variant: PlanVariant,
    compile_apart: Callable[..., None],
    log: Callable[[str], None] | None,
) -> None:
    """Compile beside and rename, so that a folder is whole or not there."""
    shutil.rmtree(folder, ignore_errors=True)
    beside = folder.with_name(f"{folder.name}.tmp")
    # The lock is ours: who left it is gone.
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    if log is not None:
        log(f"dbt's log: {beside / 'dbt.log'}")
    try:
        compile_apart(beside, variant)
        for leftover in beside.iterdir():
            if leftover.name not in (_PLAN, _TEMPLATE):
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _read(folder: Path) -> MatchPlan | None:
    template = folder / _TEMPLATE
    try:
        plan: Any = read_json(folder / _PLAN)
        if plan is None or plan["template_bytes"] != template.stat().st_size:
            return None
        return MatchPlan(
            template,
            tuple(Step(**{**step, "reads": tuple(step["reads"])}) for step in plan["steps"]),
        )
    except (OSError, KeyError, TypeError):
        return None


def _digest(variant: PlanVariant) -> str:
    """Stand for everything that the compiled SQL depends on."""
    compiler = Path(__file__).with_name("match_compile.py").read_bytes()
    return project_digest(variant, TARGETS, PEOPLE_COLUMNS, compiler)
