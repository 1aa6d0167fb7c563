"""Great Expectations on DuckDB, which it does not know by itself.

Importing this module imports Great Expectations (seconds): import it only where checks run. Merely
defining `DuckDBDatasource` registers the type ``duckdb`` and adds ``add_duckdb`` to a context's
``data_sources``.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import sqlalchemy
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy.dialects import postgresql

# GX picks its SQL for regular expressions and the like by dialect. duckdb-engine's dialect is a
# subclass of PostgreSQL's and DuckDB understands that SQL, with one difference to remember in
# suites: DuckDB's `~` matches the whole value, never a part of it.
_DIALECT_MODULE = postgresql


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]  # GX is not typed
    """Runs all queries of a run over one kept connection, so the file is opened only once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect_module = _DIALECT_MODULE
        self._connection: sqlalchemy.Connection | None = None

    @contextmanager
    def get_connection(self) -> Iterator[sqlalchemy.Connection]:
        """Yield the one connection, opening it the first time."""
        if self._connection is None:
            self._connection = self.engine.connect()
        try:
            yield self._connection
        except Exception:
            # DuckDB refuses every further query in a transaction in which one failed.
            self._connection.rollback()
            raise

    def close(self) -> None:
        """Close the connection, so that this process may open the file for writing again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]  # GX is not typed
    """A DuckDB file as a source of data for Great Expectations."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> builtins.type[DuckDBExecutionEngine]:
        """The engine that runs this source's queries."""
        return DuckDBExecutionEngine

    def count_rows(self, query: str) -> int:
        """Count what a query returns.

        Args:
            query: Complete SQL, DuckDB's short ``from schema.table`` included.

        Returns:
            The number of rows.
        """
        counting = sqlalchemy.text(f"select count(*) from ({query})")  # noqa: S608 - our own SQL
        result = self.get_execution_engine().execute_query(counting)
        return int(result.scalar_one())

    def close(self) -> None:
        """Close every connection to the file."""
        self.get_execution_engine().close()
        self.get_engine().dispose()


def open_datasource(
    context: Any, name: str, warehouse: Path, settings: dict[str, str | int]
) -> DuckDBDatasource:
    """Add a DuckDB file, opened read-only, to a Great Expectations context.

    Args:
        context: A Great Expectations data context.
        name: Name of the source in the context.
        warehouse: The DuckDB file.
        settings: DuckDB settings such as ``memory_limit``.

    Returns:
        The source; close it when done.
    """
    url = sqlalchemy.URL.create("duckdb", database=str(warehouse))
    source: DuckDBDatasource = context.data_sources.add_duckdb(
        name=name,
        connection_string=url.render_as_string(hide_password=False),
        kwargs={"connect_args": {"read_only": True, "config": settings}},
    )
    return source
