"""`kesher check`: the gate between build and publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.alerts import AlertsConfig
from expectations.report import CheckReport
from kesher.build_record import (
    CheckRecord,
    check_results_file,
    read_build,
    warehouse_fingerprint,
    write_check,
)
from kesher.check_process import run_checks_apart
from kesher.data_directory import DataDirectory, utc_text, write_file
from kesher.errors import ChecksBlockedError, KesherError
from kesher.redaction import Redactor
from kesher.run_history import last_good_syncs
from kesher.serving import published_file
from kesher.terminal import Terminal

RunChecks = Callable[[Path, Path | None, Path, Mapping[str, datetime]], CheckReport]


def check(
    data: DataDirectory,
    terminal: Terminal,
    alerts: AlertsConfig,
    redact: Redactor,
    run_checks: RunChecks = run_checks_apart,
) -> CheckReport:
    """Check the warehouse's marts, print what failed, and tell whom it concerns.

    Raises:
        ChecksBlockedError: a critical check failed, so this build can't be published.
        KesherError: there is no complete build to check.
    """
    started = time.monotonic()
    build = read_build(data)
    if not data.warehouse.exists():
        raise KesherError(f"There is no warehouse at {data.warehouse} yet: run kesher build.")
    if build is None or build.status != "ok":
        raise KesherError(
            f"The last build is not complete ({build.status if build else 'not recorded'}): "
            "run kesher build, without --select."
        )
    report = run_checks(
        data.warehouse, published_file(data), data.checks / "check.log", last_good_syncs(data)
    )
    _keep(data, report)
    critical = [failure for failure in report.failures if failure.severity == "critical"]
    warnings = len(report.failures) - len(critical)
    write_check(
        data,
        CheckRecord(
            build_id=build.build_id,
            checked_at=utc_text(report.checked_at),
            passed=not report.blocks,
            warehouse=warehouse_fingerprint(data.warehouse),
            failed_critical=len(critical),
            failed_warning=warnings,
        ),
    )
    terminal.step(
        "check",
        f"{len(report.results) - len(report.failures)} of {len(report.results)} checks passed"
        + (f", {warnings} warnings" if warnings else "")
        + f", {time.monotonic() - started:.1f} s",
    )
    for failure in report.failures:
        counts = f" ({failure.failed_rows:,} of {failure.checked_rows:,})" * bool(
            failure.failed_rows
        )
        line = f"{failure.check_id}: does not hold: {failure.title}{counts}"
        if failure.severity == "critical":
            terminal.error(line)
        else:
            terminal.warning(line)
    _tell(data, terminal, report, alerts, redact)
    if critical:
        raise ChecksBlockedError(
            f"{len(critical)} critical check{'s' * (len(critical) != 1)} failed: nothing will be "
            "published, the last good generation stays up."
        )
    return report


def _keep(data: DataDirectory, report: CheckReport) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(report.to_table(), sink)
    write_file(check_results_file(data), sink.getvalue().to_pybytes())


def _tell(
    data: DataDirectory,
    terminal: Terminal,
    report: CheckReport,
    alerts: AlertsConfig,
    redact: Redactor,
) -> None:
    from expectations.alerts import notify

    for delivery in notify(report, data.checks / "state.json", alerts):
        if delivery.delivered:
            terminal.say(redact(f"          {delivery.message}"))
        else:
            # An alert that can't be delivered must not hold up the data; it is told here instead.
            terminal.warning(redact(delivery.message))
