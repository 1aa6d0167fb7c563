"""`kesher evaluate`: how well records were resolved into customers, against a known truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kesher.errors import KesherError

if TYPE_CHECKING:
    import duckdb

    from kesher.identity_database import IdentityDatabase
    from kesher.terminal import Terminal

#: The probabilities at which the curve is measured, beside the one in force.
CURVE = (0.03, 0.1, 0.3, 0.5, 0.7, 0.8, 0.95, 0.99, 0.999, 0.9999)

_EXAMPLES = 5


@dataclass(frozen=True)
class Quality:
    """Agreement of a grouping of records with the truth, in counts; every share is from 0 to 1.

    Attributes:
        records: Records that were compared.
        true_pairs: Pairs of records of one person.
        found_pairs: Pairs of records in one group.
        right_pairs: Pairs that are both.
        people: Persons.
        groups: Groups.
        right_groups: Groups that are exactly a person's records.
    """

    records: int
    true_pairs: int
    found_pairs: int
    right_pairs: int
    people: int
    groups: int
    right_groups: int

    @property
    def precision(self) -> float:
        """Share of the found pairs that are true; 1 if none was found."""
        return _share(self.right_pairs, self.found_pairs)

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found; 1 if there is none."""
        return _share(self.right_pairs, self.true_pairs)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall over pairs."""
        return _f1(self.precision, self.recall)

    @property
    def cluster_precision(self) -> float:
        """Share of the groups that are exactly a person's records."""
        return _share(self.right_groups, self.groups)

    @property
    def cluster_recall(self) -> float:
        """Share of the persons whose records are exactly a group."""
        return _share(self.right_groups, self.people)

    @property
    def cluster_f1(self) -> float:
        """Harmonic mean of precision and recall over whole groups."""
        return _f1(self.cluster_precision, self.cluster_recall)


def measure(connection: duckdb.DuckDBPyConnection, relation: str, grouping: str) -> Quality:
    """Compare a grouping with the truth.

    Args:
        connection: Where the relation is.
        relation: One row a record, with `person_id` and the grouping's column, neither null:
            a table's name as SQL has it, or a query in brackets.
        grouping: Name of that column: records with the same value are one group.

    Returns:
        Its quality.
    """
    row = connection.execute(
        f"""
        with
            both_ways as materialized (
                select {grouping} as group_id, person_id, count(*) as size
                from {relation}
                group by all
            ),
            groups as (
                select
                    group_id,
                    cast(sum(size) as bigint) as size,
                    count(*) as parts,
                    any_value(person_id) as person_id
                from both_ways
                group by group_id
            ),
            people as (
                select person_id, cast(sum(size) as bigint) as size
                from both_ways
                group by person_id
            )
        select
            (select coalesce(sum(size), 0) from both_ways),
            (select coalesce(sum(size * (size - 1) // 2), 0) from people),
            (select coalesce(sum(size * (size - 1) // 2), 0) from groups),
            (select coalesce(sum(size * (size - 1) // 2), 0) from both_ways),
            (select count(*) from people),
            (select count(*) from groups),
            (
                select count(*)
                from groups
                inner join people using (person_id)
                where groups.parts = 1 and groups.size = people.size
            )
        """  # noqa: S608 - names that the caller chose
    ).fetchone()
    return Quality(*(int(count) for count in row or ()))


@dataclass(frozen=True)
class Point:
    """The quality when records are linked from some probability on.

    Attributes:
        threshold: The probability.
        link_weight: The same as a match weight.
        is_in_force: The database was built with it.
        quality: After clustering.
    """

    threshold: float
    link_weight: float
    is_in_force: bool
    quality: Quality


@dataclass(frozen=True)
class Blocking:
    """Which pairs were compared at all.

    Attributes:
        compared_pairs: Pairs of the database that were compared.
        all_pairs: Pairs that there are.
        true_pairs: Pairs of records of one person.
        true_pairs_compared: Those of them that were compared.
    """

    compared_pairs: int
    all_pairs: int
    true_pairs: int
    true_pairs_compared: int

    @property
    def candidate_recall(self) -> float:
        """Share of the true pairs that were compared: no threshold gives a higher recall."""
        return _share(self.true_pairs_compared, self.true_pairs)

    @property
    def reduction_ratio(self) -> float:
        """Share of all pairs that did not have to be compared."""
        return 1 - self.compared_pairs / self.all_pairs if self.all_pairs else 0.0


