"""The command `kesher`. Each verb is thin: it reads the configuration and calls one module.

Heavy libraries are imported inside the verb that needs them, so that `kesher --help` is quick.
"""

# ruff: noqa: D301 - click wants a true backspace where it must not fill lines

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kesher.cli_match import evaluate, explain, match
from kesher.cli_review import review
from kesher.cli_settings import KesherGroup, Settings, common_options, pass_settings, print_json
from kesher.cli_sync import sync
from kesher.cli_train import train
from kesher.errors import KesherError

if TYPE_CHECKING:
    from kesher.config import Config
    from kesher.data_directory import DataDirectory
    from kesher.terminal import Terminal


@click.group(cls=KesherGroup, context_settings={"help_option_names": ["-h", "--help"]})
@common_options
@click.version_option(package_name="kesher", message="kesher %(version)s")
def main() -> None:
    """One customer table, out of every system that knows the customer.

    Without a kesher.yml it works on a sandbox: four vendors' APIs on this machine, with synthetic
    customers. Start with:

    \b
      kesher demo                 the whole way on synthetic customers, then the dashboard
      kesher init                 write a kesher.yml, to connect your own accounts
      kesher run                  sync, build, check and publish
    """


@main.command()
@common_options
@pass_settings
def init(settings: Settings) -> None:
    """Write a commented kesher.yml to start from. Never overwrites one.

    \b
    Example:
      kesher init
      kesher init --config shops/north.yml
    """
    from kesher.example import write_example

    file = write_example(settings.config_file)
    settings.terminal().say(
        f"Wrote {file}. Take out the # before the sources that you have, then: kesher doctor"
    )


@main.command()
@click.option("--people", type=click.IntRange(1, 2_000_000), help="How many.  [default: 2000]")
@click.option("--seed", type=int, help="Which ones: the same seed, the same people.  [default: 7]")
@click.option("--serve/--no-serve", default=True, help="Serve the dashboard at the end.")
@click.option("--port", type=click.IntRange(0, 65535), help="Of the dashboard; 0 takes a free one.")
@common_options
@pass_settings
def demo(
    settings: Settings, people: int | None, seed: int | None, serve: bool, port: int | None
) -> None:
    """Run the whole way on synthetic customers, then serve the dashboard.

    A second demo in the same data directory reads only what changed; it keeps the population that
    is there (kesher sandbox advance lets time pass in it).

    \b
    Example:
      kesher demo --people 500 --no-serve
      kesher demo --data-dir /tmp/big --people 20000 --seed 3
    """
    from kesher.demo import demo as run_demo

    config, data = settings.load("alerts", "decisions")
    terminal = settings.terminal()
    result = run_demo(config, data, terminal, people=people, seed=seed)
    if not result.ok:
        raise KesherError("The demo could not read everything; see above.")
    if serve:
        _serve(config, data, terminal, host=None, port=port)
    else:
        terminal.say(f"To look at it: {dashboard_command(settings)}")


@main.group(cls=KesherGroup)
@common_options
def sandbox() -> None:
    """Make, serve and move on the synthetic vendors.

    \b
    Example:
      kesher sandbox create --people 20000 --seed 3
      kesher sandbox advance --days 30
      kesher sandbox truth --out truth.parquet
    """


@sandbox.command()
@click.option("--people", type=click.IntRange(1, 2_000_000), help="How many.  [default: 2000]")
@click.option("--seed", type=int, help="Which ones: the same seed, the same people.  [default: 7]")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which their 24 months of history end.  [default: 2026-06-30]",
)
@common_options
@pass_settings
def create(
    settings: Settings, people: int | None, seed: int | None, until: datetime | None
) -> None:
    """Make the synthetic population, once a data directory.

    \b
    Example:
      kesher sandbox create --people 20000 --seed 3
    """
    from kesher.sandbox_verbs import create_sandbox

    config, data = settings.load()
    day: date | None = until.date() if until else None
    create_sandbox(config, data, settings.terminal(), people=people, seed=seed, until=day)


@sandbox.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--faults",
    metavar="PLAN",
    help="Let things go wrong: storm, flaky, slow, confused, drifting, expired, hostile, or a "
    ".yaml or .json file.",
)
@click.option("--fault-seed", type=int, help="Which of the plan's faults happen.")
@common_options
@pass_settings
def serve(
    settings: Settings, host: str, port: int, faults: str | None, fault_seed: int | None
) -> None:
    """Serve the four vendors' APIs until Ctrl-C; prints base_url and key of each.

    sync and run start a server of their own when they need one.

    \b
    Example:
      kesher sandbox serve --port 8765
      kesher sandbox serve --faults storm --fault-seed 3
    """
    from kesher.sandbox_verbs import serve_sandbox

    _, data = settings.load()
    serve_sandbox(
        data, settings.terminal(), host=host, port=port, faults=faults, fault_seed=fault_seed
    )


