"""`python -m benchmarks.floor_run INPUT`: what resolving a file costs at the very least.

Nobody can find who is who without reading every record once and bringing equal keys together once.
This does only that, in DuckDB: it reads all columns, and it sorts one row for each key that a
record can be found by: e-mail, phone, national id, and pairs of name, address and company.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import duckdb

_KEYS = (
    ("email",),
    ("phone",),
    ("other_phone",),
    ("national_id",),
    ("family_name", "given_name"),
    ("full_name",),
    ("family_name", "postcode"),
    ("given_name", "postcode"),
    ("family_name", "city"),
    ("company", "given_name"),
    ("company", "family_name"),
    ("street", "postcode"),
    ("family_name", "birth_date"),
)


def main() -> None:
    """Run from the command line; prints seconds by step as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path, help="Parquet file in the columns of kesher match")
    print(json.dumps(floor(parser.parse_args().input)))


def floor(records: Path) -> dict[str, float]:
    """Read a file and sort it by its keys.

    Args:
        records: Parquet file in the columns of `kesher match`.

    Returns:
        Seconds by step.
    """
    with duckdb.connect() as connection:
        there = {name for name, *_ in connection.execute(f"describe '{records}'").fetchall()}
        keys = [
            _key(place, columns) for place, columns in enumerate(_KEYS) if there.issuperset(columns)
        ]
        started = time.monotonic()
        connection.execute(
            f"create table records as select row_number() over () as number, * from '{records}'"
        )
        read = time.monotonic()
        connection.execute(
            f"""
            create table sorted_keys as
            with unfolded as (select number, unnest([{", ".join(keys)}]) as key from records)
            from unfolded
            where key is not null
            order by key, number
            """
        )
        end = time.monotonic()
    return {"read": read - started, "sort by keys": end - read}


def _key(place: int, columns: tuple[str, ...]) -> str:
    filled = " and ".join(f"{column} <> ''" for column in columns)
    return f"case when {filled} then hash({place}, {', '.join(columns)}) end"


if __name__ == "__main__":
    main()
