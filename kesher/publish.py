"""`kesher publish`: makes the checked marts the ones that everybody sees, in one step.

A fresh `serving/<generation>.duckdb` is written beside, then the ledger of customer ids goes to
the lake, and last the pointer moves. Killed anywhere in between, readers keep the generation
before, and doing it again ends the same.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from kesher.build_record import (
    CheckRecord,
    check_results_file,
    read_build,
    read_check,
    warehouse_fingerprint,
)
from kesher.data_directory import DataDirectory, read_json, sync_folder, utc_text, write_json
from kesher.errors import ChecksBlockedError, KesherError, disk_full_error
from kesher.lake import OWN_SOURCES, Lake
from kesher.ledger import append_to_ledger
from kesher.serving import pointer
from kesher.terminal import Terminal

GENERATIONS_KEPT = 3

#: By which moment a customer's rows are sorted; the first that a mart has.
_MOMENTS = ("happened_at", "sent_at", "created_at", "started_at", "first_seen_at", "observed_at")


@dataclass(frozen=True)
class Publication:
    """What was published; `id_changes` counts the records that got an id, another, or none."""

    generation: str
    file: Path
    customers: int
    tables: int
    id_changes: int


def publish(data: DataDirectory, terminal: Terminal) -> Publication:
    """Publish the marts of the last build. Call it under the lock.

    Raises:
        ChecksBlockedError: this build has not passed the checks.
        KesherError: there is no complete build, or the disk is full.
    """
    started = time.monotonic()
    checked = _require_passed_checks(data)
    generation = _next_generation(data)
    data.serving.mkdir(parents=True, exist_ok=True)
    finished = data.serving / f"{generation}.duckdb"
    beside = finished.with_name(f"{finished.name}.tmp")
    published_at = datetime.now(UTC)
    try:
        tables, customers, id_changes = _write(
            data, beside, generation, published_at, checked.build_id
        )
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(finished)
        sync_folder(data.serving)
    except (duckdb.Error, OSError) as error:
        raise disk_full_error(error, data.serving) or KesherError(
            f"Can't publish: {' '.join(str(error).split())}"
        ) from error
    finally:
        # Renamed if all went well, else half-written.
        for leftover in (beside, beside.with_name(f"{beside.name}.wal")):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)
    write_json(
        data.pointer,
        {
            "generation": generation,
            "file": finished.name,
            "published_at": utc_text(published_at),
            "build_id": checked.build_id,
        },
    )
    _remove_old_generations(data)
    terminal.step(
        "publish",
        f"{customers:,} customers in {tables} tables, generation {generation}, "
        f"{time.monotonic() - started:.1f} s",
    )
    return Publication(generation, finished, customers, tables, id_changes)


def _require_passed_checks(data: DataDirectory) -> CheckRecord:
    build, checked = read_build(data), read_check(data)
    if build is None or not data.warehouse.exists():
        raise KesherError("There is nothing to publish yet: run kesher build, then kesher check.")
    if build.status != "ok":
        raise KesherError(
            f"The last build is not complete ({build.status}): run kesher build, then kesher check."
        )
    is_same = checked is not None and (checked.build_id, checked.warehouse) == (
        build.build_id,
        warehouse_fingerprint(data.warehouse),
    )
    if checked is None or not is_same:
        raise ChecksBlockedError("This build has not been checked: run kesher check first.")
    if not checked.passed:
        plural = "" if checked.failed_critical == 1 else "s"
        raise ChecksBlockedError(
            f"{checked.failed_critical} critical check{plural} failed for this build; nothing is "
            "published, the last good generation stays up. kesher check shows them."
        )
    return checked


def _next_generation(data: DataDirectory) -> str:
    generation = datetime.now(UTC).strftime("%Y%m%dT%H%M%S_%f")
    current = pointer(data)
    # Names rise also when the machine's clock was set back.
    if current and str(current["generation"]) >= generation:
        return f"{current['generation']}1"
    return generation


def _write(
    data: DataDirectory, file: Path, generation: str, published_at: datetime, build_id: str | None
) -> tuple[int, int, int]:
    """Write the serving file and the ledger; return counts of tables, customers and id changes."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        path = str(data.warehouse).replace("'", "''")
        connection.execute(f"attach '{path}' as warehouse (read_only)")
        marts = _marts(connection)
        if "customers" not in marts:
            raise KesherError("The warehouse has no mart customers: run kesher build.")
        for mart, columns in marts.items():
            order = ", ".join(f'"{column}"' for column in _sort_key(mart, columns))
            connection.execute(
                f'create table main."{mart}" as '  # noqa: S608 - names out of the catalogue
                f'select * from warehouse.marts."{mart}" order by {order}'
            )
        # The other tables are sorted by what they are looked up by, which the engine's zone maps
        # use; a customer is opened by its id more often than anything else.
        connection.execute("create unique index customers_by_id on customers (customer_id)")
        _add_published_streams(connection, data)
        connection.register("checked", _check_results(data))
        connection.execute("create table main.quality_checks as select * from checked")
        connection.unregister("checked")
        connection.execute(
            """
            create table main.published_generation as
            select
                cast($generation as varchar) as generation,
                cast($published_at as timestamp) as published_at,
                cast($sandbox as boolean) as sandbox
            """,
            {
                "generation": generation,
                "published_at": published_at.replace(tzinfo=None),
                "sandbox": (read_json(data.origin) or {}).get("customers") == "synthetic",
            },
        )
        sync_id = int(published_at.timestamp() * 1000)
        is_repeated = (pointer(data) or {}).get("build_id") == build_id
        id_changes = (
            0
            if is_repeated
            else append_to_ledger(connection, "warehouse", Lake(data.lake), sync_id)
        )
        ((customers,),) = connection.execute("select count(*) from main.customers").fetchall()
        connection.execute("detach warehouse")
        connection.execute("checkpoint")
    return len(marts) + 3, customers, id_changes


