"""Four accounts at once against one after the other, and many requests at once against one.

A sandbox is served over loopback, each vendor by a process of its own, and read with `kesher sync`,
all of it each time: as fast as it answers from memory, for vendors work on machines of their own,
and with a wait before each answer, as vendors have it. One after the other is `--at-once 1`; one
request at a time is `max_concurrency: 1` in kesher.yml as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.measured import run
from benchmarks.report import Target, machine, print_targets, work_directory
from benchmarks.serving_process import serving
from connectors import sandbox

_PROJECT = Path(__file__).resolve().parent.parent
#: How many people make accounts that take about as long to read: Stripe has most records of each.
_PEOPLE = {"hubspot": 16_000, "mailchimp": 16_000, "stripe": 1_500, "zendesk": 16_000}
_PARALLEL_SOURCES = 1.7
_PARALLEL_REQUESTS = 4.0

Sources = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Sync:
    """What one `kesher sync` took.

    Attributes:
        seconds: Of the whole command.
        cpu_seconds: Of the command and its processes; the server's are not in.
        peak_mib: The most memory that all its processes held together.
        records: How many it read.
        sources: Seconds of each source.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    records: int
    sources: Mapping[str, float]


def main(arguments: list[str]) -> int:
    """Run the benchmark and print its tables in Markdown.

    Args:
        arguments: Options of the command line.

    Returns:
        0 if every target is met, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks accounts", description=__doc__)
    parser.add_argument("--people", type=int, default=3_000, help="served with a wait")
    parser.add_argument("--latency", type=float, default=50.0, help="milliseconds before an answer")
    parser.add_argument("--seed", type=int, default=2_026)
    parser.add_argument("--directory", type=Path, help="an empty folder to work in and leave")
    options = parser.parse_args(arguments)
    with work_directory(options.directory) as directory:
        print(f"# Accounts\n\n{machine()}.")
        targets = [
            _sources_at_once(directory, options.seed),
            _requests_at_once(directory, options.people, options.seed, options.latency / 1000),
        ]
    print()
    print_targets(targets)
    return 0 if all(target.is_met for target in targets) else 1


def _sources_at_once(directory: Path, seed: int) -> Target:
    with _served_from_memory(directory, seed) as sources:
        _sync(directory / "remembered", sources)
        serial = _sync(directory / "one-source", sources, "--at-once", "1")
        parallel = _sync(directory / "all-sources", sources)
    print("\n## Four accounts of about the same size, answers from memory\n")
    _print_table({"one source after the other": serial, "four at once": parallel})
    ratio = serial.seconds / parallel.seconds
    return Target(
        f"four sources at once {ratio:.2f} times as fast as one after the other, at least "
        f"{_PARALLEL_SOURCES}",
        ratio >= _PARALLEL_SOURCES,
    )


def _requests_at_once(directory: Path, people: int, seed: int, wait: float) -> Target:
    with _served(directory, people, seed, wait) as sources:
        serial = _sync(directory / "one-request", sources, "--at-once", "1", max_concurrency=1)
        requests = _sync(directory / "requests", sources, "--at-once", "1")
        parallel = _sync(directory / "all-requests", sources)
    print(f"\n## {people:,} people in four systems, {wait * 1000:.0f} ms before each answer\n")
    _print_table(
        {
            "one request at a time": serial,
            "requests at once as the vendors allow, sources one by one": requests,
            "requests and sources at once": parallel,
        }
    )
    ratio = serial.seconds / parallel.seconds
    return Target(
        f"{ratio:.1f} times as fast as one request at a time, at least {_PARALLEL_REQUESTS:.0f}",
        ratio >= _PARALLEL_REQUESTS,
    )


def _sandbox(directory: Path, people: int, seed: int) -> Path:
    folder = directory / f"sandbox-{people}"
    if not sandbox.exists(folder):
        sandbox.create(folder, people=people, seed=seed)
    return folder


@contextmanager
def _served_from_memory(directory: Path, seed: int) -> Iterator[Sources]:
    """Serve sandboxes by servers that remember their answers; give the settings of each source."""
    with ExitStack() as servers:
        sources = {}
        for name, people in _PEOPLE.items():
            folder = _sandbox(directory, people, seed)
            address = servers.enter_context(serving("benchmarks.remembering_server", str(folder)))
            sources[name] = sandbox.source_configs(address)[name]
        yield sources


@contextmanager
def _served(directory: Path, people: int, seed: int, wait: float) -> Iterator[Sources]:
    """Serve a sandbox with a wait before each answer; give the settings of each source."""
    folder = _sandbox(directory, people, seed)
    faults = sandbox.FaultPlan((sandbox.Fault("slow", seconds=wait),))
    with ExitStack() as servers:
        sources = {}
        for name in _PEOPLE:
            address = servers.enter_context(sandbox.running(folder, faults=faults))
            sources[name] = sandbox.source_configs(address)[name]
        yield sources


def _sync(folder: Path, served: Sources, *options: str, **settings: int) -> Sync:
    folder.mkdir()
    sources = {name: {**source, **settings} for name, source in served.items()}
    config = folder / "kesher.yml"
    config.write_text(yaml.safe_dump({"data_dir": str(folder / "data"), "sources": sources}))
    kesher = [sys.executable, "-m", "kesher"]
    measured = run([*kesher, "sync", "--config", str(config), "--json", *options], _PROJECT)
    report = json.loads(measured.output)
    return Sync(
        measured.seconds,
        measured.cpu_seconds,
        measured.peak_mib,
        report["records"],
        {source["source"]: source["seconds"] for source in report["sources"]},
    )


def _print_table(syncs: Mapping[str, Sync]) -> None:
    names = sorted(next(iter(syncs.values())).sources)
    print(f"| | seconds | CPU s | peak MiB | records | {' | '.join(names)} |")
    print("|---" + "|---:" * (4 + len(names)) + "|")
    for words, sync in syncs.items():
        each = " | ".join(f"{sync.sources[name]:.1f}" for name in names)
        print(
            f"| {words} | {sync.seconds:.1f} | {sync.cpu_seconds:.1f} | {sync.peak_mib:,.0f} | "
            f"{sync.records:,} | {each} |"
        )
