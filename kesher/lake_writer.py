"""Writes files of the lake.

A file is written beside, as `….tmp`, and renamed when it is whole, so that readers see all of it or
nothing.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import time
from array import array
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kesher.data_directory import sync_folder
from kesher.errors import KesherError, disk_full_error
from kesher.lake import DELETED_AT, MISFITS_NOTE, SCHEMA, Lake, LakeClock, first_line

ROWS_A_GROUP = 20_000
#: How files of the lake are written, by whomever.
PARQUET_OPTIONS: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": ["_airbyte_meta", "_airbyte_generation_id"],
    "write_statistics": ["_airbyte_extracted_at", "_airbyte_generation_id"],
    "write_page_checksum": True,
}
_BYTES_A_GROUP = 16 * 1024 * 1024
#: So many records are taken in at once, which is half as much work as one by one.
_RECORDS_AT_ONCE = 100
_REASONS_A_RECORD = 20
#: Where the 32 hexadecimal digits of a UUID stand in its text.
_DIGIT_PLACES = [place for place in range(36) if place not in (8, 13, 18, 23)]
#: The digit that says which kind of UUID it is, out of any digit.
_VARIANT = bytes.maketrans(b"0123456789abcdef", b"89ab" * 4)


class LakeWriter:
    """Appends one stream's records to the lake.

    Records gather in memory, then in an unfinished file; `commit` makes them part of the lake.
    Use it as a context manager: what is not committed at its end is thrown away.
    """

    def __init__(
        self,
        lake: Lake,
        source: str,
        stream: str,
        *,
        sync_id: int,
        clock: LakeClock,
        json_schema: Mapping[str, Any] | None = None,
        generation: int = 0,
    ) -> None:
        """Prepare to write; nothing is made on disk before the first records.

        Args:
            lake: Where to write.
            source: The source's name.
            stream: The stream's name.
            sync_id: Stands in every row's `_airbyte_meta`.
            clock: Gives the rows' and the file's times.
            json_schema: What records should look like. Those that don't are kept all the same,
                with the reason in `_airbyte_meta`.
            generation: Number of the complete reading that the rows belong to.
        """
        self._lake = lake
        self._folder = f"{lake.root}/{source}/{stream}"
        self._name = f"{source}.{stream}"
        self._sync_id = sync_id
        self._clock = clock
        self._generation = generation
        self._validator = _validator(json_schema)
        self._plain_meta = orjson.dumps({"sync_id": sync_id, "changes": []})
        self._unfinished: str | None = None
        self._finished_name = ""
        self._file: Any = None
        self._parquet: pq.ParquetWriter | None = None
        self._records: list[Mapping[str, Any]] = []
        self._empty_buffer()
        self._changed_rows = 0
        self.uncommitted = 0
        self.misfits = 0

    def __enter__(self) -> LakeWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def add(self, record: Mapping[str, Any]) -> None:
        """Add a record as the vendor sent it; it must not be changed afterwards.

        Raises:
            KesherError: the disk is full.
        """
        self._records.append(record)
        self.uncommitted += 1
        if len(self._records) == _RECORDS_AT_ONCE:
            self._take_records()

    def add_tombstone(self, key: Mapping[str, Any], deleted_at: datetime) -> None:
        """Add a row saying that the record with this key was deleted."""
        self._take_records()
        data, _ = _json_bytes({**key, DELETED_AT: deleted_at.astimezone(UTC).isoformat()})
        self.uncommitted += 1
        self._append([data], [self._plain_meta])

    def commit(self) -> int:
        """Make everything added so far part of the lake, in one step that survives a crash.

        `misfits` counts what is committed.

        Returns:
            The number of rows made visible.

        Raises:
            KesherError: the disk is full; nothing half-written is left.
        """
        if not self.uncommitted:
            return 0
        self._take_records()
        try:
            self._write_group()
            assert self._parquet is not None and self._unfinished is not None  # noqa: S101
            self._parquet.add_key_value_metadata({MISFITS_NOTE: str(self._changed_rows).encode()})
            self._parquet.close()
            self._file.close()
            finished = f"{self._folder}/{self._finished_name}"
            if self._lake.is_local:
                with Path(self._unfinished).open("rb+") as file:
                    os.fsync(file.fileno())
            self._lake.filesystem.move(self._unfinished, finished)
            if self._lake.is_local:
                sync_folder(Path(self._folder))
        except OSError as error:
            self.discard()
            raise self._write_error(error) from error
        rows, self.uncommitted, self._changed_rows = self.uncommitted, 0, 0
        self._parquet = self._file = self._unfinished = None
        return rows

    def discard(self) -> None:
        """Throw away what was not committed."""
        self._records = []
        self._empty_buffer()
        self.uncommitted = self._changed_rows = 0
        unfinished, self._unfinished = self._unfinished, None
        parquet, self._parquet = self._parquet, None
        file, self._file = self._file, None
        if unfinished is None:
            return
        for closable in (parquet, file):
            try:
                if closable is not None:
                    closable.close()
            except (OSError, pa.ArrowException):
                # Closing writes the footer, which fails on a full disk; the file goes anyway.
                continue
        # Where it can't be deleted, as on a disk that turned read-only, its name says what it is;
        # what kept it from being written is the error to tell.
        with contextlib.suppress(OSError):
            self._lake.filesystem.delete_file(unfinished)

    def _take_records(self) -> None:
        """Move what was added into the buffer, as JSON and held against the schema."""
        records, self._records = self._records, []
        texts: list[bytes] = []
        metas: list[bytes] = []
        for record in records:
            changes = self._misfit(record)
            text, replaced = _json_bytes(record)
            if replaced:
                changes.append({"field": "", "change": "REPLACED", "reason": replaced})
            texts.append(text)
            metas.append(self._meta(changes) if changes else self._plain_meta)
        self._append(texts, metas)

    def _misfit(self, record: Mapping[str, Any]) -> list[dict[str, str]]:
        if self._validator is None or self._validator.is_valid(record):
            return []
        self.misfits += 1
        changes: list[dict[str, str]] = []
        for error in self._validator.iter_errors(record):
            if len(changes) == _REASONS_A_RECORD:
                break
            field = ".".join(str(part) for part in error.instance_path)
            changes.append({"field": field, "change": "KEPT_AS_SENT", "reason": error.message})
        return changes

    def _meta(self, changes: list[dict[str, str]]) -> bytes:
        self._changed_rows += 1
        return orjson.dumps({"sync_id": self._sync_id, "changes": changes})

    def _append(self, texts: list[bytes], metas: list[bytes]) -> None:
        self._moments.extend(self._clock.moments(len(texts)))
        self._metas += metas
        # Not as a list: what orjson returns may hold eight times the memory that it needs.
        self._ends.extend(accumulate(map(len, texts), initial=self._ends.pop()))
        self._data += b"".join(texts)
        if len(self._metas) >= ROWS_A_GROUP or len(self._data) >= _BYTES_A_GROUP:
            try:
                self._write_group()
            except OSError as error:
                self.discard()
                raise self._write_error(error) from error

    def _write_group(self) -> None:
        if not self._metas:
            return
        if self._parquet is None:
            self._lake.filesystem.create_dir(self._folder, recursive=True)
            self._finished_name = f"{self._clock.stamp()}-{secrets.token_hex(4)}.parquet"
            self._unfinished = f"{self._folder}/{self._finished_name}.tmp"
            self._file = self._lake.filesystem.open_output_stream(self._unfinished)
            self._parquet = pq.ParquetWriter(
                self._file,
                SCHEMA,
                **PARQUET_OPTIONS,
            )
        count = len(self._metas)
        batch = pa.record_batch(
            [
                _texts(_raw_ids(count), array("i", range(0, 36 * count + 1, 36))),
                _numbers(self._moments, pa.timestamp("us", tz="UTC")),
                _texts(
                    b"".join(self._metas), array("i", accumulate(map(len, self._metas), initial=0))
                ),
                _numbers(array("q", [self._generation]) * count, pa.int64()),
                _texts(self._data, self._ends),
            ],
            schema=SCHEMA,
        )
        self._empty_buffer()
        self._parquet.write_batch(batch, row_group_size=count)

    def _empty_buffer(self) -> None:
        self._moments = array("q")
        self._metas: list[bytes] = []
        self._data = bytearray()
        #: Where each record ends in `_data`, after a 0 where the first begins.
        self._ends = array("i", [0])

    def _write_error(self, error: OSError) -> KesherError:
        return disk_full_error(error, self._folder) or KesherError(
            f"Can't write {self._name} to the lake at {self._folder}: {first_line(error)}"
        )


def own_writer(lake: Lake, source: str, stream: str) -> LakeWriter:
    """Return a writer for rows of Kesher's own, which come after all that is in the lake."""
    return LakeWriter(
        lake,
        source,
        stream,
        sync_id=time.time_ns() // 1_000_000,
        clock=LakeClock(lake.latest_stamp()),
    )


