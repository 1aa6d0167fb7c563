"""Those who resolve: Kesher, Splink 5, and joining on exact e-mail and phone.

Each runs as a process of its own on the same files, one after the other, and is measured from
outside. None of them sees the truth.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.best_threshold import best_clustering
from benchmarks.inputs import Input
from benchmarks.measured import Measured, run
from kesher.evaluate import Quality, measure

#: What Splink itself is about; the rest is Python's start and reading and writing files.
SPLINK_STEPS = ("train", "predict", "cluster")
_NOT_COUNTED = "write the pairs (not counted)"
_TIMING = re.compile(r"^(\w+): ([\d.]+) s$", re.MULTILINE)
_PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Result:
    """What a contestant reached.

    Attributes:
        name: Who.
        quality: Against the truth.
        seconds: The whole process, from its start to its end.
        measured: All that was measured; none for a figure that only hindsight has.
        steps: Seconds by step, as the contestant told them.
    """

    name: str
    quality: Quality
    seconds: float = 0.0
    measured: Measured | None = None
    steps: dict[str, float] = field(default_factory=dict)


def prepare_kesher(directory: Path, options: Sequence[str] = ()) -> float:
    """Let Kesher compile its models, which it does once a version; return the seconds.

    Args:
        directory: Where the output goes.
        options: Further options of the command; with `--train` other models are compiled.
    """
    records = directory / "one-record.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select '1' as record_id, 'Dana Levi' as full_name) to '{records}'"
        )
    command = [_kesher(), "match", str(records), "--out", str(directory / "one.parquet")]
    return run([*command, *options], directory).seconds


def run_kesher(
    data: Input, directory: Path, options: Sequence[str] = (), repeat: int = 1
) -> Result:
    """Resolve with `kesher match`.

    Args:
        data: What to resolve.
        directory: Where the output goes.
        options: Further options of the command.
        repeat: How often to run it; the fastest counts.
    """
    output = directory / f"{data.name}-kesher.parquet"
    command = [_kesher(), "match", str(data.records), "--out", str(output), "--verbose", *options]
    measured = _fastest(command, directory, repeat)
    steps = {name: float(seconds) for name, seconds in _TIMING.findall(measured.output)}
    name = " ".join(("Kesher", *options))
    return Result(name, _quality(data, output, "customer_id"), measured.seconds, measured, steps)


def run_splink(data: Input, directory: Path, repeat: int = 1) -> tuple[Result, Result]:
    """Resolve with Splink.

    Args:
        data: What to resolve.
        directory: Where the output goes.
        repeat: How often to run it; the fastest counts.

    Returns:
        The result at the threshold that its guides name, and the one at the threshold that would
        have been best.
    """
    output = directory / f"{data.name}-splink.parquet"
    pairs = directory / f"{data.name}-splink-pairs.parquet"
    command = [sys.executable, "-m", "benchmarks.splink_run", data.splink_model]
    command += [str(data.splink_records), str(output), "--pairs", str(pairs)]
    measured = _fastest(command, _PROJECT, repeat)
    steps: dict[str, float] = json.loads(measured.output.splitlines()[-1])
    seconds = measured.seconds - steps.pop(_NOT_COUNTED)
    found = Result("Splink 5", _quality(data, output, "group_id"), seconds, measured, steps)
    best = best_clustering(pairs, data.truth)
    hindsight = Result(
        f"Splink 5, had it known the best threshold (weight {best.match_weight:.1f})",
        _quality_of(data, best.group_of),
    )
    return found, hindsight


def run_exact(data: Input, directory: Path, repeat: int = 1) -> Result:
    """Join records by equal e-mail or phone (or, where there is neither, id or name and date)."""
    output = directory / f"{data.name}-exact.parquet"
    command = [sys.executable, "-m", "benchmarks.exact_run", str(data.records), str(output)]
    measured = _fastest(command, _PROJECT, repeat)
    quality = _quality(data, output, "group_id")
    return Result("exact e-mail or phone", quality, measured.seconds, measured)


def run_floor(data: Input) -> dict[str, float]:
    """Return the seconds that reading a file once and sorting it by its keys once take."""
    command = [sys.executable, "-m", "benchmarks.floor_run", str(data.records)]
    seconds: dict[str, float] = json.loads(run(command, _PROJECT).output)
    return seconds


def _fastest(command: list[str], folder: Path, repeat: int) -> Measured:
    return min((run(command, folder) for _ in range(repeat)), key=lambda each: each.seconds)


def _quality(data: Input, output: Path, grouping: str) -> Quality:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table resolved as
            select person_id, {grouping}
            from '{data.truth}'
            inner join '{output}' using (source, record_id)
            where {grouping} is not null
            """
        )
        quality = measure(connection, "resolved", grouping)
    if quality.records != data.count:
        raise SystemExit(
            f"{output} resolves {quality.records:,} of the {data.count:,} records of {data.name}."
        )
    return quality


def _quality_of(data: Input, group_of: dict[str, str]) -> Quality:
    with duckdb.connect() as connection:
        groups = pa.table({"key": list(group_of), "group_id": list(group_of.values())})
        connection.register("groups", groups)
        connection.execute(
            f"""
            create table resolved as
            select person_id, coalesce(group_id, source || '|' || record_id) as group_id
            from '{data.truth}'
            left join groups on key = source || '|' || record_id
            """
        )
        return measure(connection, "resolved", "group_id")


def _kesher() -> str:
    return str(Path(sys.executable).with_name("kesher"))
