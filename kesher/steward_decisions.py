"""The stewards' decisions on their way into the lake, where the next build reads them.

The lake itself tells which decisions it has: a build that dies anywhere loses none and writes none
twice. It also gives decisions back to a store that does not have them, so that a lost store, or a
new one at another address, is filled by the next build.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast, get_args

from decisions.decision import Decision, RecordName, Verdict
from decisions.store import DecisionStore, sqlite_url
from decisions.store_errors import DecisionStoreError
from kesher.config import Config
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.lake import STEWARD_SOURCE, Lake
from kesher.lake_writer import own_writer
from kesher.terminal import Terminal

STREAM = "decisions"


@contextmanager
def decision_store(config: Config, data: DataDirectory) -> Iterator[DecisionStore]:
    """Open the store that the configuration names, by default a file of the data directory.

    Raises:
        KesherError: the store can't do what the body asks of it.
    """
    try:
        with DecisionStore(config.decisions_url or sqlite_url(data.decisions)) as store:
            yield store
    except DecisionStoreError as error:
        raise KesherError(str(error)) from error


def take_decisions(config: Config, data: DataDirectory, terminal: Terminal) -> bool:
    """Bring what stewards decided since the last build into the lake. Call it under the lock.

    A store that can't be read is told and does not hold up the build, like a source: the lake has
    all decisions up to the build before, and the new ones come when the store is back.

    Returns:
        Whether all decisions are in the lake now.

    Raises:
        KesherError: the lake can't be read or written.
    """
    lake = Lake(data.lake)
    known = _in_lake(lake)
    try:
        with decision_store(config, data) as store:
            decided = store.decisions()
            restored = store.add_missing(
                decision for decision in known.values() if decision is not None
            )
    except KesherError as error:
        terminal.error(f"{error} This build goes on without the newest decisions.")
        return False
    new = [decision for decision in decided if decision.decision_id not in known]
    _write(lake, new)
    if new or restored:
        back = f", {restored:,} brought back from the lake" if restored else ""
        terminal.step("stewards", f"{len(new):,} new decision{'s' * (len(new) != 1)}{back}")
    return True


def every_decision(config: Config, data: DataDirectory) -> list[Decision]:
    """Return what stewards decided: what the store has, and what only the lake has.

    Raises:
        KesherError: one of them can't be read.
    """
    with decision_store(config, data) as store:
        decided = store.decisions()
    known = {decision.decision_id for decision in decided}
    in_lake = [decision for decision in _in_lake(Lake(data.lake)).values() if decision is not None]
    return decided + [decision for decision in in_lake if decision.decision_id not in known]


def _write(lake: Lake, new: list[Decision]) -> None:
    if not new:
        return
    with own_writer(lake, STEWARD_SOURCE, STREAM) as writer:
        for decision in new:
            writer.add(
                {
                    "decision_id": decision.decision_id,
                    "left_source": decision.left.source,
                    "left_record_id": decision.left.record_id,
                    "right_source": decision.right.source,
                    "right_record_id": decision.right.record_id,
                    "verdict": decision.verdict,
                    "decided_by": decision.decided_by,
                    "decided_at": decision.decided_at,
                    "note": decision.note,
                    "evidence": decision.evidence,
                    "undone_decision_id": decision.undone_decision_id,
                }
            )
        writer.commit()


def _in_lake(lake: Lake) -> dict[str, Decision | None]:
    """Return the decisions in the lake by their ids; None for one that is no whole decision."""
    return {
        str(record["decision_id"]): _decision(record)
        for record in lake.records(STEWARD_SOURCE, STREAM)
        if "decision_id" in record
    }


def _decision(record: dict[str, Any]) -> Decision | None:
    """Read a decision as the lake has it, perhaps by another hand than ours."""
    try:
        decided_at = datetime.fromisoformat(record["decided_at"])
        verdict = cast("Verdict", record["verdict"])
        if verdict not in (*get_args(Verdict), "undo"):
            return None
        return Decision(
            decision_id=str(record["decision_id"]),
            left=RecordName(str(record["left_source"]), str(record["left_record_id"])),
            right=RecordName(str(record["right_source"]), str(record["right_record_id"])),
            verdict=verdict,
            decided_by=str(record.get("decided_by") or "unknown"),
            decided_at=decided_at if decided_at.tzinfo else decided_at.replace(tzinfo=UTC),
            note=record.get("note"),
            evidence=record.get("evidence"),
            undone_decision_id=record.get("undone_decision_id"),
        )
    except (KeyError, TypeError, ValueError):
        return None