def _marts(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = connection.execute(
        """
        select table_name, list(column_name order by ordinal_position)
        from information_schema.columns
        where table_catalog = 'warehouse' and table_schema = 'marts'
        group by table_name
        order by table_name
        """
    ).fetchall()
    return dict(rows)


def _sort_key(mart: str, columns: list[str]) -> list[str]:
    """Return the columns by which a mart is looked up."""
    moments = [column for column in _MOMENTS if column in columns]
    if "token" in columns:
        return ["token", *(["customer_id"] if "customer_id" in columns else [])]
    if mart == "customers" or "customer_id" not in columns:
        return columns[:1]
    return [
        "customer_id",
        *moments[:1],
        *(column for column in columns[:1] if column != "customer_id"),
    ]


def _add_published_streams(connection: duckdb.DuckDBPyConnection, data: DataDirectory) -> None:
    build = read_build(data)
    live: Mapping[str, Mapping[str, int]] = build.records if build else {}
    rows = [
        {
            "source": source,
            "stream": stream,
            "lake_rows": facts.rows,
            "records": live.get(source, {}).get(stream, 0),
            "rejected": facts.misfits,
            "last_extracted_at": facts.last_extracted_at,
        }
        for (source, stream), facts in Lake(data.lake).facts().items()
        if source not in OWN_SOURCES
    ]
    schema = pa.schema(
        [
            ("source", pa.string()),
            ("stream", pa.string()),
            ("lake_rows", pa.int64()),
            ("records", pa.int64()),
            ("rejected", pa.int64()),
            ("last_extracted_at", pa.timestamp("us", tz="UTC")),
        ]
    )
    connection.register("streams", pa.Table.from_pylist(rows, schema=schema))
    connection.execute(
        """
        create table main.published_streams as
        select * replace (cast(last_extracted_at as timestamp) as last_extracted_at)
        from streams
        order by source, stream
        """
    )
    connection.unregister("streams")


def _check_results(data: DataDirectory) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(check_results_file(data))


def _remove_old_generations(data: DataDirectory) -> None:
    for old in sorted(data.serving.glob("*.duckdb"))[:-GENERATIONS_KEPT]:
        # A dashboard that still has it open keeps reading it until it lets go.
        old.unlink(missing_ok=True)
