"""The ledger of customer ids: kept in the lake, so that the warehouse stays disposable.

Two streams of the source `kesher`: `customer_ids` says which id each source record has and which
record the id was minted from; `customer_id_history` tells every create, merge, split, move and
retire. The next build reads both, and finds what is new against them. Rows are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb

from kesher.lake import OWN_SOURCE, Lake, LakeClock
from kesher.lake_writer import LakeWriter

_BATCH = 10_000
_CHANGE = "source, record_id, customer_id, minted_from_source, minted_from_record_id, is_deleted"


def append_to_ledger(
    connection: duckdb.DuckDBPyConnection, database: str, lake: Lake, sync_id: int
) -> int:
    """Write what the build found that the ledger does not say yet.

    To write the same build twice does no harm: of equal keys the newest row wins.

    Args:
        connection: Has the warehouse attached.
        database: The name under which it is attached.
        lake: Where the ledger is.
        sync_id: Stands in the rows' meta.

    Returns:
        How many records got an id, another id, or none any more.

    Raises:
        duckdb.Error: the warehouse lacks the tables.
        KesherError: the lake can't be written.
    """
    clock = LakeClock(lake.latest_stamp())
    now = datetime.now(UTC)
    with (
        LakeWriter(lake, OWN_SOURCE, "customer_id_history", sync_id=sync_id, clock=clock) as events,
        LakeWriter(lake, OWN_SOURCE, "customer_ids", sync_id=sync_id, clock=clock) as ids,
    ):
        for event in _rows(connection, database, "int_identity__customer_id_events", "*"):
            events.add(event)
        for change in _rows(connection, database, "int_identity__customer_id_changes", _CHANGE):
            if change.pop("is_deleted"):
                # Else the id would come back with the record, though its history says retired.
                key = {"source": change["source"], "record_id": change["record_id"]}
                ids.add_tombstone(key, now)
            else:
                ids.add(change)
        # First the events: cut off here, the next build finds the same ids again.
        events.commit()
        return ids.commit()


def _rows(
    connection: duckdb.DuckDBPyConnection, database: str, table: str, columns: str
) -> Iterator[dict[str, Any]]:
    found = connection.execute(
        f'select {columns} from "{database}".identity.{table}'  # noqa: S608
    )
    names = [column[0] for column in found.description or []]
    while batch := found.fetchmany(_BATCH):
        for values in batch:
            yield dict(zip(names, values, strict=True))
