"""A database in which the identity models were built, opened to be looked into.

That is the warehouse, or what `kesher match --keep` kept. It is only read: what has to be computed
anew is computed in memory, by the models' own SQL, over the tables that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.errors import KesherError
from kesher.match import SETTINGS
from kesher.match_plan import (
    DATABASE,
    DEFAULT_LINK_WEIGHT,
    LINK_WEIGHT,
    MatchPlan,
    PlanVariant,
    load_plan,
    plan_quickly,
)
from kesher.table_file import constant

if TYPE_CHECKING:
    import duckdb

    from kesher.data_directory import DataDirectory
    from kesher.terminal import Terminal

#: Under which name the file is attached.
_BUILT = "built"


class IdentityDatabase:
    """An open database of the identity models.

    Attributes:
        path: The file.
        connection: Has it attached, read-only.
        link_weight: The match weight from which on two records were linked.
        also: Further columns that were compared, by the names that their file has for them.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Look at what there is.

        Raises:
            KesherError: the identity models were not built here.
        """
        self.path = path
        self.connection = connection
        self._schemas: dict[str, str] = dict(
            connection.execute(
                "select table_name, schema_name from duckdb_tables() where database_name = $built",
                {"built": _BUILT},
            ).fetchall()
        )
        self.require("int_identity__person_records", "int_identity__pair_scores")
        ((records,),) = connection.execute(
            f"select count(*) from {self.table('int_identity__person_records')}"  # noqa: S608
        ).fetchall()
        plan_quickly(connection, records)
        self.link_weight = DEFAULT_LINK_WEIGHT
        self.also: tuple[str, ...] = ()
        if self.has(SETTINGS.split(".")[1]):
            ((also, self.link_weight),) = connection.execute(
                f"select also, link_weight from {_BUILT}.{SETTINGS}"  # noqa: S608
            ).fetchall()
            self.also = tuple(also)

    def has(self, table: str) -> bool:
        """Tell whether there is such a table."""
        return table in self._schemas

    def require(self, *tables: str) -> None:
        """Check that tables are there.

        Raises:
            KesherError: one is not.
        """
        missing = [table for table in tables if not self.has(table)]
        if missing:
            raise KesherError(
                f"{self.path} has no table {missing[0]}: it is not a warehouse of this version of "
                "Kesher (kesher build makes one) and not from kesher match --keep."
            )

    def table(self, name: str) -> str:
        """Return a table's name in SQL."""
        return f'{_BUILT}.{self._schemas[name]}."{name}"'

    def columns(self, name: str) -> list[str]:
        """Return the names of a table's columns, in order."""
        described = self.connection.execute(f"describe {self.table(name)}").fetchall()
        return [column for column, *_ in described]

    def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run a query; return its rows by column."""
        done = self.connection.execute(query, parameters or {})
        names = [name for name, *_ in done.description or []]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]

    def plan(self, terminal: Terminal, *, every_pair: bool = False) -> MatchPlan:
        """Return the compiled models that fit what was compared here."""
        variant = PlanVariant(len(self.also), every_pair)
        return load_plan(variant, announce=terminal.warning, log=terminal.detail)

    @contextmanager
    def computed_anew(
        self,
        plan: MatchPlan,
        steps: Collection[str],
        given: dict[str, str],
        link_weight: float | None = None,
    ) -> Iterator[Callable[[str], str]]:
        """Run models again in memory, over tables of this database.

        Args:
            plan: The compiled models.
            steps: Which to run.
            given: Tables that are to be others than they are here: name → a query.
            link_weight: From which weight on records are linked; as it was, if None.

        Yields:
            A function from the name of one of `steps` to its name in SQL.
        """
        chosen = [step for step in plan.steps if step.name in steps]
        read = {name for step in chosen for name in step.reads} - set(steps)
        weight = self.link_weight if link_weight is None else link_weight
        schemas = {step.relation.split(".")[1] for step in chosen}
        with self.as_planned(read, given, schemas):
            self.connection.execute(f"set variable {LINK_WEIGHT} = {weight!r}")
            plan.run(self.connection, chosen, keep=steps)
            yield lambda name: plan.step(name).relation

    @contextmanager
    def as_planned(
        self, tables: Collection[str], given: dict[str, str], schemas: Collection[str] = ()
    ) -> Iterator[None]:
        """Show tables of this database under the names that compiled models have for them.

        Args:
            tables: Which.
            given: Tables that are to be others than they are here: name → a query.
            schemas: Further schemas to make.

        Raises:
            KesherError: a table is not there.
        """
        self.require(*(name for name in sorted(tables) if name not in given))
        execute = self.connection.execute
        execute(f"attach ':memory:' as {DATABASE}")
        try:
            of_tables = {self._schemas.get(name, "identity") for name in tables}
            for schema in sorted({*of_tables, *schemas}):
                execute(f"create schema if not exists {DATABASE}.{schema}")
            for name in sorted(tables):
                target = f'{DATABASE}.{self._schemas.get(name, "identity")}."{name}"'
                if name in given:
                    execute(f"create table {target} as {given[name]}")
                else:
                    execute(f"create view {target} as select * from {self.table(name)}")  # noqa: S608
            yield
        finally:
            execute(f"detach {DATABASE}")


@contextmanager
def open_database(path: Path) -> Iterator[IdentityDatabase]:
    """Open a database read-only.

    Raises:
        KesherError: there is none, another program is writing it, or it is not of the identity
            models.
    """
    import duckdb

    if not path.is_file():
        raise KesherError(f"There is no database {path}.")
    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        try:
            connection.execute(f"attach {constant(path)} as {_BUILT} (read_only)")
        except duckdb.Error as error:
            text = " ".join(str(error).split())
            if "lock" in text.lower():
                raise KesherError(
                    f"{path} is being written just now; try again when that has ended."
                ) from error
            raise KesherError(f"{path} can't be opened: {text}") from error
        yield IdentityDatabase(path, connection)


def warehouse_path(data: DataDirectory) -> Path:
    """Return the warehouse.

    Raises:
        KesherError: there is none yet.
    """
    if not data.warehouse.is_file():
        raise KesherError(
            f"There is no warehouse {data.warehouse} yet: kesher build makes it. To look into a "
            "result of kesher match, run that with --keep FILE and name it with --database FILE."
        )
    return data.warehouse
