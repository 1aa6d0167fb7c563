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
    has_all_decisions: bool = True

    @property
    def ok(self) -> bool:
        """Tell whether every source and the stewards' decisions could be read."""
        return self.report.ok and self.has_all_decisions


def run(config: Config, data: DataDirectory, terminal: Terminal, verb: str = "run") -> RunResult:
    """Do the whole way once.

    A source that fails does not hold up the others: what there is gets built and published. The
    same holds for the stewards' decisions. Look at `ok` for the exit code.

    Raises:
        AnotherRunError: another process is at work in the data directory.
        ChecksBlockedError: a critical check failed; nothing was published.
        KesherError: a step failed.
    """
    with recorded_run(data, verb) as record:
        result = _steps(config, data, terminal, record)
        record.failed = not result.ok
    return result


def _steps(config: Config, data: DataDirectory, terminal: Terminal, record: RunRecord) -> RunResult:
    from kesher.sync import sync

    with record.step("sync"):
        report = sync(config, data, terminal, record)
    if not report.ok and not Lake(data.lake).files():
        raise KesherError(
            "No source could be read and the lake is empty: there is nothing to build."
        )
    from kesher.steward_decisions import take_decisions

    with record.step("decisions"):
        has_all_decisions = take_decisions(config, data, terminal)
    # dbt and Great Expectations take seconds to import: not before they are needed.
    from kesher.build import build
    from kesher.source_folder import note_mappings

    with record.step("build"):
        note_mappings(config, data)
        build(data, terminal, record, home_country=config.home_country)
    from kesher.check import check

    with record.step("check"):
        check(data, terminal, config.alerts, Redactor(config.secrets))
    from kesher.publish import publish

    with record.step("publish"):
        publication = publish(data, terminal)
    record.note("generation", publication.generation)
    return RunResult(report, publication, has_all_decisions)
