"""Reads a lake with DuckDB alone, so that tests do not believe the code they test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb


def rows(lake: Path, source: str, stream: str) -> list[dict[str, Any]]:
    """Return the rows of a stream in order, `data` and `meta` parsed."""
    if not list((lake / source / stream).glob("*.parquet")):
        return []
    with duckdb.connect() as connection:
        found = connection.execute(
            "select _airbyte_data, _airbyte_meta, _airbyte_extracted_at, _airbyte_generation_id, "
            "parse_filename(filename) from read_parquet(?, filename = true) order by 3",
            [str(lake / source / stream / "*.parquet")],
        ).fetchall()
    return [
        {
            "data": json.loads(data),
            "meta": json.loads(meta),
            "extracted_at": extracted_at,
            "generation": generation,
            "file": file,
        }
        for data, meta, extracted_at, generation, file in found
    ]


def data(lake: Path, source: str, stream: str) -> list[dict[str, Any]]:
    """Return the records of a stream in order, as the vendor sent them."""
    return [row["data"] for row in rows(lake, source, stream)]
