"""What is resolved: the sandbox's people in any number, and the Febrl data sets."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.febrl import write_febrl3, write_febrl4
from benchmarks.measured import run

_SANDBOX = re.compile(r"sandbox-(\d+)(k|m)?")
_UNITS = {None: 1, "k": 1_000, "m": 1_000_000}
#: More people than this are those of several sandboxes.
_MOST_PEOPLE = 2_000_000


@dataclass(frozen=True)
class Input:
    """A file of records whose persons are known.

    Attributes:
        name: As on the command line.
        records: Parquet file in the columns of `kesher match`.
        truth: Parquet file: source, record_id, person_id.
        count: Number of records.
        splink_model: Which of the models of `benchmarks.splink_models` fits.
        splink_records: The file that Splink reads: the same one, or for Febrl the original
            columns, which its published models are made for.
    """

    name: str
    records: Path
    truth: Path
    count: int
    splink_model: str
    splink_records: Path


def is_known(name: str) -> bool:
    """Return whether there is an input of this name."""
    return name in ("febrl3", "febrl4") or _SANDBOX.fullmatch(name) is not None


def make_input(name: str, seed: int, directory: Path) -> Input:
    """Write an input's files, unless they are there.

    Args:
        name: `sandbox-<people>`, such as sandbox-20k or sandbox-4m, `febrl3` or `febrl4`.
        seed: Of the sandbox.
        directory: Where the files go.
    """
    match = _SANDBOX.fullmatch(name)
    if match is None:
        return _febrl(name, directory)
    people = int(match[1]) * _UNITS[match[2]]
    stem = f"{name}-seed-{seed}"
    records, truth = directory / f"{stem}.parquet", directory / f"{stem}-truth.parquet"
    if not (records.exists() and truth.exists()):
        if people <= _MOST_PEOPLE:
            _export(people, seed, records, truth)
        else:
            _export_several(people, seed, records, truth)
    return Input(name, records, truth, _count(records), "customers", records)


def _febrl(name: str, directory: Path) -> Input:
    records, truth = directory / f"{name}.parquet", directory / f"{name}-truth.parquet"
    original = directory / f"{name}-original.parquet"
    {"febrl3": write_febrl3, "febrl4": write_febrl4}[name](records, truth, original)
    return Input(name, records, truth, _count(records), name, original)


def _export(people: int, seed: int, records: Path, truth: Path) -> None:
    kesher = str(Path(sys.executable).with_name("kesher"))
    command = [kesher, "sandbox", "people", "--people", str(people), "--seed", str(seed)]
    run([*command, "--out", str(records), "--truth", str(truth)], records.parent)


def _export_several(people: int, seed: int, records: Path, truth: Path) -> None:
    """Put several sandboxes together; their ids are told apart by the sandbox's number."""
    sandboxes = -(-people // _MOST_PEOPLE)
    parts = [records.with_name(f"part-{number}.parquet") for number in range(sandboxes)]
    truths = [truth.with_name(f"part-{number}-truth.parquet") for number in range(sandboxes)]
    for number, (part, part_truth) in enumerate(zip(parts, truths, strict=True)):
        _export(people // sandboxes, seed + number, part, part_truth)
    _put_together(parts, records, ("record_id",))
    _put_together(truths, truth, ("record_id", "person_id"))
    for path in (*parts, *truths):
        path.unlink()


def _put_together(parts: list[Path], target: Path, ids: tuple[str, ...]) -> None:
    selects = []
    for number, part in enumerate(parts):
        told_apart = ", ".join(f"'{number}-' || {name} as {name}" for name in ids)
        selects.append(f"select * replace ({told_apart}) from '{part}'")
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"copy ({' union all '.join(selects)}) to '{target}' (format parquet)")


def _count(records: Path) -> int:
    with duckdb.connect() as connection:
        ((count,),) = connection.execute(f"select count(*) from '{records}'").fetchall()
    return int(count)
