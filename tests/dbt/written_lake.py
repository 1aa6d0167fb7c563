"""A small lake as `kesher sync` would write it, by hand."""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2026, 1, 1, tzinfo=UTC)

Version = tuple[Mapping[str, Any], datetime]


def at(minutes: float) -> datetime:
    """A moment, in minutes since the tests' beginning of time."""
    return START + timedelta(minutes=minutes)


class WrittenLake:
    """A folder of lake files; every file gets a later name than the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = 0

    def write(self, source: str, stream: str, versions: Iterable[Version]) -> Path:
        """Write one file of records, each with the moment when it was extracted."""
        versions = list(versions)
        self.files += 1
        table = pa.table(
            {
                "_airbyte_raw_id": [str(uuid.uuid4()) for _ in versions],
                "_airbyte_extracted_at": pa.array(
                    [moment for _, moment in versions], pa.timestamp("us", "UTC")
                ),
                "_airbyte_meta": pa.array(['{"changes":[]}'] * len(versions), pa.string()),
                "_airbyte_generation_id": pa.array([0] * len(versions), pa.int64()),
                "_airbyte_data": pa.array(
                    [json.dumps(record, ensure_ascii=False) for record, _ in versions], pa.string()
                ),
            }
        )
        stamp = START + timedelta(seconds=self.files)
        folder = self.folder / source / stream
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{stamp:%Y%m%dT%H%M%S_%f}-{self.files:08x}.parquet"
        pq.write_table(table, file, compression="zstd")
        return file

    def write_records(
        self, source: str, stream: str, *records: Mapping[str, Any], minutes: float = 0
    ) -> Path:
        """Write one file of records that were all extracted at one moment."""
        return self.write(source, stream, [(record, at(minutes)) for record in records])


def tombstone(**key: Any) -> dict[str, Any]:
    """The lake's word for a deleted record."""
    return {**key, "_ab_cdc_deleted_at": "2026-01-01T00:00:00Z"}
