"""dbt in this process."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.data_directory import DataDirectory
from kesher.garbage_collection import rare_garbage_collection

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"


def dbt_arguments(
    verb: str, data: DataDirectory, log_folder: Path, *, verbose: bool = False
) -> list[str]:
    """Return dbt's command line: quiet, no telemetry, and nothing written into the project."""
    return [
        *(["--log-level=info"] if verbose else ["--quiet", "--log-level=none"]),
        # At `debug` each statement is told several times, a tenth of a build.
        f"--log-level-file={'debug' if verbose else 'info'}",
        f"--log-path={log_folder}",
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
        "--no-use-colors",
        "--no-use-colors-file",
        "--no-print",
        # What dbt writes of project and results for other programs, nobody reads here.
        "--no-write-json",
        verb,
        f"--project-dir={DBT_PROJECT}",
        f"--profiles-dir={DBT_PROJECT}",
        f"--target-path={data.dbt / 'target'}",
    ]


def invoke_dbt(
    arguments: list[str],
    data: DataDirectory,
    callbacks: Sequence[Any] = (),
    project: Manifest | None = None,
) -> Any:
    """Run dbt in this process and close the warehouse behind it.

    Args:
        arguments: dbt's command line.
        data: Where lake and warehouse are.
        callbacks: Called with each event of dbt.
        project: As `parsed_project` gives it; else dbt reads it.

    Returns:
        dbt's `dbtRunnerResult`.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    with open_warehouse(data) as warehouse:
        return warehouse.invoke(arguments, callbacks, project)


@dataclass(frozen=True)
class OpenWarehouse:
    """The warehouse as dbt opens it when it first runs, open until the end of `open_warehouse`."""

    def cursor(self) -> Any:
        """Return a cursor like those of dbt's models, another one at each call, once dbt ran."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        return DuckDBConnectionManager.env().handle().cursor()

    def invoke(
        self,
        arguments: Sequence[str],
        callbacks: Sequence[Any] = (),
        project: Manifest | None = None,
    ) -> Any:
        """Run dbt; see `invoke_dbt`."""
        from dbt.cli.main import dbtRunner

        with _silent_logging_errors(), rare_garbage_collection():
            result = dbtRunner(manifest=project, callbacks=list(callbacks)).invoke(arguments)
        if isinstance(result.exception, KeyboardInterrupt | SystemExit):
            raise KeyboardInterrupt
        return result


@contextlib.contextmanager
def open_warehouse(data: DataDirectory) -> Iterator[OpenWarehouse]:
    """Keep what dbt opens of the warehouse open until the end, however often dbt is invoked."""
    environment = {"KESHER_LAKE": str(data.lake), "KESHER_WAREHOUSE": str(data.warehouse)}
    with set_environment(environment):
        try:
            yield OpenWarehouse()
        finally:
            close_warehouse()


@contextlib.contextmanager
def _silent_logging_errors() -> Iterator[None]:
    """Let dbt go on where its log can't be written: on a full disk, each line would be a traceback.

    What the disk lacks is told by what needs it, the warehouse or the record of the run.
    """
    before = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        yield
    finally:
        logging.raiseExceptions = before


@contextlib.contextmanager
def set_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and leave them as they were."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def close_warehouse() -> None:
    """Close what dbt-duckdb keeps open until the process ends, so that others can open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections, reset_adapters

    cleanup_connections()
    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager._ENV = None
    reset_adapters()
    # Cursors in reference cycles keep the database open too.
    gc.collect()
