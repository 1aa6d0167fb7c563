"""Runs the checks in a process of their own.

Great Expectations takes half a gigabyte and leaves libraries behind that complain when a program
ends; both go with the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from expectations.report import CheckReport
from kesher.child_process import ChildError, run_apart
from kesher.errors import KesherError


def run_checks_apart(
    warehouse: Path, previous: Path | None, log: Path, last_syncs: Mapping[str, datetime]
) -> CheckReport:
    """Check a warehouse; see `expectations.checkpoint.run_checks`.

    Args:
        warehouse: The DuckDB file that dbt built.
        previous: The published DuckDB file, if there is one.
        log: Takes what the libraries print.
        last_syncs: Source → when it was last read without an error.

    Raises:
        KesherError: the checks could not be run.
    """
    log.unlink(missing_ok=True)
    try:
        return run_apart(
            _work, (warehouse, previous, dict(last_syncs)), name="kesher-check", log=log
        )
    except ChildError as error:
        raise KesherError(f"The checks could not be run: {error}. Details: {log}") from error


def _work(
    warehouse: Path, previous: Path | None, last_syncs: Mapping[str, datetime]
) -> CheckReport:
    from expectations.checkpoint import run_checks

    return run_checks(warehouse, previous=previous, last_syncs=last_syncs)
