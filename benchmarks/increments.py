"""What a build costs after one record in a hundred changed, against a build from nothing.

Fills a lake with the people of a sandbox, builds it as `kesher build` does, publishes the customer
ids, lets one per cent of the records change (new details, new records, deletions), and builds
again. Compared are the seconds of each model and test, and those of the whole command.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.inputs import make_input
from benchmarks.measured import run
from benchmarks.people_lake import write_changes, write_people
from kesher.lake import Lake
from kesher.ledger import append_to_ledger

MOST = 0.10
_SHOWN = 15
#: What is compared of the two builds. Which id of a customer was new depends on the ledger.
_COMPARED = {
    "identity.int_identity__customer_ids": "source, record_id, customer_id",
    "identity.int_identity__conflicts": "*",
    "identity.int_identity__homes": "*",
    "identity.int_identity__household_pairs": "*",
    "marts.account_members": "*",
    "marts.accounts": "*",
    "marts.customers": "*",
    "marts.customer_attributes": "*",
    "marts.customer_identities": "*",
    "marts.customer_links": "*",
    "marts.customer_search_tokens": "*",
    "marts.household_members": "*",
    "marts.households": "*",
    "marts.match_review_queue": "*",
}


@dataclass(frozen=True)
class Build:
    """One `kesher build`.

    Attributes:
        seconds: The whole command.
        peak_mib: The most memory it held.
        nodes: Seconds of each model and test, by dbt's unique id.
    """

    seconds: float
    peak_mib: float
    nodes: dict[str, float]

    def of(self, part: str) -> float:
        """Return the seconds of a part: `identity`, or `everything`."""
        return sum(
            seconds
            for node, seconds in self.nodes.items()
            if part == "everything" or _is_in_identity(node)
        )


def main(arguments: list[str]) -> int:
    """Run the benchmark and print its tables in Markdown.

    Args:
        arguments: Options of the command line.

    Returns:
        0 if the increment is cheap enough (and, with --check, right), else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks increments", description=__doc__)
    parser.add_argument("--people", type=int, default=400_000, help="default: 400000")
    parser.add_argument("--seed", type=int, default=2_026)
    parser.add_argument("--share", type=float, default=0.01, help="what changes; default: 0.01")
    parser.add_argument("--directory", type=Path, help="an empty folder to work in and leave")
    parser.add_argument(
        "--check", action="store_true", help="also build anew and compare the tables"
    )
    options = parser.parse_args(arguments)
    if options.directory is None:
        with tempfile.TemporaryDirectory(prefix="kesher-benchmark-") as folder:
            return _run(Path(folder), options)
    options.directory.mkdir(parents=True, exist_ok=True)
    return _run(options.directory.resolve(), options)


def _run(directory: Path, options: argparse.Namespace) -> int:
    data = directory / "data"
    if data.exists():
        print(f"{data} is there already; name an empty --directory.", file=sys.stderr)
        return 2
    people = make_input(f"sandbox-{options.people}", options.seed, directory)
    few = max(50, int(options.people * options.share))
    newcomers = make_input(f"sandbox-{few}", options.seed + 1, directory)
    written = write_people(data / "lake", people.records)
    full = _build(data)
    published = _publish_ids(data)
    # The ids of everybody are read back once; from then on each day's.
    settled = _build(data)
    changes = write_changes(data / "lake", people.records, newcomers.records, options.share)
    increment = _build(data)
    told = ", ".join(f"{count:,} {kind}" for kind, count in changes.items())
    print(f"# Increments: {written:,} records, seed {options.seed}\n")
    print(f"{told}; {published:,} customer ids published in between.\n")
    is_met = _print_seconds(full, settled, increment)
    _print_nodes(full, increment)
    if options.check:
        is_met &= _is_as_a_full_build(data)
    return 0 if is_met else 1


def _build(data: Path, *options: str) -> Build:
    kesher = str(Path(sys.executable).with_name("kesher"))
    measured = run([kesher, "build", "--data-dir", str(data), *options], data.parent)
    newest = max((data / "runs").glob("*/nodes.json"))
    nodes: dict[str, float] = json.loads(newest.read_text())
    return Build(measured.seconds, measured.peak_mib, nodes)


def _publish_ids(data: Path) -> int:
    """Write the customer ids to the lake, as `kesher publish` does."""
    print("  the customer ids to the lake ...", file=sys.stderr, flush=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{data / 'warehouse.duckdb'}' as built (read_only)")
        return append_to_ledger(connection, "built", Lake(data / "lake"), int(time.time()))


def _print_seconds(full: Build, settled: Build, increment: Build) -> bool:
    print("| seconds | full build | increment | share | no change but the ids |")
    print("|---|---:|---:|---:|---:|")
    is_met = True
    for part in ("identity", "everything"):
        share = increment.of(part) / full.of(part)
        is_met &= share <= MOST
        verdict = "" if share <= MOST else f" **more than {MOST:.0%}**"
        print(
            f"| {part}, models and tests | {full.of(part):.1f} | {increment.of(part):.1f} | "
            f"{share:.1%}{verdict} | {settled.of(part):.1f} |"
        )
    print(
        f"| `kesher build`, the whole command | {full.seconds:.1f} | {increment.seconds:.1f} | "
        f"{increment.seconds / full.seconds:.1%} | {settled.seconds:.1f} |"
    )
    print(
        f"| peak MiB | {full.peak_mib:,.0f} | {increment.peak_mib:,.0f} | "
        f"| {settled.peak_mib:,.0f} |"
    )
    return is_met


def _print_nodes(full: Build, increment: Build) -> None:
    print("\n| what the increment spent most on | full build | increment |\n|---|---:|---:|")
    nodes = sorted(increment.nodes, key=lambda node: -increment.nodes[node])
    for node in nodes[:_SHOWN]:
        name = node.split(".", 2)[-1]
        print(f"| {name} | {full.nodes.get(node, 0.0):.2f} | {increment.nodes[node]:.2f} |")


def _is_as_a_full_build(data: Path) -> bool:
    """Build the changed lake from nothing, and see whether the tables hold the same rows."""
    kept = data / "incremental.duckdb"
    (data / "warehouse.duckdb").rename(kept)
    again = _build(data)
    print(f"\nBuilt from nothing ({again.seconds:.1f} s):\n")
    print("| rows that differ | after the increment | built from nothing |\n|---|---:|---:|")
    is_same = True
    with duckdb.connect() as connection:
        for name, file in (("followed", kept), ("anew", data / "warehouse.duckdb")):
            connection.execute(f"attach '{file}' as {name} (read_only)")
        for relation, columns in _COMPARED.items():
            only = [
                connection.execute(
                    f"select count(*) from (select {columns} from {left}.{relation} "
                    f"except all select {columns} from {right}.{relation})"
                ).fetchall()[0][0]
                for left, right in (("followed", "anew"), ("anew", "followed"))
            ]
            is_same &= not any(only)
            print(f"| {relation.split('.')[-1]} | {only[0]:,} | {only[1]:,} |")
    return is_same


def _is_in_identity(node: str) -> bool:
    return "int_identity__" in node