@sandbox.command()
@click.option("--days", type=click.IntRange(1, 3650), required=True, help="How many days.")
@common_options
@pass_settings
def advance(settings: Settings, days: int) -> None:
    """Let time pass: new, changed, deleted and merged records. Works while the server runs.

    \b
    Example:
      kesher sandbox advance --days 30
    """
    from kesher.sandbox_verbs import advance_sandbox

    _, data = settings.load()
    advance_sandbox(data, settings.terminal(), days=days)


@sandbox.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="A Parquet file to write: source, record_id, person_id.",
)
@common_options
@pass_settings
def truth(settings: Settings, out: Path) -> None:
    """Write down which record belongs to which person, to measure the identity resolution.

    \b
    Example:
      kesher sandbox truth --out truth.parquet
    """
    from kesher.sandbox_verbs import write_truth

    _, data = settings.load()
    write_truth(data, settings.terminal(), out)


@sandbox.command()
@click.option("--people", type=click.IntRange(1, 2_000_000), help="How many.  [default: 2000]")
@click.option("--seed", type=int, help="Which ones: the same seed, the same people.  [default: 7]")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the sandbox stands.  [default: 2026-06-30]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="A file to write (.csv, .parquet or .xlsx): the records, in the columns of kesher match.",
)
@click.option(
    "--truth",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A second one: source, record_id, person_id.",
)
@common_options
@pass_settings
def people(
    settings: Settings,
    people: int | None,
    seed: int | None,
    until: datetime | None,
    out: Path,
    truth: Path | None,
) -> None:
    """Write the people's records as one table, to try kesher match on a million of them.

    They are the records that a sandbox of the same people, seed and day serves through the four
    APIs. None is made: this needs no data directory, and seconds instead of minutes.

    \b
    Example:
      kesher sandbox people --people 400000 --seed 3 --out people.parquet --truth truth.parquet
    """
    from kesher.sandbox_verbs import write_people

    config, _ = settings.load()
    day: date | None = until.date() if until else None
    write_people(config, settings.terminal(), out, people=people, seed=seed, until=day, truth=truth)


@sandbox.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common_options
@pass_settings
def counts(settings: Settings, as_json: bool) -> None:
    """Count the live records that each stream serves.

    \b
    Example:
      kesher sandbox counts --json
    """
    from kesher.sandbox_verbs import print_counts

    _, data = settings.load()
    print_counts(data, settings.terminal(), as_json=as_json)


main.add_command(sync)


@main.command()
@click.option("--full-refresh", is_flag=True, help="Read the whole lake again, not what is new.")
@click.option("--select", multiple=True, help="Build only these models, in dbt's words.")
@common_options
@pass_settings
def build(settings: Settings, full_refresh: bool, select: tuple[str, ...]) -> None:
    """Build the warehouse from the lake with dbt: staging, identity, marts.

    A model is left as it is if nothing that it reads has changed since the last build. The
    warehouse is disposable: deleted, it is built again with the same customer ids. What was
    built with --select can't be published.

    \b
    Example:
      kesher build
      kesher build --full-refresh
      kesher build --select +customers
    """
    from kesher.build import build as run_build
    from kesher.run_history import recorded_run
    from kesher.source_folder import note_mappings
    from kesher.steward_decisions import take_decisions

    config, data = settings.load("decisions")
    terminal = settings.terminal()
    with recorded_run(data, "build") as run:
        note_mappings(config, data)
        with run.step("decisions"):
            run.failed = not take_decisions(config, data, terminal)
        with run.step("build"):
            run_build(
                data,
                terminal,
                run,
                full_refresh=full_refresh,
                select=select,
                home_country=config.home_country,
            )
    if run.failed:
        raise KesherError("Built, but the stewards' newest decisions could not be read; see above.")


@main.command()
@common_options
@pass_settings
def check(settings: Settings) -> None:
    """Check the marts of the last build; tell whom kesher.yml names of what starts to fail.

    Ends with 3 if a critical check fails: that build can't be published.

    \b
    Example:
      kesher check
    """
    from kesher.check import check as run_check
    from kesher.redaction import Redactor
    from kesher.run_history import recorded_run

    config, data = settings.load("alerts")
    with recorded_run(data, "check") as run, run.step("check"):
        run_check(data, settings.terminal(), config.alerts, Redactor(config.secrets))


