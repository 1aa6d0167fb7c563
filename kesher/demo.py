"""`kesher demo`: the whole way on synthetic customers."""

from __future__ import annotations

import dataclasses

from kesher.build_record import built_records
from kesher.config import Config
from kesher.config_schema import SandboxConfig
from kesher.data_directory import DataDirectory, read_json
from kesher.errors import KesherError
from kesher.run import RunResult, run
from kesher.sync import sandbox_population
from kesher.terminal import Terminal


def demo(
    config: Config,
    data: DataDirectory,
    terminal: Terminal,
    *,
    people: int | None = None,
    seed: int | None = None,
) -> RunResult:
    """Make the sandbox, unless there is one, and run over it.

    Args:
        config: Gives the defaults; its sources are left alone.
        data: Where everything goes.
        terminal: Where progress and the summary go.
        people: How many synthetic people; `sandbox.people` of the configuration by default.
        seed: Which ones; `sandbox.seed` by default.

    Raises:
        KesherError: the data directory holds real customers, or a step failed.
    """
    _refuse_real_customers(config, data)
    wanted = SandboxConfig(
        people=config.sandbox.people if people is None else people,
        seed=config.sandbox.seed if seed is None else seed,
    )
    config = dataclasses.replace(config, sources=None, sandbox=wanted)
    existing = sandbox_population(data)
    asked = people is not None or seed is not None
    if asked and existing is not None and existing != wanted:
        terminal.warning(
            f"{data.root} already holds a sandbox of {existing.people:,} people (seed "
            f"{existing.seed}); going on with it. For {wanted.people:,} people (seed "
            f"{wanted.seed}) name another place with --data-dir."
        )
    result = run(config, data, terminal, verb="demo")
    _summarise(data, terminal, result)
    return result


def _refuse_real_customers(config: Config, data: DataDirectory) -> None:
    origin = read_json(data.origin) or {}
    if origin.get("customers") == "real" or (config.sources and not config.data_dir_overridden):
        raise KesherError(
            f"{data.root} is the place of your own sources' customers, the demo's synthetic ones "
            "must not mix with them. Give the demo its own place: kesher demo --data-dir demo-data"
        )


def _summarise(data: DataDirectory, terminal: Terminal, result: RunResult) -> None:
    people = {
        "stripe": "customers",
        "zendesk": "users",
        "mailchimp": "members",
        "hubspot": "contacts",
    }
    records = built_records(data)
    terminal.say("")
    terminal.say(f"{result.publication.customers:,} customers, out of:")
    for source, streams in sorted(records.items()):
        stream = people.get(source, "people")
        total = sum(streams.values())
        terminal.say(
            f"  {source:<10} {streams.get(stream, 0):>8,} {stream}, {total:,} records in all"
        )
    terminal.say(f"Published: {result.publication.file}")
