"""`kesher sync`: reads every source into the lake, each in a process of its own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from multiprocessing.connection import Connection, wait
from typing import Any
from urllib.parse import urlsplit

from kesher.child_process import start_child
from kesher.config import Config
from kesher.config_schema import VENDORS, SandboxConfig
from kesher.data_directory import DataDirectory, read_json, utc_text, write_json
from kesher.errors import KesherError
from kesher.lake import Lake
from kesher.run_history import RunRecord
from kesher.source_state import is_damaged
from kesher.sync_report import SourceJob, SourceResult, SyncEvent, SyncReport
from kesher.sync_request import SOURCES_AT_ONCE, SyncRequest, settings_since
from kesher.terminal import Terminal

Worker = Callable[[SourceJob, Connection], None]

#: What every source takes most of its start for.
_IMPORTED = ("connectors.declarative",)


def sync(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    run: RunRecord,
    request: SyncRequest | None = None,
) -> SyncReport:
    """Read the sources into the lake and print how it went. Call it under the lock.

    Args:
        config: Says which sources there are; the sandbox's server runs meanwhile if needed.
        data: Where the lake and the states are.
        terminal: Where progress and the summary go.
        run: Takes note of what happened.
        request: What to read, and how; what changed in all of them, if None.

    Returns:
        What happened. A failing source does not stop the others: look at `ok`.

    Raises:
        KesherError: nothing could be read at all.
    """
    from kesher.sync_history import append_to_history
    from kesher.sync_process import main as worker
    from kesher.sync_progress import SyncProgress, summary_table

    began_at = datetime.now(UTC)
    request = request or SyncRequest()
    with source_settings(config, data, terminal) as sources:
        jobs = _jobs(config, data, terminal, run, sources, request)
        _guard_origin(config, data)
        report = SyncReport(
            partial=frozenset(job.source for job in jobs if job.streams is not None or job.since)
        )
        run.note_reading(job.source for job in jobs)
        try:
            with SyncProgress(terminal) as progress:
                for event in run_jobs(jobs, worker, request.at_once):
                    progress.show(event)
                    report.add(event)
        except BaseException:
            _note_stopped(report, jobs, began_at)
            run.note_sync(report)
            append_to_history(data, run, report, began_at)
            raise
    terminal.table(summary_table(report, terminal.out.width))
    for job in jobs:
        terminal.detail(f"log of {job.source}: {job.log_file}")
    for source in report.sources:
        for warning in source.warnings:
            terminal.warning(f"{source.source}: {warning}")
    for line in report.errors:
        terminal.error(line)
    run.note_sync(report)
    append_to_history(data, run, report, began_at)
    return report


def _note_stopped(report: SyncReport, jobs: Iterable[SourceJob], began_at: datetime) -> None:
    """Add, of the sources that were being read or waited for it, that they were stopped."""
    ended = {source.source for source in report.sources}
    seconds = (datetime.now(UTC) - began_at).total_seconds()
    for job in jobs:
        if job.source not in ended:
            report.add(
                SourceResult(
                    job.source,
                    seconds,
                    "stopped before it was read to its end; the next sync goes on from there",
                )
            )


def plan(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    run: RunRecord,
    request: SyncRequest,
) -> SyncReport:
    """Print how each stream would be read, and read nothing. The arguments are those of `sync`."""
    from kesher.sync_process import main as worker
    from kesher.sync_progress import plan_table

    report = SyncReport()
    with source_settings(config, data, terminal) as sources:
        jobs = _jobs(config, data, terminal, run, sources, request)
        for event in run_jobs([replace(job, is_plan_only=True) for job in jobs], worker):
            report.add(event)
    terminal.table(plan_table(report, terminal.out.width))
    for line in report.errors:
        terminal.error(line)
    return report


def _jobs(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    run: RunRecord,
    sources: Mapping[str, Mapping[str, Any]],
    request: SyncRequest,
) -> list[SourceJob]:
    """Return what each worker process needs to know."""
    chosen = request.chosen(sources)
    for name in chosen:
        if is_damaged(state := data.state / f"{name}.json"):
            terminal.warning(f"{state} is damaged: {name} is read from the beginning.")
    not_before = Lake(data.lake).latest_stamp()
    sync_id = time.time_ns() // 1_000_000
    return [
        SourceJob(
            source=name,
            connector_type=str(sources[name]["type"]),
            settings=(
                settings_since(sources[name], request.since)
                if request.since
                else dict(sources[name])
            ),
            lake=str(data.lake),
            state_folder=str(data.state),
            log_file=str(run.folder / f"{name}.log"),
            sync_id=sync_id,
            not_before=not_before,
            streams=streams,
            full_refresh=request.full_refresh,
            since=request.since,
            reread_days=config.reread_days.get(name, {}),
            secrets=config.secrets | _secrets_of(sources[name]),
        )
        for name, streams in chosen.items()
    ]


@contextlib.contextmanager
def source_settings(
    config: Config, data: DataDirectory, terminal: Terminal
) -> Iterator[Mapping[str, Mapping[str, Any]]]:
    """Give the settings of every source by name; the sandbox's server runs meanwhile if needed."""
    if config.sources is not None:
        yield config.sources
        return
    from connectors import sandbox
    from kesher.config import check_source

    ensure_sandbox(config, data, terminal)
    with clear_sandbox_errors(), sandbox.running(data.sandbox) as base_url:
        yield {
            name: check_source(settings)
            for name, settings in sandbox.source_configs(base_url).items()
        }