@main.command()
@common_options
@pass_settings
def publish(settings: Settings) -> None:
    """Make the checked marts the ones that everybody sees, in one step.

    \b
    Example:
      kesher publish
      kesher build && kesher check && kesher publish
    """
    from kesher.publish import publish as run_publish
    from kesher.run_history import recorded_run

    _, data = settings.load()
    with recorded_run(data, "publish") as run, run.step("publish"):
        run.note("generation", run_publish(data, settings.terminal()).generation)


@main.command("run")
@common_options
@pass_settings
def run_all(settings: Settings) -> None:
    """Do the whole way: sync, build, check, publish. Made to be called by cron.

    Stopped or killed at any moment, it can be called again: the result is the same.

    \b
    Example:
      kesher run
      */15 * * * *  cd /srv/kesher && .venv/bin/kesher run
    """
    from kesher.run import run as run_steps

    config, data = settings.load("sources", "alerts", "decisions")
    result = run_steps(config, data, settings.terminal())
    if not result.ok:
        what = "the stewards' decisions" if result.report.ok else "every source"
        raise KesherError(f"Published, but not {what} could be read; see above.")


@main.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [default: 8501]")
@common_options
@pass_settings
def dashboard(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the dashboard over what is published, until Ctrl-C.

    A new generation shows by itself; there is no need to start it again.

    \b
    Example:
      kesher dashboard
      kesher dashboard --port 8502
    """
    config, data = settings.load()
    _serve(config, data, settings.terminal(), host=host, port=port)


main.add_command(match)
main.add_command(explain)
main.add_command(evaluate)
main.add_command(review)
main.add_command(train)


@main.command()
@click.option(
    "--at-least",
    type=click.IntRange(min=2),
    default=10,
    show_default=True,
    metavar="N",
    help="Leave streams alone that have fewer small files.",
)
@common_options
@pass_settings
def compact(settings: Settings, at_least: int) -> None:
    """Merge the many small files that frequent syncs leave in the lake.

    No row is changed or lost, also when it is killed. The next build reads the streams that were
    merged from their beginning.

    \b
    Example:
      kesher compact
      kesher compact --at-least 500
    """
    from kesher.lake import Lake
    from kesher.lake_compaction import merge_small_files
    from kesher.run_history import recorded_run

    _, data = settings.load()
    terminal = settings.terminal()
    with recorded_run(data, "compact") as run, run.step("compact"):
        lake = Lake(data.lake)
        streams = sorted({(file.source, file.stream) for file in lake.files()})
        merged = 0
        for source, stream in streams:
            fewer = merge_small_files(lake, source, stream, at_least=at_least)
            merged += fewer
            if fewer:
                terminal.say(f"{source}.{stream}: {fewer:,} files fewer")
        if not merged:
            terminal.say(f"No stream has {at_least:,} small files or more.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@common_options
@pass_settings
def status(settings: Settings, as_json: bool) -> None:
    """Show what there is: records by source and stream, the last run, what is published.

    Reads only; works during a run.

    \b
    Example:
      kesher status
      kesher status --json
    """
    from kesher.status import print_status
    from kesher.status import status as gather

    config, data = settings.load()
    gathered = gather(config, data)
    if as_json:
        print_json(gathered)
    else:
        print_status(gathered, settings.terminal())


@main.command()
@click.option("--offline", is_flag=True, help="Do not ask the vendors.")
@common_options
@pass_settings
def doctor(settings: Settings, offline: bool) -> None:
    """Look for what would go wrong: packages, configuration, disk, damaged files, dbt, keys.

    \b
    Example:
      kesher doctor
      kesher doctor --offline
    """
    from kesher.doctor import examine
    from kesher.finding import report

    config, data = settings.load("sources", "alerts", "decisions")
    terminal = settings.terminal()
    if not report(examine(config, data, terminal, offline=offline), terminal):
        click.get_current_context().exit(1)


def _serve(
    config: Config, data: DataDirectory, terminal: Terminal, host: str | None, port: int | None
) -> None:
    from kesher.dashboard_server import serve_dashboard

    chosen = {"host": host, "port": port}
    settings = config.dashboard.model_copy(
        update={key: value for key, value in chosen.items() if value is not None}
    )
    serve_dashboard(data, terminal, settings)


def dashboard_command(settings: Settings) -> str:
    """Return what to type here to see what was published in the data directory of `settings`."""
    from kesher.config import DEFAULT_DATA_DIR

    config, data = settings.load()
    is_default = settings.data_dir is None or (
        config.file is None and data.root == DEFAULT_DATA_DIR.absolute()
    )
    if settings.config_file is None and is_default:
        return "kesher dashboard"
    return f"kesher dashboard --data-dir {_shown(data.root)}"


def _shown(path: Path) -> Path:
    """Return a path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
