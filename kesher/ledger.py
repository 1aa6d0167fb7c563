"""The ledger of customer ids: kept in the lake, so that the warehouse stays disposable.

Two streams of the source `kesher`: `customer_ids` says which id each source record has and which
record the id was minted from; `customer_id_history` tells every create, merge, split and retire.
The next build reads both. Rows are only ever added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from kesher.errors import KesherError
from kesher.lake import Lake, LakeClock, LakeWriter

SOURCE = "kesher"
_IDS = ("source", "record_id", "customer_id", "minted_from_source", "minted_from_record_id")
_BATCH = 10_000


def append_to_ledger(
    connection: duckdb.DuckDBPyConnection, database: str, lake: Lake, sync_id: int
) -> tuple[int, int]:
    """Write what the build says about customer ids and the ledger does not say yet.

    Writing it twice adds nothing the second time.

    Args:
        connection: Has the warehouse attached.
        database: The name under which it is attached.
        lake: Where the ledger is.
        sync_id: Stands in the rows' meta.

    Returns:
        How many ids and how many events were added.

    Raises:
        KesherError: the warehouse lacks the tables, or the lake can't be read or written.
    """
    clock = LakeClock(lake.latest_stamp())
    ids = _Ledger(lake, clock, sync_id, "customer_ids", ("source", "record_id")).append(
        connection, _id_query(connection, database), changed=("customer_id", *_IDS[3:])
    )
    events = _Ledger(lake, clock, sync_id, "customer_id_history", ("event_id",)).append(
        connection,
        f'select * from "{database}".marts.customer_id_history',  # noqa: S608 - our own name
        # What happened stays as it was first written.
        changed=(),
    )
    return ids, events


def _id_query(connection: duckdb.DuckDBPyConnection, database: str) -> str:
    found = connection.execute(
        """
        select table_schema, table_name
        from information_schema.columns
        where
            table_catalog = $database
            and table_schema in ('marts', 'identity')
            and list_contains($columns, column_name)
        group by table_schema, table_name
        having count(*) = len($columns)
        order by table_schema desc, table_name
        """,
        {"database": database, "columns": list(_IDS)},
    ).fetchall()
    if not found:
        raise KesherError(
            f"The warehouse has no table with the columns {', '.join(_IDS)}, so the customer ids "
            "can't be written down. Run kesher build --full-refresh."
        )
    schema, table = found[0]
    columns = ", ".join(_IDS)
    return f'select {columns} from "{database}"."{schema}"."{table}"'  # noqa: S608


@dataclass(frozen=True)
class _Ledger:
    """One stream of the ledger."""

    lake: Lake
    clock: LakeClock
    sync_id: int
    stream: str
    key: tuple[str, ...]

    def append(
        self, connection: duckdb.DuckDBPyConnection, query: str, changed: tuple[str, ...]
    ) -> int:
        """Add the query's rows whose key is new, or which differ in one of `changed`."""
        rows = connection.execute(self._only_new(connection, query, changed))
        columns = [column[0] for column in rows.description or []]
        with LakeWriter(
            self.lake, SOURCE, self.stream, sync_id=self.sync_id, clock=self.clock
        ) as writer:
            while batch := rows.fetchmany(_BATCH):
                for values in batch:
                    pairs = zip(columns, values, strict=True)
                    writer.add({column: _json_value(value) for column, value in pairs})
            return writer.commit()

    def _only_new(
        self, connection: duckdb.DuckDBPyConnection, query: str, changed: tuple[str, ...]
    ) -> str:
        written = self.lake.dataset(SOURCE, self.stream)
        if written is None:
            return query
        connection.register("ledger_rows", written)
        fields = ",\n".join(
            f"json_extract_string(_airbyte_data, '$.{column}') as {column}"
            for column in (*self.key, *changed)
        )
        same_key = " and ".join(f"ledger.{column} = latest.{column}" for column in self.key)
        differs = " or ".join(
            f"ledger.{column} is distinct from latest.{column}" for column in changed
        )
        return f"""
            with
                latest as ({query}),

                ledger as (
                    select {fields}
                    from ledger_rows
                    qualify row_number() over (
                        partition by {", ".join(self.key)} order by _airbyte_extracted_at desc
                    ) = 1
                )

            select latest.*
            from latest
            left join ledger on {same_key}
            where ledger.{self.key[0]} is null {f"or {differs}" if differs else ""}
        """  # noqa: S608 - our own names


def _json_value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