def ensure_sandbox(config: Config, data: DataDirectory, terminal: Terminal) -> bool:
    """Make the synthetic population if there is none yet; return whether it was made now."""
    from connectors import sandbox

    if sandbox.exists(data.sandbox):
        return False
    started = time.monotonic()
    with clear_sandbox_errors():
        sandbox.create(data.sandbox, people=config.sandbox.people, seed=config.sandbox.seed)
    note_sandbox_population(data, config.sandbox)
    terminal.step(
        "sandbox",
        f"{config.sandbox.people:,} synthetic people (seed {config.sandbox.seed}), "
        f"{time.monotonic() - started:.1f} s",
    )
    return True


@contextlib.contextmanager
def clear_sandbox_errors() -> Iterator[None]:
    """Turn what the sandbox complains of into an error of the command."""
    from connectors.sandbox import SandboxError

    try:
        yield
    except SandboxError as error:
        raise KesherError(str(error)) from error


def sandbox_population(data: DataDirectory) -> SandboxConfig | None:
    """Tell which population the sandbox holds; None if there is none, or nobody knows."""
    from connectors import sandbox

    noted = read_json(data.sandbox_note)
    return SandboxConfig(**noted) if noted and sandbox.exists(data.sandbox) else None


def note_sandbox_population(data: DataDirectory, population: SandboxConfig) -> None:
    """Remember which population the sandbox was made with."""
    write_json(data.sandbox_note, population.model_dump())


def run_jobs(
    jobs: Iterable[SourceJob], worker: Worker, at_once: int = SOURCES_AT_ONCE
) -> Iterator[SyncEvent]:
    """Run a worker process for each job, so many at once, and yield their events.

    Every job ends with exactly one `SourceResult`, also if its process is killed.
    """
    waiting = list(jobs)
    running: dict[Connection, tuple[SourceJob, Any, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.pop(0)
                process, receiver = start_child(
                    worker, (job,), f"kesher-{job.source}", imported=_IMPORTED
                )
                running[receiver] = (job, process, time.monotonic())
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)  # noqa: S101 - nothing else was given
                job, process, started = running[ready]
                try:
                    event: SyncEvent = ready.recv()
                except (EOFError, OSError):
                    process.join()
                    event = SourceResult(
                        job.source,
                        time.monotonic() - started,
                        f"its process ended unexpectedly ({_ending(process.exitcode)}); what was "
                        f"in the lake before stays. Details: {job.log_file}",
                    )
                yield event
                if isinstance(event, SourceResult):
                    process.join(timeout=10)
                    ready.close()
                    del running[ready]
    finally:
        for receiver, (_, process, _) in running.items():
            process.kill()
            process.join()
            receiver.close()


def _ending(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"killed by signal {-exit_code}" + (", out of memory?" if exit_code == -9 else "")
    return f"exit code {exit_code}"


def _secrets_of(settings: Mapping[str, Any]) -> frozenset[str]:
    """Name the sandbox's keys as secrets too, so that its logs look like a real account's."""
    keys = ("client_secret", "api_token", "api_key", "access_token")
    return frozenset(str(settings[key]) for key in keys if settings.get(key))


def _guard_origin(config: Config, data: DataDirectory) -> None:
    """Refuse to pour real customers into a lake of synthetic ones, or the other way round."""
    vendors = [
        settings["settings"] if settings["type"] == "manifest" else settings
        for settings in (config.sources or {}).values()
        if settings["type"] in (*VENDORS, "manifest")
    ]
    # Vendors on this machine are a sandbox that is served by hand, with or without lists.
    is_local = bool(vendors) and all(_is_loopback(vendor.get("base_url")) for vendor in vendors)
    is_real = not config.uses_sandbox and not is_local
    origin = read_json(data.origin)
    if origin is None:
        write_json(
            data.origin,
            {
                "customers": "real" if is_real else "synthetic",
                "since": utc_text(datetime.now(UTC)),
            },
        )
        return
    if is_real and origin["customers"] == "synthetic":
        raise KesherError(
            f"{data.root} holds the sandbox's synthetic customers, real ones must not mix with "
            "them. Choose another data_dir in kesher.yml (or --data-dir), or delete this one."
        )
    if config.uses_sandbox and origin["customers"] == "real":
        raise KesherError(
            f"{data.root} holds real customers, the sandbox's synthetic ones must not mix with "
            "them. Name another place with --data-dir, or say with --config where kesher.yml is."
        )


def _is_loopback(base_url: Any) -> bool:
    host = urlsplit(str(base_url or "")).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