@dataclass(frozen=True)
class Evaluation:
    """All that was measured.

    Attributes:
        quality: Of the customers as they are.
        only_in_truth: Records that the truth has and the result lacks; left out.
        only_in_result: The other way round; left out too.
        without_person: Records of the truth without a person_id; left out.
        blocking: None without a database.
        curve: Empty without a database, or if it was not asked for.
    """

    quality: Quality
    only_in_truth: int
    only_in_result: int
    without_person: int
    blocking: Blocking | None
    curve: tuple[Point, ...]


def evaluate(
    truth: Path,
    terminal: Terminal,
    *,
    result: Path | None = None,
    database: IdentityDatabase | None = None,
    with_curve: bool = True,
) -> Evaluation:
    """Measure a result against the truth.

    Args:
        truth: A table with record_id, person_id and, if ids are not unique without it, source.
        terminal: Gets what may surprise.
        result: A table with record_id, customer_id and perhaps source, as kesher match writes it;
            the database's customers if None.
        database: Where the models were built, for the blocking and the curve.
        with_curve: Measure over thresholds too; each takes a clustering.

    Raises:
        KesherError: a file can't be read, lacks a column, names a record twice, or has no record
            in common with the other.
    """
    import duckdb

    from kesher.work_folder import work_folder

    with work_folder() as work, _connection(database) as connection:
        try:
            blank = _load(connection, truth, work / "truth", "truth", "person_id", terminal)
            if result is not None:
                _load(connection, result, work / "result", "resolved", "customer_id", terminal)
            elif database is not None:
                database.require("int_identity__customer_ids")
                customers = database.table("int_identity__customer_ids")
                connection.execute(
                    f"create or replace temp table resolved as select * from {customers}"  # noqa: S608
                )
            measured = result or (database.path if database else None)
            join, counts = _joined(connection, truth, measured)
            quality = measure(
                connection,
                f"(select person_id, customer_id from truth inner join resolved using ({join}))",  # noqa: S608
                "customer_id",
            )
            blocking = None
            curve: tuple[Point, ...] = ()
            if database is not None:
                _number_records(database, join)
                blocking = _blocking(database)
                if with_curve:
                    curve = _curve(database, terminal)
        except duckdb.Error as error:
            raise KesherError(f"The result could not be measured: {error}") from error
    return Evaluation(quality, *counts, blank, blocking, curve)


@contextmanager
def _connection(database: IdentityDatabase | None) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    if database is not None:
        yield database.connection
        return
    with duckdb.connect(":memory:") as connection:
        connection.execute("set enable_progress_bar = false")
        yield connection


def _load(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    work: Path,
    table: str,
    group: str,
    terminal: Terminal,
) -> int:
    """Load source, record_id and the group's column; return how many rows have no group."""
    from kesher.table_file import TableFile

    work.mkdir()
    file = TableFile(
        connection,
        path,
        work,
        wanted=frozenset(["source", "record_id", group]),
        note=terminal.warning,
    )
    found = {name: file.column(name) for name in ("source", "record_id", group)}
    missing = [name for name in ("record_id", group) if found[name] is None]
    if missing:
        raise KesherError(
            f"{path} has no column {' and no column '.join(missing)}; its columns are "
            f"{file.listed_columns()}."
        )
    raw = f"{table}_rows"
    file.create(
        f"memory.main.{raw}",
        {name: column.text for name, column in found.items() if column is not None},
    )
    ((blank,),) = connection.execute(
        f"select count(*) from {raw} where {group} is null"  # noqa: S608
    ).fetchall()
    connection.execute(
        f"create or replace temp table {table} as select * from {raw} "  # noqa: S608
        f"where {group} is not null and record_id is not null"
    )
    connection.execute(f"drop table {raw}")
    return int(blank)


