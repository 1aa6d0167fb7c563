"""What stands in a DuckDB file: its tables, their columns, and counts to compare with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the warehouse: schema, name and columns (name → SQL type) in order."""

    schema: str
    name: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PublishedCounts:
    """Counts of the published generation, against which a build is compared.

    Attributes:
        customers: Customers published.
        records: Source → its person records published.
    """

    customers: int = 0
    records: Mapping[str, int] = field(default_factory=dict)


def read_tables(warehouse: Path) -> dict[tuple[str, str], Table]:
    """List tables and views of a warehouse by (schema, name).

    Args:
        warehouse: The DuckDB file; opened read-only and closed again.

    Returns:
        The tables.

    Raises:
        duckdb.Error: If the file is missing, no DuckDB file, or held by another process.
    """
    columns: dict[tuple[str, str], dict[str, str]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where not internal and database_name = current_database() "
            "order by schema_name, table_name, column_index"
        ).fetchall()
    for schema, table, column, data_type in rows:
        columns.setdefault((schema, table), {})[column] = data_type
    return {key: Table(*key, columns=found) for key, found in columns.items()}


def read_sources_within(warehouse: Path, tables: Iterable[Table]) -> dict[str, list[str]]:
    """Tell which sources share tables: whose rows bear the source's name.

    Args:
        warehouse: The DuckDB file; opened read-only and closed again.
        tables: Tables that have a column `source`.

    Returns:
        Source → the names of those tables that hold something of it.

    Raises:
        duckdb.Error: If the file cannot be read.
    """
    found: dict[str, list[str]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table in sorted(tables, key=lambda table: table.name):
            rows = connection.execute(
                f'select distinct source from {table.schema}."{table.name}"'  # noqa: S608 - names come from the catalog
            ).fetchall()
            for (source,) in sorted(row for row in rows if row[0] is not None):
                found.setdefault(source, []).append(table.name)
    return found


def read_published_counts(published: Path) -> PublishedCounts:
    """Count what the published generation holds.

    Args:
        published: The published DuckDB file; opened read-only and closed again.

    Returns:
        Its counts.

    Raises:
        duckdb.Error: If the file cannot be read or holds no marts.
    """
    with duckdb.connect(str(published), read_only=True) as connection:
        customers = connection.execute("select count(*) from main.customers").fetchall()
        records = connection.execute(
            "select source, count(*) from main.customer_identities group by source order by source"
        ).fetchall()
    return PublishedCounts(customers=customers[0][0], records=dict(records))
