"""`kesher status`: what there is, without disturbing whoever is at work."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from kesher.build_record import built_records, read_build, read_check
from kesher.config import Config
from kesher.data_directory import DataDirectory, read_json
from kesher.lake import OWN_SOURCES, Lake, LakeFileError
from kesher.run_history import runs
from kesher.serving import pointer, published_file, serving_problem
from kesher.terminal import Terminal


def status(config: Config, data: DataDirectory) -> dict[str, Any]:
    """Gather the status. Opens neither the warehouse nor the sandbox, and takes no lock.

    Returns:
        What `kesher status --json` prints: `records` are the live records by source and stream as
        of the last build (rows of the lake for what was never built), `lake_rows` all the rows.
    """
    unreadable: list[LakeFileError] = []
    facts = Lake(data.lake).facts(unreadable)
    problems = [str(error) for error in unreadable]
    lake_rows: dict[str, dict[str, int]] = {}
    for (source, stream), fact in facts.items():
        lake_rows.setdefault(source, {})[stream] = fact.rows
    records: dict[str, dict[str, int]] = {
        source: dict(streams) for source, streams in lake_rows.items() if source not in OWN_SOURCES
    }
    for source, streams in built_records(data).items():
        if any(streams.values()) or source in records:
            records.setdefault(source, {}).update(streams)
    history = runs(data)
    current = pointer(data)
    published = published_file(data)
    unpublished = serving_problem(data)
    if unpublished:
        problems.append(unpublished)
    build, checked = read_build(data), read_check(data)
    last_build_status = build.status if build else None
    if last_build_status == "running" and not any(run["status"] == "running" for run in history):
        last_build_status = "failed"
    return {
        "data_dir": str(data.root),
        "config": str(config.file) if config.file else None,
        "customers": (read_json(data.origin) or {}).get(
            "customers", "synthetic" if config.uses_sandbox else "real"
        ),
        "lake": str(data.lake),
        "warehouse": str(data.warehouse),
        "serving": str(published) if published else None,
        "serving_problem": unpublished,
        "generation": current["generation"] if current else None,
        "published_at": current.get("published_at") if current else None,
        "running": next((run for run in reversed(history) if run["status"] == "running"), None),
        "last_run": history[-1] if history else None,
        "build": {"status": last_build_status, "finished_at": build.finished_at} if build else None,
        "checks": (
            {
                "passed": checked.passed,
                "checked_at": checked.checked_at,
                "failed_critical": checked.failed_critical,
                "failed_warning": checked.failed_warning,
            }
            if checked
            else None
        ),
        "records": records,
        "lake_rows": lake_rows,
        "sources": _sources(config, data, lake_rows, history),
        "problems": problems,
    }


def _sources(
    config: Config,
    data: DataDirectory,
    lake_rows: dict[str, dict[str, int]],
    history: list[dict[str, Any]],
) -> dict[str, Any]:
    names = dict.fromkeys(config.sources or {})
    names.update(dict.fromkeys(name for name in lake_rows if name not in OWN_SOURCES))
    sources = {}
    for name in names:
        reads = [run for run in reversed(history) if name in run.get("sources", {})]
        last = reads[0] if reads else None
        outcome = last["sources"][name] if last else {}
        errors = [outcome.get("error")] + [
            stream["error"] for stream in outcome.get("streams", {}).values()
        ]
        # A sync may read some streams only: each has its own last time.
        streams: dict[str, Any] = {}
        for run in reads:
            for stream, read in run["sources"][name].get("streams", {}).items():
                streams.setdefault(stream, {**read, "last_sync": run["started_at"]})
        settings = (config.sources or {}).get(name)
        sources[name] = {
            "type": settings["type"] if settings else (name if config.uses_sandbox else None),
            "last_sync": last["started_at"] if last else None,
            "error": next((error for error in errors if error), None),
            "streams": dict(sorted(streams.items())),
            "has_state": (data.state / f"{name}.json").exists(),
        }
    return sources


def print_status(gathered: dict[str, Any], terminal: Terminal) -> None:
    """Print the status for people."""
    last = gathered["last_run"]
    terminal.say(f"data       {gathered['data_dir']} ({gathered['customers']} customers)")
    terminal.say(f"config     {gathered['config'] or 'none, the sandbox stands in'}")
    if gathered["serving"]:
        terminal.say(
            f"published  generation {gathered['generation']} at {gathered['published_at']}"
        )
    elif gathered["serving_problem"]:
        terminal.say("published  can't be read, see below")
    else:
        terminal.say("published  nothing yet: kesher run, or kesher demo")
    if last:
        took = f" in {last['seconds']:.0f} s" if last["seconds"] is not None else ""
        terminal.say(
            f"last run   kesher {last['verb']}, {last['started_at']}: {last['status']}{took}"
        )
        if last["error"]:
            for line in str(last["error"]).splitlines():
                terminal.say(f"           {line}")
    if checks := gathered["checks"]:
        failed = (
            f"{checks['failed_critical']} critical and {checks['failed_warning']} warnings failed"
        )
        terminal.say(f"checks     {'passed' if checks['passed'] else 'blocked'}: {failed}")
    if gathered["records"]:
        terminal.say("")
        terminal.table(_records_table(gathered))
    for problem in gathered["problems"]:
        terminal.error(problem)


def _records_table(gathered: dict[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="bold", pad_edge=False)
    table.add_column("source")
    table.add_column("stream")
    table.add_column("records", justify="right")
    table.add_column("lake rows", justify="right")
    table.add_column("last sync")
    for source, streams in sorted(gathered["records"].items()):
        about = gathered["sources"].get(source, {})
        for stream, records in sorted(streams.items()):
            outcome = about.get("streams", {}).get(stream, {})
            error = outcome["error"] if outcome else about.get("error")
            table.add_row(
                source,
                stream,
                f"{records:,}",
                f"{gathered['lake_rows'].get(source, {}).get(stream, 0):,}",
                "failed" if error else outcome.get("last_sync") or about.get("last_sync") or "-",
            )
    return table
