"""Kesher's connector, a plain declarative one, and dlt: who reads the same list how fast."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

from benchmarks.measured import Measured, run
from benchmarks.report import Target, machine, print_targets, work_directory
from benchmarks.serving_process import serving

_PROJECT = Path(__file__).resolve().parent.parent
_MOST_MEMORY_MIB = 400.0
_GROWTH = 1.1


def main(arguments: list[str]) -> int:
    """Run the benchmark and print its tables in Markdown.

    Args:
        arguments: Options of the command line.

    Returns:
        0 if every target is met, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks connectors", description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; the fastest counts")
    parser.add_argument("--directory", type=Path, help="work here and leave the files")
    options = parser.parse_args(arguments)
    with work_directory(options.directory) as directory:
        print(f"# Connectors\n\n{machine()}.\n")
        print(f"## {options.records:,} customers of Stripe, 100 a page, over loopback\n")
        ours = _fastest("kesher", options.records, directory, options.repeat)
        plain = _fastest("plain", options.records, directory, options.repeat)
        dlt = _fastest("dlt", options.records, directory, options.repeat)
        half = _fastest("kesher-half", options.records // 2, directory, 1)
    print("| | records a second | seconds | CPU s | peak MiB |\n|---|---:|---:|---:|---:|")
    for name, records, measured in (
        ("Kesher: `kesher sync` into the lake", options.records, ours),
        ("plain declarative connector, its messages to a file", options.records, plain),
        ("dlt's REST source into Parquet", options.records, dlt),
        ("Kesher, half as many records", options.records // 2, half),
    ):
        print(
            f"| {name} | {records / measured.seconds:,.0f} | {measured.seconds:.1f} | "
            f"{measured.cpu_seconds:.1f} | {measured.peak_mib:,.0f} |"
        )
    print()
    targets = [
        Target(
            f"{other.seconds / ours.seconds:.1f} times as fast as {name}, at least 2",
            other.seconds >= 2 * ours.seconds,
        )
        for name, other in (("the plain connector", plain), ("dlt", dlt))
    ]
    targets.append(
        Target(f"peak {ours.peak_mib:,.0f} MiB, less than 400", ours.peak_mib < _MOST_MEMORY_MIB)
    )
    targets.append(
        Target(
            f"memory does not grow with the records: {ours.peak_mib / half.peak_mib:.2f} times "
            "that of half as many",
            ours.peak_mib <= _GROWTH * half.peak_mib,
        )
    )
    print_targets(targets)
    return 0 if all(target.is_met for target in targets) else 1


def _fastest(who: str, records: int, directory: Path, repeat: int) -> Measured:
    runs = []
    for number in range(repeat):
        folder = directory / f"{who}-{number}"
        folder.mkdir(parents=True)
        with serving("benchmarks.customer_server", str(records)) as address:
            runs.append(_read(who, address, folder))
        _check_count(who, folder, records, runs[-1])
    return min(runs, key=lambda measured: measured.seconds)


def _read(who: str, address: str, folder: Path) -> Measured:
    if who == "plain":
        return run([sys.executable, "-m", "benchmarks.plain_run", address], _PROJECT)
    if who == "dlt":
        return run([sys.executable, "-m", "benchmarks.dlt_run", address, str(folder)], _PROJECT)
    (folder / "kesher.yml").write_text(
        f"""
        data_dir: {folder}/data
        sources:
          stripe: {{type: stripe, client_secret: sk_test_benchmark, base_url: "{address}"}}
        """
    )
    kesher = [str(Path(sys.executable).with_name("kesher")), "--config", str(folder / "kesher.yml")]
    return run([*kesher, "sync", "--stream", "stripe.customers"], folder)


def _check_count(who: str, folder: Path, expected: int, measured: Measured) -> None:
    """Make sure that everybody read everything."""
    if who == "plain":
        found = measured.output.count('"type":"RECORD"')
    else:
        files = "data/lake/stripe" if who.startswith("kesher") else "lake"
        found = _rows(f"{folder}/{files}/customers/*.parquet")
    if found != expected:
        raise SystemExit(f"{who} read {found:,} of {expected:,} records")


def _rows(files: str) -> int:
    with duckdb.connect() as connection:
        ((count,),) = connection.execute(
            "select count(*) from read_parquet($files)", {"files": files}
        ).fetchall()
    return int(count)
