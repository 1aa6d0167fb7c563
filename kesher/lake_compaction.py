"""Merges small files of the lake, so that a stream that grows by a file a sync stays quick.

Rows keep their ids and times, so it does not matter in which file they are. The merged file is
whole before any of those that it replaces goes: whoever is killed in between leaves rows twice,
with the same id. Staging takes each record once all the same, and the next merging drops the
others.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kesher.data_directory import sync_folder
from kesher.errors import KesherError, disk_full_error
from kesher.lake import MISFITS_NOTE, SCHEMA, Lake, LakeFile, LakeFileError, first_line
from kesher.lake_writer import PARQUET_OPTIONS, ROWS_A_GROUP

#: A file that is smaller is merged with its neighbours. A year of syncs every 15 minutes makes some
#: ten larger ones.
SMALL_BYTES = 8 * 1024 * 1024
#: What one merged file is made of at most; bounds the memory that it takes.
MERGED_BYTES = 64 * 1024 * 1024


def merge_small_files(lake: Lake, source: str, stream: str, *, at_least: int = 2) -> int:
    """Merge the small files of a stream. Call it under the lock.

    A file that can't be read stays as it is: the build and `kesher doctor` tell of it. So does one
    that Airbyte wrote.

    Args:
        lake: Where the stream is.
        source: The source's name.
        stream: The stream's name.
        at_least: Do nothing while there are fewer small files.

    Returns:
        How many files the stream has less.

    Raises:
        KesherError: the lake can't be written.
    """
    files = lake.files(source, stream)
    if len(files) < at_least:
        return 0
    sizes = _sizes(lake, files)
    if sum(sizes[file.path] < SMALL_BYTES for file in files) < at_least:
        return 0
    return sum(_merge(lake, batch) for batch in _batches(files, sizes))


def _sizes(lake: Lake, files: list[LakeFile]) -> dict[str, int]:
    infos = lake.filesystem.get_file_info([file.path for file in files])
    return {info.path: info.size or 0 for info in infos}


def _batches(files: list[LakeFile], sizes: dict[str, int]) -> Iterator[list[LakeFile]]:
    """Give neighbours that are small, so many at a time as one file may hold."""
    for is_small, neighbours in groupby(files, lambda file: sizes[file.path] < SMALL_BYTES):
        if not is_small:
            continue
        batch: list[LakeFile] = []
        held = 0
        for file in neighbours:
            if held + sizes[file.path] > MERGED_BYTES:
                yield batch
                batch, held = [], 0
            batch.append(file)
            held += sizes[file.path]
        yield batch


def _merge(lake: Lake, batch: list[LakeFile]) -> int:
    tables: dict[LakeFile, pa.Table] = {}
    for file in batch:
        try:
            rows = _rows(lake, file)
        except LakeFileError:
            # Left where it is, for whoever tells of damaged files; the others are whole.
            continue
        if rows is not None:
            tables[file] = rows
    if len(tables) < 2:
        return 0
    newest = max(tables)
    folder = newest.path.rpartition("/")[0]
    # The newest one's moment, so that what was read last still stands in the last file.
    finished = f"{folder}/{newest.stamp}-{secrets.token_hex(4)}.parquet"
    try:
        _write(lake, finished, _without_twins(pa.concat_tables(tables.values())))
        for file in tables:
            lake.filesystem.delete_file(file.path)
    except OSError as error:
        raise disk_full_error(error, folder) or KesherError(
            f"Can't merge files of the lake in {folder}: {first_line(error)}"
        ) from error
    return len(tables) - 1


def _rows(lake: Lake, file: LakeFile) -> pa.Table | None:
    """Return what is in a file; None if it is not Kesher's."""
    try:
        with lake.filesystem.open_input_file(file.path) as stream:
            parquet = pq.ParquetFile(stream)
            if MISFITS_NOTE not in (parquet.metadata.metadata or {}):
                return None
            return parquet.read().cast(SCHEMA)
    except (OSError, pa.ArrowException) as error:
        raise LakeFileError(file, first_line(error)) from error


def _without_twins(table: pa.Table) -> pa.Table:
    """Drop rows whose id came before, which a merging that was killed left behind."""
    ids = table.column("_airbyte_raw_id")
    if len(ids.unique()) == len(ids):
        return table
    first: dict[str, int] = {}
    for position, key in enumerate(ids.to_pylist()):
        first.setdefault(key, position)
    return table.take(list(first.values()))


def _write(lake: Lake, finished: str, rows: pa.Table) -> None:
    plain = pc.sum(pc.match_substring(rows.column("_airbyte_meta"), '"changes":[]')).as_py()
    unfinished = f"{finished}.tmp"
    try:
        with (
            lake.filesystem.open_output_stream(unfinished) as file,
            pq.ParquetWriter(file, SCHEMA, **PARQUET_OPTIONS) as parquet,
        ):
            parquet.write_table(rows.combine_chunks(), row_group_size=ROWS_A_GROUP)
            misfits = rows.num_rows - plain
            parquet.add_key_value_metadata({MISFITS_NOTE: str(misfits).encode()})
        if lake.is_local:
            with Path(unfinished).open("rb+") as written:
                os.fsync(written.fileno())
        lake.filesystem.move(unfinished, finished)
    except OSError:
        with contextlib.suppress(OSError):
            lake.filesystem.delete_file(unfinished)
        raise
    if lake.is_local:
        sync_folder(Path(finished).parent)
