"""How many of the true pairs are compared at all: what blocking loses, no scoring brings back.

Nobody's blocking may be called unfair if both keep about the same share of the true pairs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from benchmarks.inputs import Input
from benchmarks.measured import run

_TRUE_PAIRS = """
    select one.{key} as left_key, other.{key} as right_key
    from known as one
    inner join known as other on one.person_id = other.person_id and one.{key} < other.{key}
"""


def kesher_share(data: Input, directory: Path) -> float:
    """Return the share of the true pairs that `kesher match` scores."""
    kept = directory / f"{data.name}-kesher.duckdb"
    kesher = str(Path(sys.executable).with_name("kesher"))
    output = directory / f"{data.name}-kesher-kept.parquet"
    command = [kesher, "match", str(data.records), "--out", str(output), "--keep", str(kept)]
    kept.unlink(missing_ok=True)
    run(command, directory)
    try:
        with duckdb.connect(str(kept), read_only=True) as connection:
            connection.execute(
                f"""
                create temp table known as
                select records.record_key, truth.person_id
                from identity.int_identity__person_records as records
                inner join '{data.truth}' as truth using (source, record_id)
                """
            )
            return _share(
                connection,
                f"""
                select count(scores.left_record_key), count(*)
                from ({_TRUE_PAIRS.format(key="record_key")}) as pairs
                left join
                    identity.int_identity__pair_scores as scores
                    on least(scores.left_record_key, scores.right_record_key) = pairs.left_key
                    and greatest(scores.left_record_key, scores.right_record_key) = pairs.right_key
                """,
            )
    finally:
        kept.unlink(missing_ok=True)


def splink_share(data: Input) -> float:
    """Return the share of the true pairs that Splink's blocking rules find."""
    from benchmarks.splink_models import model

    asked = model(data.splink_model)
    rules = " or ".join(
        f"coalesce({rule.get_blocking_rule('duckdb').blocking_rule_sql}, false)"
        for rule in asked.settings.blocking_rules_to_generate_predictions
        if not isinstance(rule, dict)
    )
    with duckdb.connect() as connection:
        connection.execute(f"create view input as select * from '{data.splink_records}'")
        connection.execute(f"create table cleaned as {asked.clean}")
        connection.execute(
            f"""
            create table known as
            select cleaned.*, truth.person_id
            from cleaned
            inner join '{data.truth}' as truth
                on cleaned.unique_id = truth.source || '|' || truth.record_id
            """
        )
        return _share(
            connection,
            f"""
            select count(*) filter (where {rules}), count(*)
            from ({_TRUE_PAIRS.format(key="unique_id")}) as pairs
            inner join known as l on l.unique_id = pairs.left_key
            inner join known as r on r.unique_id = pairs.right_key
            """,
        )


def _share(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    ((found, true),) = connection.execute(query).fetchall()
    return float(found / true) if true else 1.0
