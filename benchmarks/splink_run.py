"""`python -m benchmarks.splink_run MODEL INPUT OUTPUT`: resolve a file with Splink.

A process of its own, so that what it takes can be measured as it is measured for the others.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


def main() -> None:
    """Run from the command line; prints the seconds of each step as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="one of the models of benchmarks.splink_models")
    parser.add_argument("input", type=Path, help="Parquet file of records")
    parser.add_argument("output", type=Path, help="Parquet file: source, record_id, group_id")
    parser.add_argument(
        "--pairs", type=Path, help="also write the predicted pairs, for a look at other thresholds"
    )
    options = parser.parse_args()
    print(json.dumps(resolve(options.model, options.input, options.output, options.pairs)))


def resolve(model_name: str, records: Path, output: Path, pairs: Path | None) -> dict[str, float]:
    """Resolve a file of records.

    Args:
        model_name: One of the models of `benchmarks.splink_models`.
        records: Parquet file: the columns of `kesher match`, or those of Febrl.
        output: Parquet file to write: source, record_id and the group.
        pairs: Parquet file to write, if any: both records and the match weight of each pair.

    Returns:
        Seconds by step.
    """
    seconds: dict[str, float] = {}

    @contextmanager
    def step(name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        seconds[name] = time.monotonic() - started

    with step("import"):
        from splink import DuckDBAPI, Linker

        from benchmarks.splink_models import model

        asked = model(model_name)
    connection = duckdb.connect()
    with step("read and clean"):
        connection.execute(f"create view input as select * from '{records}'")
        connection.execute(f"create table cleaned as {asked.clean}")
        api = DuckDBAPI(connection)
        if asked.tables:
            frames = []
            for source in asked.tables:
                connection.execute(
                    f"create table cleaned_{source} as from cleaned where source = '{source}'"
                )
                relation = connection.table(f"cleaned_{source}")
                frames.append(api.register(relation, dataset_display_name=source))
        else:
            frames = [api.register(connection.table("cleaned"))]
        linker = Linker(frames, asked.settings, log_level=logging.ERROR)
    with step("train"):
        asked.train(linker)
    with step("predict"):
        predicted = linker.inference.predict(threshold_match_probability=asked.least_probability)
    with step("cluster"):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=asked.threshold
        )
    with step("write"):
        connection.execute(
            f"""
            copy (
                select
                    split_part(unique_id, '|', 1) as source,
                    split_part(unique_id, '|', 2) as record_id,
                    dense_rank() over (order by cluster_id) as group_id
                from {clusters.physical_name}
            ) to '{output}' (format parquet)
            """
        )
    if pairs is not None:
        with step("write the pairs (not counted)"):
            connection.execute(
                f"""
                copy (
                    select unique_id_l as left_id, unique_id_r as right_id, match_weight
                    from {predicted.physical_name}
                ) to '{pairs}' (format parquet)
                """
            )
    return seconds


if __name__ == "__main__":
    main()
