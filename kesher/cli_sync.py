"""`kesher sync`."""

# ruff: noqa: D301 - click wants a true backspace where it must not fill lines

from __future__ import annotations

from datetime import datetime

import click

from kesher.cli_settings import Settings, common_options, pass_settings, print_json


@click.command()
@click.option("--source", multiple=True, metavar="SOURCE", help="Read only this source.")
@click.option(
    "--stream",
    multiple=True,
    metavar="[SOURCE.]STREAM",
    help="Read only this stream; its name alone is enough beside one --source.",
)
@click.option(
    "--full-refresh",
    is_flag=True,
    help="Read all, not only what changed. What does not come again is taken for deleted.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Read again what is newer than this day. The next sync goes on where the last one ended.",
)
@click.option(
    "--at-once",
    type=click.IntRange(min=1),
    metavar="N",
    help="Read so many sources at the same time, 4 unless told.",
)
@click.option("--dry-run", is_flag=True, help="Tell how each stream would be read; read nothing.")
@click.option(
    "--check",
    is_flag=True,
    help="Ask the sources, or the streams named, whether the key may read them; read nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@common_options
@pass_settings
def sync(
    settings: Settings,
    source: tuple[str, ...],
    stream: tuple[str, ...],
    full_refresh: bool,
    since: datetime | None,
    at_once: int | None,
    dry_run: bool,
    check: bool,
    as_json: bool,
) -> None:
    """Read what changed in every source into the lake.

    A source that fails does not stop the others; the exit code is then 1. --source and --stream can
    be given several times.

    \b
    Example:
      kesher sync
      kesher sync --source stripe --stream zendesk.tickets
      kesher sync --source stripe --stream customers --full-refresh
      kesher sync --source hubspot --since 2026-01-31
      kesher sync --check
      kesher sync --check --stream hubspot.deals
    """
    from kesher.run_history import recorded_run
    from kesher.sync import plan
    from kesher.sync import sync as run_sync
    from kesher.sync_request import SOURCES_AT_ONCE, SyncRequest

    if check and dry_run:
        raise click.UsageError("--check and --dry-run exclude each other.")
    config, data = settings.load("sources")
    terminal = settings.terminal(json_follows=as_json)
    day = since.date().isoformat() if since else None
    request = SyncRequest(source, stream, full_refresh, day, at_once or SOURCES_AT_ONCE)
    if check:
        from kesher.finding import report as report_findings
        from kesher.source_check import check_sources

        findings = list(check_sources(config, data, terminal, request))
        is_well = report_findings(iter(findings), terminal)
        told = {"ok": is_well, "sources": [finding.as_json() for finding in findings]}
    else:
        with recorded_run(data, "sync --dry-run" if dry_run else "sync") as run:
            if dry_run:
                report = plan(config, data, terminal, run, request)
            else:
                with run.step("sync"):
                    report = run_sync(config, data, terminal, run, request)
            run.failed = not report.ok
        is_well, told = report.ok, report.as_json()
    if as_json:
        print_json(told)
    if not is_well:
        click.get_current_context().exit(1)
