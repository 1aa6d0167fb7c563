"""Runs the checks in a process of their own.

Great Expectations takes half a gigabyte and leaves libraries behind that complain when a program
ends; both go with the process.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Mapping
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from expectations.report import CheckReport
from kesher.child_process import die_with_parent, send_output_to
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
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_work,
        args=(sender, log, warehouse, previous, dict(last_syncs)),
        name="kesher-check",
        daemon=True,
    )
    process.start()
    sender.close()
    try:
        outcome: CheckReport | str = receiver.recv()
        process.join(timeout=10)
    except EOFError:
        process.join()
        outcome = f"their process ended unexpectedly (exit code {process.exitcode})"
    finally:
        process.kill()
        process.join()
        receiver.close()
    if isinstance(outcome, str):
        raise KesherError(f"The checks could not be run: {outcome}. Details: {log}")
    return outcome


def _work(
    sender: Connection,
    log: Path,
    warehouse: Path,
    previous: Path | None,
    last_syncs: Mapping[str, datetime],
) -> None:
    die_with_parent()
    log.unlink(missing_ok=True)
    send_output_to(log)
    try:
        from expectations.checkpoint import run_checks

        sender.send(run_checks(warehouse, previous=previous, last_syncs=last_syncs))
    except Exception as error:
        traceback.print_exc()
        sender.send(" ".join(f"{type(error).__name__}: {error}".split()))
    sender.close()
