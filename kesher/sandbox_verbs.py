"""`kesher sandbox`: the synthetic vendors, by hand."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import orjson

from connectors import sandbox
from kesher.config import Config
from kesher.config_schema import SandboxConfig
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.match_output import check_format, write_output
from kesher.sync import clear_sandbox_errors, note_sandbox_population
from kesher.table_file import literal_path
from kesher.terminal import Terminal
from kesher.work_folder import work_folder


def create_sandbox(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    *,
    people: int | None,
    seed: int | None,
    until: date | None,
) -> None:
    """Make the synthetic population.

    Raises:
        KesherError: there is one already.
    """
    if sandbox.exists(data.sandbox):
        raise KesherError(
            f"There is a sandbox in {data.sandbox} already. Delete that directory, and the lake "
            "with what was read from it, or name another place with --data-dir."
        )
    population = SandboxConfig(
        people=config.sandbox.people if people is None else people,
        seed=config.sandbox.seed if seed is None else seed,
    )
    started = time.monotonic()
    with data.locked("sandbox create"), clear_sandbox_errors():
        end = {"until": until} if until else {}
        sandbox.create(data.sandbox, people=population.people, seed=population.seed, **end)
        note_sandbox_population(data, population)
    terminal.say(
        f"Made {population.people:,} people (seed {population.seed}) in {data.sandbox}, "
        f"{time.monotonic() - started:.1f} s"
    )


def serve_sandbox(
    data: DataDirectory,
    terminal: Terminal,
    *,
    host: str,
    port: int,
    faults: str | None,
    fault_seed: int | None,
) -> None:
    """Serve the vendors' APIs until Ctrl-C; `faults` says what goes wrong."""
    _require(data)
    with clear_sandbox_errors():
        plan = sandbox.load_plan(faults, fault_seed) if faults else None

    def tell(base_url: str) -> None:
        terminal.say(f"Serving {data.sandbox} at {base_url} (Ctrl-C ends it). For kesher.yml:")
        terminal.say("sources:")
        for name, settings in sandbox.source_configs(base_url).items():
            terminal.say(f"  {name}: {orjson.dumps(settings).decode()}")

    with clear_sandbox_errors():
        sandbox.serve(data.sandbox, host=host, port=port, on_ready=tell, faults=plan)


def advance_sandbox(data: DataDirectory, terminal: Terminal, *, days: int) -> None:
    """Let time pass."""
    _require(data)
    with clear_sandbox_errors():
        sandbox.advance(data.sandbox, days)
    terminal.say(f"{days} days have passed in {data.sandbox}; kesher run reads what changed.")


def write_truth(data: DataDirectory, terminal: Terminal, out: Path) -> None:
    """Write which record belongs to which person."""
    _require(data)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with clear_sandbox_errors():
            rows = sandbox.write_truth(data.sandbox, out)
    except OSError as error:
        raise KesherError(f"{out} can't be written: {error.strerror or error}") from error
    terminal.say(f"Wrote {rows:,} records to {out}")


def write_people(
    config: Config,
    terminal: Terminal,
    out: Path,
    *,
    people: int | None,
    seed: int | None,
    until: date | None,
    truth: Path | None,
) -> None:
    """Write the people's records, and whose they are, without making a sandbox.

    Raises:
        ConfigError: a file's extension is none that we write.
        KesherError: a file can't be written.
    """
    check_format(out, "--out")
    if truth is not None:
        check_format(truth, "--truth")
    population = SandboxConfig(
        people=config.sandbox.people if people is None else people,
        seed=config.sandbox.seed if seed is None else seed,
    )
    started = time.monotonic()
    end = {"until": until} if until else {}
    with work_folder() as work, clear_sandbox_errors():
        # The sandbox writes Parquet; what is to be something else is made of that.
        made = {
            path: path if path.suffix.lower() == ".parquet" else work / f"{number}.parquet"
            for number, path in enumerate(path for path in (out, truth) if path is not None)
        }
        rows = sandbox.write_people(
            made[out],
            population.people,
            population.seed,
            truth=None if truth is None else made[truth],
            **end,
        )
        for path, parquet in made.items():
            if path != parquet:
                _write_from_parquet(parquet, path)
    terminal.say(
        f"Wrote {rows:,} records of {population.people:,} people (seed {population.seed}) to "
        f"{out}, {time.monotonic() - started:.1f} s"
    )


def _write_from_parquet(parquet: Path, path: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        query = f"select * from read_parquet({literal_path(parquet)})"  # noqa: S608
        write_output(connection, query, path)


def print_counts(data: DataDirectory, terminal: Terminal, *, as_json: bool) -> None:
    """Print the live records by source and stream."""
    _require(data)
    with clear_sandbox_errors():
        counts = sandbox.counts(data.sandbox)
    if as_json:
        terminal.say(orjson.dumps(counts, option=orjson.OPT_INDENT_2).decode())
        return
    for source, streams in counts.items():
        for stream, count in streams.items():
            terminal.say(f"{source + '.' + stream:<32} {count:>10,}")


def _require(data: DataDirectory) -> None:
    if not sandbox.exists(data.sandbox):
        raise KesherError(
            f"There is no sandbox in {data.sandbox} yet: kesher sandbox create, or kesher demo."
        )
