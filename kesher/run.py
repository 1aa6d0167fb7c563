"""`kesher run`: sync, build, check, publish, in this order and under one lock."""

from __future__ import annotations

from dataclasses import dataclass

from kesher.config import Config
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.lake import Lake
from kesher.publish import Publication
from kesher.redaction import Redactor
from kesher.run_history import RunRecord, recorded_run
from kesher.sync_report import SyncReport
from kesher.terminal import Terminal


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    report: SyncReport
    publication: Publication


def run(config: Config, data: DataDirectory, terminal: Terminal, verb: str = "run") -> RunResult:
    """Do the whole way once.

    A source that fails does not hold up the others: what there is gets built and published. Look
    at `report.ok` for the exit code.

    Raises:
        AnotherRunError: another process is at work in the data directory.
        ChecksBlockedError: a critical check failed; nothing was published.
        KesherError: a step failed.
    """
    with recorded_run(data, verb) as record:
        result = _steps(config, data, terminal, record)
        record.failed = not result.report.ok
    return result


def _steps(config: Config, data: DataDirectory, terminal: Terminal, record: RunRecord) -> RunResult:
    from kesher.sync import sync

    with record.step("sync"):
        report = sync(config, data, terminal, record)
    if not report.ok and not Lake(data.lake).files():
        raise KesherError(
            "No source could be read and the lake is empty: there is nothing to build."
        )
    # dbt and Great Expectations take seconds to import: not before they are needed.
    from kesher.build import build

    with record.step("build"):
        build(data, terminal, record)
    from kesher.check import check

    with record.step("check"):
        check(data, terminal, config.alerts, Redactor(config.secrets))
    from kesher.publish import publish

    with record.step("publish"):
        publication = publish(data, terminal)
    record.note("generation", publication.generation)
    return RunResult(report, publication)