# Arrow's arrays out of buffers: from lists, pyarrow imports pandas first, which takes a second.


def _texts(data: bytes | bytearray, ends: array[int]) -> pa.Array:
    """Return texts as a column; `ends` says where each one ends, after a 0."""
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))


def _numbers(values: array[int], data_type: pa.DataType) -> pa.Array:
    """Return 64-bit numbers as a column."""
    return pa.Array.from_buffers(data_type, len(values), [None, pa.py_buffer(values)])


def _raw_ids(count: int) -> bytearray:
    """Return so many new random UUIDs (RFC 9562, version 4), 36 characters each, in one text.

    Asking the system once for all is ten times as fast, and so is to place each digit of all ids
    at once instead of writing one id after the other.
    """
    digits = os.urandom(16 * count).hex().encode()
    ids = bytearray(b"-" * (36 * count))
    for digit, place in enumerate(_DIGIT_PLACES):
        ids[place::36] = digits[digit::32]
    ids[14::36] = b"4" * count
    ids[19::36] = digits[16::32].translate(_VARIANT)
    return ids


def _validator(json_schema: Mapping[str, Any] | None) -> Any:
    if not json_schema:
        return None
    import jsonschema_rs

    # The mask keeps what customers wrote out of the reasons.
    return jsonschema_rs.validator_for(dict(json_schema), mask="the value")


def _json_bytes(record: Mapping[str, Any]) -> tuple[bytes, str]:
    """Write a record as JSON; the second value says what had to be replaced, if anything."""
    try:
        return orjson.dumps(record, default=_as_text), ""
    except (TypeError, orjson.JSONEncodeError):
        # Whole numbers beyond 64 bits, keys that are not text, half surrogates.
        text = json.dumps(_plain(record), ensure_ascii=False, default=_as_text)
        data = text.encode("utf-8", "replace")
        has_replaced = data != text.encode("utf-8", "surrogatepass")
        return data, "characters that are not Unicode were replaced by ?" if has_replaced else ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