def _joined(
    connection: duckdb.DuckDBPyConnection, truth: Path, result: Path | None
) -> tuple[str, tuple[int, int]]:
    """Return by which columns the two are joined, and how many records only one of them has."""
    both = set(_columns(connection, "truth")) & set(_columns(connection, "resolved"))
    join = "source, record_id" if "source" in both else "record_id"
    for table, path in (("truth", truth), ("resolved", result)):
        doubled = connection.execute(
            f"select {join} from {table} group by {join} having count(*) > 1 "  # noqa: S608
            f"order by {join} limit {_EXAMPLES}"
        ).fetchall()
        if doubled:
            named = ", ".join(":".join(row) for row in doubled)
            hint = "" if "," in join else " A column source in both tells them apart."
            raise KesherError(f"{path} has more than one row for {named}.{hint}")
    ((common, of_truth, of_result),) = connection.execute(
        f"""
        select
            (select count(*) from truth inner join resolved using ({join})),
            (select count(*) from truth),
            (select count(*) from resolved)
        """  # noqa: S608
    ).fetchall()
    if not common:
        raise KesherError(
            f"{truth} and {result} have no record in common; they are compared by {join}."
        )
    return join, (of_truth - common, of_result - common)


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [name for name, *_ in connection.execute(f"describe {table}").fetchall()]


def _number_records(database: IdentityDatabase, join: str) -> None:
    """Give the truth's records the models' keys, which join faster than texts."""
    database.connection.execute(
        f"""
        create or replace temp table true_records as
        select people.record_key, truth.person_id
        from truth
        inner join {database.table("int_identity__person_records")} as people using ({join})
        """  # noqa: S608
    )


def _blocking(database: IdentityDatabase) -> Blocking:
    """Count the pairs that share a block; only those of some weight are kept with their scores."""
    row = database.connection.execute(
        f"""
        with
            members as (
                select block_key, record_key
                from {database.table("int_identity__block_members")}
            ),

            true_members as (
                select members.block_key, members.record_key, true_records.person_id
                from members
                inner join true_records using (record_key)
            )

        select
            (
                select count(*)
                from (
                    select distinct one.record_key, other.record_key
                    from members as one
                    inner join members as other using (block_key)
                    where one.record_key < other.record_key
                )
            ),
            (select count(*) from {database.table("int_identity__person_records")}),
            (
                select coalesce(sum(size * (size - 1) // 2), 0)
                from (select count(*) as size from true_records group by person_id)
            ),
            (
                select count(*)
                from (
                    select distinct one.record_key, other.record_key
                    from true_members as one
                    inner join true_members as other using (block_key, person_id)
                    where one.record_key < other.record_key
                )
            )
        """  # noqa: S608
    ).fetchone()
    compared, records, true_pairs, true_compared = (int(count) for count in row or ())
    return Blocking(compared, records * (records - 1) // 2, true_pairs, true_compared)


def _curve(database: IdentityDatabase, terminal: Terminal) -> tuple[Point, ...]:
    """Link and cluster again, by the models' SQL, at each threshold."""
    plan = database.plan(terminal)
    end = "int_identity__clusters"
    scored = {step.name for step in plan.after("int_identity__pair_scores")}
    steps = [step.name for step in plan.before(end) if step.name in scored]
    in_force = database.link_weight
    weights = {math.log2(share / (1 - share)) for share in CURVE} | {in_force}
    points = []
    with _progress(terminal) as tell:
        for number, weight in enumerate(sorted(weights), start=1):
            tell(f"evaluate: threshold {number} of {len(weights)}")
            with database.computed_anew(plan, steps, {}, weight) as relation:
                quality = measure(
                    database.connection,
                    "(select person_id, cluster_key from true_records "  # noqa: S608
                    f"inner join {relation(end)} using (record_key))",
                    "cluster_key",
                )
            threshold = 1 - 1 / (1 + 2**weight)
            points.append(Point(threshold, weight, weight == in_force, quality))
    return tuple(points)


@contextmanager
def _progress(terminal: Terminal) -> Iterator[Callable[[str], None]]:
    if not terminal.is_live or terminal.verbose:
        yield terminal.detail
        return
    with terminal.out.status("evaluate") as status:
        yield status.update


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _f1(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0
