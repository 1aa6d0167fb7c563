"""How well and how fast records are resolved into customers, on a sandbox that knows the truth.

Makes a sandbox of the asked size and seed, pulls it through the real connectors into the lake,
builds staging and identity, and compares who is one customer with the truth. The baseline joins
records that share an e-mail address or a phone number, exactly as they were typed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

TARGET_PRECISION = 0.97
TARGET_RECALL = 0.90


@dataclass(frozen=True)
class Quality:
    """Agreement of a grouping of records with the truth; every figure from 0 to 1.

    `precision` and `recall` count pairs of records; the cluster figures count whole groups
    that are exactly a person's records.
    """

    precision: float
    recall: float
    cluster_precision: float
    cluster_recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall over pairs."""
        return _f1(self.precision, self.recall)

    @property
    def cluster_f1(self) -> float:
        """Harmonic mean of precision and recall over whole groups."""
        return _f1(self.cluster_precision, self.cluster_recall)


@dataclass(frozen=True)
class Step:
    """One command: how long it took (seconds) and the most memory it held (MiB)."""

    name: str
    seconds: float
    peak_mib: float


def main(arguments: list[str]) -> int:
    """Run the benchmark and print its tables in Markdown.

    Args:
        arguments: Options of the command line.

    Returns:
        0 if the targets are met, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks identity", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000, help="people in the sandbox")
    parser.add_argument("--seed", type=int, default=2_026, help="seed that no test uses")
    parser.add_argument(
        "--directory", type=Path, help="work here and leave the data; default: a temporary folder"
    )
    options = parser.parse_args(arguments)
    with _work_directory(options.directory) as directory:
        steps = _build(directory, options.people, options.seed)
        return _report(directory, options.people, options.seed, steps)


def measure(connection: duckdb.DuckDBPyConnection, grouping: str) -> Quality:
    """Compare a grouping with the truth.

    Args:
        connection: Has a table `resolved` with person_id and the grouping's column.
        grouping: Name of that column.

    Returns:
        Its quality.
    """

    def pairs(columns: str) -> float:
        return _number(
            connection,
            f"""
            select coalesce(sum(size * (size - 1) / 2), 0)
            from (select count(*) as size from resolved group by {columns})
            """,
        )

    right, found, true = (
        pairs(columns) for columns in (f"{grouping}, person_id", grouping, "person_id")
    )
    exact = _number(
        connection,
        f"""
        with
            groups as (select {grouping} as id, count(*) as size from resolved group by 1),
            people as (select person_id as id, count(*) as size from resolved group by 1),
            both_ways as (
                select {grouping} as group_id, person_id, count(*) as size
                from resolved
                group by 1, 2
            )
        select count(*)
        from both_ways
        inner join groups on groups.id = group_id and groups.size = both_ways.size
        inner join people on people.id = person_id and people.size = both_ways.size
        """,
    )
    groups = _number(connection, f"select count(distinct {grouping}) from resolved")
    people = _number(connection, "select count(distinct person_id) from resolved")
    return Quality(
        precision=_share(right, found),
        recall=_share(right, true),
        cluster_precision=_share(exact, groups),
        cluster_recall=_share(exact, people),
    )


def load_resolved(connection: duckdb.DuckDBPyConnection, warehouse: Path, truth: Path) -> None:
    """Make the table `resolved`: each record with its person, our customer and the baseline's.

    Args:
        connection: Gets the table.
        warehouse: A built warehouse.
        truth: Parquet file with source, record_id and person_id.
    """
    connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
    connection.execute(
        f"""
        create or replace table records as
        select
            row_number() over () as number,
            truth.person_id,
            identities.customer_id,
            lower(trim(record_email)) as email,
            trim(record_phone) as phone
        from read_parquet('{truth}') as truth
        inner join warehouse.identity.int_identity__customer_ids as identities
            using (source, record_id)
        inner join (
            select source, record_id, email as record_email, phone as record_phone
            from warehouse.identity.int_identity__person_records
        ) using (source, record_id)
        """
    )
    connection.execute(
        "create or replace table labels as select number, number as label from records"
    )
    while True:
        before = _number(connection, "select sum(label) from labels")
        for column in ("email", "phone"):
            connection.execute(
                f"""
                create or replace table labels as
                select
                    number,
                    case
                        when {column} <> '' then min(label) over (partition by {column})
                        else label
                    end as label
                from records
                inner join labels using (number)
                """
            )
        if _number(connection, "select sum(label) from labels") == before:
            break
    connection.execute(
        """
        create or replace table resolved as
        select person_id, customer_id, label as baseline_id
        from records
        inner join labels using (number)
        """
    )


def _build(directory: Path, people: int, seed: int) -> list[Step]:
    steps = [
        _kesher(directory, "sandbox", "create", "--people", str(people), "--seed", str(seed)),
        _kesher(directory, "sync"),
        _kesher(directory, "build"),
    ]
    _kesher(directory, "sandbox", "truth", "--out", str(directory / "truth.parquet"))
    # Once more from nothing, identity alone: what the resolution itself costs.
    project = Path(__file__).resolve().parent.parent / "dbt_project"
    environment = {
        **os.environ,
        "KESHER_LAKE": str(directory / "data" / "lake"),
        "KESHER_WAREHOUSE": str(directory / "data" / "warehouse.duckdb"),
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "run", "--select", "identity"]
    folders = ["--target-path", str(directory / "target"), "--log-path", str(directory / "logs")]
    steps.append(_run("dbt run --select identity", [*command, *folders], project, environment))
    return steps


def _kesher(directory: Path, *arguments: str) -> Step:
    command = [str(Path(sys.executable).with_name("kesher")), *arguments]
    command += ["--data-dir", str(directory / "data")]
    name = "kesher " + " ".join(arguments[:2] if arguments[0] == "sandbox" else arguments[:1])
    return _run(name, command, directory, dict(os.environ))


def _run(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> Step:
    print(f"{name} ...", file=sys.stderr, flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = process.stdout.read() if process.stdout else b""
    # wait4 knows the peak of this process and of those that it waited for.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} failed:\n{output.decode(errors='replace')}")
    return Step(name, time.monotonic() - started, _mebibytes(usage))


def _mebibytes(usage: resource.struct_rusage) -> float:
    per_mebibyte = 1024 * 1024 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss / per_mebibyte


def _report(directory: Path, people: int, seed: int, steps: list[Step]) -> int:
    with duckdb.connect() as connection:
        load_resolved(
            connection, directory / "data" / "warehouse.duckdb", directory / "truth.parquet"
        )
        ours = measure(connection, "customer_id")
        baseline = measure(connection, "baseline_id")
        records = int(_number(connection, "select count(*) from resolved"))
        truths = int(
            _number(
                connection, f"select count(*) from read_parquet('{directory / 'truth.parquet'}')"
            )
        )
        pairs = int(
            _number(connection, "select count(*) from warehouse.identity.int_identity__pair_scores")
        )
        unread = int(
            _number(
                connection,
                "select count(*) from warehouse.identity.int_identity__blocking_keys "
                "where block_status = 'over_full'",
            )
        )
    print(f"Identity: {people:,} people, seed {seed}, {records:,} records of {truths:,}\n")
    print("| | precision | recall | F1 | cluster precision | cluster recall | cluster F1 |")
    print("|---|---|---|---|---|---|---|")
    for name, quality in (("Kesher", ours), ("exact e-mail or phone", baseline)):
        figures = (
            quality.precision,
            quality.recall,
            quality.f1,
            quality.cluster_precision,
            quality.cluster_recall,
            quality.cluster_f1,
        )
        print(f"| {name} | " + " | ".join(f"{figure:.4f}" for figure in figures) + " |")
    print("\n| step | seconds | peak MiB |\n|---|---|---|")
    for step in steps:
        print(f"| {step.name} | {step.seconds:.1f} | {step.peak_mib:,.0f} |")
    print(
        f"\n{pairs:,} pairs compared, {pairs / max(records, 1):.1f} a record; "
        f"{unread:,} block entries were over-full and not compared."
    )
    met = ours.precision >= TARGET_PRECISION and ours.recall >= TARGET_RECALL and records == truths
    verdict = "met" if met else "MISSED"
    print(f"Target precision ≥ {TARGET_PRECISION}, recall ≥ {TARGET_RECALL}: {verdict}.")
    return 0 if met else 1


@contextmanager
def _work_directory(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="kesher-benchmark-") as folder:
        yield Path(folder)


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    row = connection.execute(query).fetchone()
    return float(row[0]) if row else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _f1(precision: float, recall: float) -> float:
    return _share(2 * precision * recall, precision + recall)
