"""The verb train."""

# ruff: noqa: D301 - click wants a true backspace where it must not fill lines

from __future__ import annotations

from pathlib import Path

import click

from kesher.cli_settings import Settings, common_options, pass_settings, print_json
from kesher.errors import ConfigError


@click.command()
@click.option("--dry-run", is_flag=True, help="Only report; write no version.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report as a page: .html.",
)
@click.option("--versions", "list_them", is_flag=True, help="List what was trained, and stop.")
@click.option("--use", "version", metavar="VERSION", help="Go back to an earlier version.")
@click.option("--reset", is_flag=True, help="Go back to the weights that ship.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@common_options
@pass_settings
def train(
    settings: Settings,
    dry_run: bool,
    report: Path | None,
    list_them: bool,
    version: str | None,
    reset: bool,
    as_json: bool,
) -> None:
    """Fit the match weights to your own records, without labels.

    Learns from the warehouse that kesher build made, and from what stewards decided, how much each
    agreement and difference says here. Writes a version of the weights, which the next build uses;
    customer ids stay. Look at the report first.

    \b
    Example:
      kesher train --dry-run --report weights.html
      kesher train
      kesher train --versions
      kesher train --reset
    """
    from kesher import train_report, train_warehouse
    from kesher.page import check_page

    only_one = {"--versions": list_them, "--use": version is not None, "--reset": reset}
    chosen = [name for name, is_given in only_one.items() if is_given]
    if len(chosen) > 1 or (chosen and (dry_run or report is not None)):
        others = [name for name, on in (("--dry-run", dry_run), ("--report", report)) if on]
        raise ConfigError([f"{' and '.join(chosen + others)} do not go together"])
    if report is not None:
        check_page("--report", report)
    config, data = settings.load("decisions")
    terminal = settings.terminal()

    if list_them:
        known = train_warehouse.versions(data)
        if as_json:
            print_json(train_report.versions_as_json(known))
        else:
            train_report.print_versions(known, terminal)
        return
    if reset or version is not None:
        with data.locked("train"):
            new = train_warehouse.reset(data) if reset else train_warehouse.use(data, version or "")
        if as_json:
            print_json({"version": new})
        else:
            what = "the weights that ship" if reset else f"the weights of {version}"
            terminal.say(f"Version {new}: {what}, from the next kesher build on.")
        return

    if dry_run:
        trained = train_warehouse.train_warehouse(config, data, terminal)
        written = None
        outcome = "A dry run: nothing was written."
    else:
        with data.locked("train"):
            trained = train_warehouse.train_warehouse(config, data, terminal)
            written = train_warehouse.keep(data, trained)
        outcome = f"Version {written}: the next kesher build uses it, and compares all records."
    if report is not None:
        train_report.write_report(trained, outcome, report)
    if as_json:
        print_json(train_report.as_json(trained, written))
        return
    train_report.print_report(trained, terminal)
    terminal.say("")
    terminal.say(outcome)
    if report is not None:
        terminal.say(f"As a page: {report}")
