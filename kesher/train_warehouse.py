"""`kesher train`: fits the match weights to the company's own warehouse, and keeps each version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from decisions.decision import standing
from kesher.errors import KesherError
from kesher.identity_database import IdentityDatabase, open_database
from kesher.lake import OWN_SOURCE, Lake, first_line
from kesher.steward_decisions import every_decision
from kesher.table_file import constant
from kesher.train import train
from kesher.train_pairs import CANDIDATE_PAIRS, DECIDED_PAIRS, READ, RUN
from kesher.trained_weights import (
    STREAM,
    TrainedWeights,
    append_again,
    append_reset,
    append_weights,
)
from kesher.work_folder import work_folder

if TYPE_CHECKING:
    from decisions.decision import Decision
    from kesher.config import Config
    from kesher.data_directory import DataDirectory
    from kesher.terminal import Terminal


@dataclass(frozen=True)
class WeightsVersion:
    """A version of the weights, as the lake has it.

    Attributes:
        version: Its name; a later one sorts after an earlier one.
        trained_at: When it was written.
        is_trained: Whether it holds trained weights; else it takes training back.
        is_newest: Whether builds use it.
        records: From how many records it was learned, if that is known.
        matches: About how many pairs of one customer were among them.
        decided: How many pairs stewards had decided.
        copy_of: The version whose weights it has, if it goes back to one.
        rows: Its weights as they were written.
    """

    version: str
    trained_at: str
    is_trained: bool
    is_newest: bool
    records: int | None
    matches: int | None
    decided: int | None
    copy_of: str | None
    rows: tuple[dict[str, Any], ...]


def train_warehouse(config: Config, data: DataDirectory, terminal: Terminal) -> TrainedWeights:
    """Estimate weights from the warehouse and the stewards' decisions; write nothing.

    Raises:
        KesherError: there is no warehouse, it is being written, or it is not of this version.
        TooLittleDataError: there is too little to learn from.
    """
    import duckdb

    if not data.warehouse.is_file():
        raise KesherError(f"There is no warehouse {data.warehouse} yet: kesher build makes it.")
    with open_database(data.warehouse) as database, work_folder(None) as work:
        plan = database.plan(terminal, every_pair=True)
        given = {DECIDED_PAIRS: _decided(config, data, database, terminal)}
        read = {name for step in RUN for name in plan.step(step).reads} | set(READ)
        database.connection.execute(f"set temp_directory = {constant(work / 'spill')}")
        database.connection.execute("set preserve_insertion_order = false")
        try:
            with database.as_planned(read - {CANDIDATE_PAIRS}, given):
                return train(
                    database.connection,
                    plan,
                    link_weight=database.link_weight,
                    tell=terminal.detail,
                )
        except duckdb.OutOfMemoryException as error:
            raise KesherError(f"Not enough memory to train: {first_line(error)}") from error
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise KesherError(
                f"{database.path} was built by another version of Kesher: run kesher build first "
                f"({first_line(error)})."
            ) from error


def keep(data: DataDirectory, trained: TrainedWeights) -> str:
    """Make weights the newest version. Call it under the lock.

    Returns:
        The version.

    Raises:
        KesherError: the lake can't be written.
    """
    return append_weights(Lake(data.lake), trained)


def reset(data: DataDirectory) -> str:
    """Go back to the weights that ship, from the next build on. Call it under the lock.

    Returns:
        The version that says so.

    Raises:
        KesherError: nothing was ever trained, or the lake can't be written.
    """
    if not any(version.is_newest and version.is_trained for version in versions(data)):
        raise KesherError("The weights that ship are in force already; nothing was written.")
    return append_reset(Lake(data.lake))


def use(data: DataDirectory, name: str) -> str:
    """Go back to an earlier version, from the next build on. Call it under the lock.

    Returns:
        The new version, which has the same weights.

    Raises:
        KesherError: there is no such version, or the lake can't be written.
    """
    known = versions(data)
    chosen = next((version for version in known if version.version == name), None)
    if chosen is None or not chosen.is_trained:
        there = ", ".join(version.version for version in known if version.is_trained)
        raise KesherError(
            f"There are no trained weights {name}. "
            + (f"There are: {there}." if there else "Nothing was trained yet.")
        )
    if chosen.is_newest:
        raise KesherError(f"{name} is in force already; nothing was written.")
    return append_again(Lake(data.lake), chosen.rows, chosen.copy_of or chosen.version)


def versions(data: DataDirectory) -> list[WeightsVersion]:
    """Return the versions in the lake, the newest first.

    Raises:
        KesherError: the lake can't be read.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in Lake(data.lake).records(OWN_SOURCE, STREAM):
        if row.get("version") and row.get("comparison"):
            rows.setdefault(str(row["version"]), []).append(row)
    newest = max(rows, default=None)
    return [_version(name, rows[name], is_newest=name == newest) for name in sorted(rows)[::-1]]


def _version(name: str, rows: list[dict[str, Any]], *, is_newest: bool) -> WeightsVersion:
    prior = next((row for row in rows if row["comparison"] == "prior"), {})
    return WeightsVersion(
        version=name,
        trained_at=str(rows[0].get("trained_at") or ""),
        is_trained=any(row.get("is_in_force") for row in rows),
        is_newest=is_newest,
        records=prior.get("records"),
        matches=prior.get("matches"),
        decided=prior.get("decided"),
        copy_of=prior.get("copy_of"),
        rows=tuple(rows),
    )


def _decided(
    config: Config, data: DataDirectory, database: IdentityDatabase, terminal: Terminal
) -> str:
    """Return a query for the pairs that stewards decided, those since the last build too."""
    try:
        found = standing(every_decision(config, data)).values()
    except KesherError as error:
        terminal.warning(f"{error} Training goes on with the decisions of the last build.")
        return f"select * from {database.table(DECIDED_PAIRS)}"  # noqa: S608
    rows = ", ".join(_row(decision) for decision in _of_two_records(found))
    nothing = "(null, null, null, null, null, null, null, null)"
    records = database.table("int_identity__person_records")
    return f"""
        select
            least(one.record_key, other.record_key) as left_record_key,
            greatest(one.record_key, other.record_key) as right_record_key,
            cast(decided.decision_id as varchar) as decision_id,
            cast(decided.verdict as varchar) as verdict,
            cast(decided.decided_by as varchar) as decided_by,
            cast(decided.decided_at as timestamp) as decided_at,
            cast(null as varchar) as note
        from (values {rows or nothing}) as decided(
            left_source, left_id, right_source, right_id,
            decision_id, verdict, decided_by, decided_at
        )
        inner join {records} as one
            on one.source = decided.left_source and one.record_id = decided.left_id
        inner join {records} as other
            on other.source = decided.right_source and other.record_id = decided.right_id
        where one.record_key <> other.record_key
        """  # noqa: S608


def _of_two_records(decisions: Iterable[Decision]) -> Iterable[Decision]:
    return (decision for decision in decisions if decision.verdict in ("same", "different"))


def _row(decision: Decision) -> str:
    left, right = decision.pair
    moment: datetime = decision.decided_at.replace(tzinfo=None)
    values = (
        left.source,
        left.record_id,
        right.source,
        right.record_id,
        decision.decision_id,
        decision.verdict,
        decision.decided_by,
        moment.isoformat(" "),
    )
    return f"({', '.join(constant(value) for value in values)})"
