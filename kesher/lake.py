"""The lake: every record as its vendor sent it, in append-only Parquet files.

One folder a stream, `<source>/<stream>/<stamp>-<8 hex>.parquet`, in the columns of Airbyte's raw
tables. A file is written beside, as `….tmp`, and renamed when it is whole, so that readers see
all of it or nothing. Names carry their time and rise: whoever has seen a name needs to open only
the ones after it.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from kesher.data_directory import sync_folder
from kesher.errors import KesherError, disk_full_error

#: The field that makes a record a tombstone: the row says that its key was deleted, and when.
DELETED_AT = "_ab_cdc_deleted_at"

SCHEMA = pa.schema(
    [
        pa.field("_airbyte_raw_id", pa.string(), nullable=False),
        pa.field("_airbyte_extracted_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("_airbyte_meta", pa.string(), nullable=False),
        pa.field("_airbyte_generation_id", pa.int64(), nullable=False),
        pa.field("_airbyte_data", pa.string(), nullable=False),
    ]
)

_STAMP_FORMAT = "%Y%m%dT%H%M%S_%f"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS_A_GROUP = 20_000
_BYTES_A_GROUP = 16 * 1024 * 1024
_REASONS_A_RECORD = 20
_MISFITS_NOTE = b"kesher.misfits"


class LakeFileError(KesherError):
    """A file of the lake can't be read."""

    def __init__(self, file: LakeFile, reason: str) -> None:
        super().__init__(
            f"Lake file {file.path} can't be read ({reason}). Move it out of the lake, then read "
            f"its stream again in full: kesher sync --only {file.source}.{file.stream} "
            "--full-refresh"
        )


@dataclass(frozen=True, order=True)
class LakeFile:
    """One finished file. Sorts by stream, then by time."""

    source: str
    stream: str
    name: str
    path: str

    @property
    def stamp(self) -> str:
        """The time in its name, as text that sorts."""
        return self.name.partition("-")[0]


@dataclass(frozen=True)
class StreamFacts:
    """What is in a stream of the lake.

    Attributes:
        rows: All rows: older versions of a record and tombstones too.
        misfits: Rows that do not fit their schema, or had to be changed to be kept.
        last_extracted_at: When the newest row was read from the vendor.
    """

    rows: int = 0
    misfits: int = 0
    last_extracted_at: datetime | None = None

    def __add__(self, other: StreamFacts) -> StreamFacts:
        moments = [m for m in (self.last_extracted_at, other.last_extracted_at) if m is not None]
        return StreamFacts(
            self.rows + other.rows, self.misfits + other.misfits, max(moments, default=None)
        )


class LakeClock:
    """Moments that only ever rise, also when the machine's clock is set back.

    One clock serves all streams of a sync, so no two rows of it bear the same moment.
    """

    def __init__(self, not_before: str | None = None) -> None:
        self._last = _microseconds(not_before) if not_before else 0
        self._lock = threading.Lock()

    def microseconds(self) -> int:
        """Return the next moment, in microseconds since 1970 in UTC."""
        now = (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)
        with self._lock:
            self._last = max(now, self._last + 1)
            return self._last

    def stamp(self) -> str:
        """Return the next moment as it stands in file names."""
        return (_EPOCH + timedelta(microseconds=self.microseconds())).strftime(_STAMP_FORMAT)


def _microseconds(stamp: str) -> int:
    moment = datetime.strptime(stamp, _STAMP_FORMAT).replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Lake:
    """The lake at a path, or at any address that pyarrow can open (`s3://…`, `gs://…`)."""

    def __init__(self, root: str | Path) -> None:
        if isinstance(root, str) and "://" in root:
            self.filesystem, self.root = pafs.FileSystem.from_uri(root)
        else:
            self.filesystem, self.root = pafs.LocalFileSystem(), str(Path(root).absolute())
        self.is_local = isinstance(self.filesystem, pafs.LocalFileSystem)

    def files(self, source: str | None = None, stream: str | None = None) -> list[LakeFile]:
        """List the finished files, of all streams or of one, oldest first within a stream."""
        folder = "/".join(part for part in (self.root, source, stream) if part)
        selector = pafs.FileSelector(folder, recursive=True, allow_not_found=True)
        found = []
        for info in self.filesystem.get_file_info(selector):
            parts = info.path[len(self.root) :].strip("/").split("/")
            if (
                info.type == pafs.FileType.File
                and len(parts) == 3
                and parts[2].endswith(".parquet")
            ):
                found.append(LakeFile(parts[0], parts[1], parts[2], info.path))
        return sorted(found)

    def latest_stamp(self) -> str | None:
        """Return the newest time in any file name, or None if the lake is empty."""
        return max((file.stamp for file in self.files() if _is_stamp(file.stamp)), default=None)

    def row_counts(self) -> dict[str, dict[str, int]]:
        """Count the rows by source and stream, from the files' footers alone.

        Tombstones and older versions of a record are rows too.

        Raises:
            LakeFileError: a file can't be read.
        """
        counts: dict[str, dict[str, int]] = {}
        for file in self.files():
            streams = counts.setdefault(file.source, {})
            streams[file.stream] = streams.get(file.stream, 0) + self._footer(file).num_rows
        return counts

    def facts(
        self, unreadable: list[LakeFileError] | None = None
    ) -> dict[tuple[str, str], StreamFacts]:
        """Tell what is in each stream, from the files' footers alone.

        Args:
            unreadable: Takes the errors of files that can't be read, and the others are counted
                all the same.

        Raises:
            LakeFileError: a file can't be read, and there is no `unreadable`.
        """
        facts: dict[tuple[str, str], StreamFacts] = {}
        for file in self.files():
            key = (file.source, file.stream)
            try:
                facts[key] = facts.get(key, StreamFacts()) + self._file_facts(file)
            except LakeFileError as error:
                if unreadable is None:
                    raise
                unreadable.append(error)
        return facts

    def unreadable(self, *, deep: bool = False) -> list[LakeFileError]:
        """Find the files that can't be read.

        Args:
            deep: Read every page, not the footers only; takes as long as reading the lake.
        """
        errors = []
        for file in self.files():
            try:
                metadata = self._footer(file)
                if deep:
                    self._read_all(file, metadata.num_row_groups)
            except LakeFileError as error:
                errors.append(error)
        return errors

    def last_generation(self, source: str, stream: str) -> int:
        """Return the number of the last complete reading of a stream; 0 if there was none."""
        files = self.files(source, stream)
        if not files:
            return 0
        column = self._table(files[-1], ["_airbyte_generation_id"])[0]
        return max((value for value in column.to_pylist() if value is not None), default=0)

    def dataset(self, source: str, stream: str) -> ds.Dataset | None:
        """Return a stream as something that DuckDB can query; None if it has no file.

        Raises:
            LakeFileError: a file can't be read.
        """
        files = self.files(source, stream)
        for file in files:
            self._footer(file)
        if not files:
            return None
        return ds.dataset([file.path for file in files], schema=SCHEMA, filesystem=self.filesystem)

    def vanished_keys(
        self, source: str, stream: str, primary_key: Sequence[Sequence[str]], since: int
    ) -> Iterator[dict[str, Any]]:
        """Yield the keys that are alive in the lake but have not come since a moment.

        Args:
            source: The source's name.
            stream: The stream's name.
            primary_key: The paths of the key's fields, e.g. `[["list_id"], ["id"]]`.
            since: When the complete reading began that has just ended, as `LakeClock` tells it.

        Yields:
            The fields of each key, nested as they are in the record.

        Raises:
            LakeFileError: a file of the stream can't be read.
        """
        import duckdb

        lake_rows = self.dataset(source, stream)
        if lake_rows is None:
            return
        columns = [f"key_{position}" for position in range(len(primary_key))]
        keys = ", ".join(
            f"json_extract(_airbyte_data, {_sql_text(_json_path(path))}) as {column}"
            for path, column in zip(primary_key, columns, strict=True)
        )
        names = ", ".join(columns)
        query = f"""
            with versions as (
                select
                    {keys},
                    _airbyte_extracted_at as extracted_at,
                    _airbyte_raw_id as raw_id,
                    json_extract_string(_airbyte_data, '$.{DELETED_AT}') is not null as is_deleted
                from lake_rows
            ),

            newest as (
                select
                    {names},
                    arg_max(
                        {{'extracted_at': extracted_at, 'is_deleted': is_deleted}},
                        (extracted_at, raw_id)
                    ) as version
                from versions
                group by {names}
            )

            select {names} from newest
            where not version.is_deleted and epoch_us(version.extracted_at) < $since
            order by {names}
        """  # noqa: S608 - the names are positions, the paths are quoted
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.register("lake_rows", lake_rows)
            rows = connection.execute(query, {"since": since})
            while batch := rows.fetchmany(10_000):
                for values in batch:
                    key: dict[str, Any] = {}
                    for path, value in zip(primary_key, values, strict=True):
                        _put(key, path, orjson.loads(value) if value is not None else None)
                    yield key

    def _file_facts(self, file: LakeFile) -> StreamFacts:
        footer = self._footer(file)
        noted = (footer.metadata or {}).get(_MISFITS_NOTE)
        if noted is not None:
            misfits = int(noted)
        else:
            # Not written by Kesher, e.g. by one of Airbyte's own destinations.
            metas = self._table(file, ["_airbyte_meta"])[0].to_pylist()
            misfits = sum(1 for meta in metas if meta and orjson.loads(meta).get("changes"))
        position = footer.schema.names.index("_airbyte_extracted_at")
        moments = [
            statistics.max
            for group in range(footer.num_row_groups)
            if (statistics := footer.row_group(group).column(position).statistics) is not None
            and statistics.has_min_max
        ]
        return StreamFacts(footer.num_rows, misfits, max(moments, default=None))

    def _footer(self, file: LakeFile) -> pq.FileMetaData:
        try:
            with self.filesystem.open_input_file(file.path) as stream:
                return pq.read_metadata(stream)
        except (OSError, pa.ArrowException) as error:
            raise LakeFileError(file, _first_line(error)) from error

    def _table(self, file: LakeFile, columns: list[str]) -> pa.Table:
        try:
            with self.filesystem.open_input_file(file.path) as stream:
                return pq.read_table(stream, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise LakeFileError(file, _first_line(error)) from error

    def _read_all(self, file: LakeFile, row_groups: int) -> None:
        try:
            with self.filesystem.open_input_file(file.path) as stream:
                reader = pq.ParquetFile(stream)
                for position in range(row_groups):
                    reader.read_row_group(position)
        except (OSError, pa.ArrowException) as error:
            raise LakeFileError(file, _first_line(error)) from error


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
        self._plain_meta = orjson.dumps({"sync_id": sync_id, "changes": []}).decode()
        self._unfinished: str | None = None
        self._finished_name = ""
        self._file: Any = None
        self._parquet: pq.ParquetWriter | None = None
        self._empty_buffer()
        self._changed_rows = 0
        self.uncommitted = 0
        self.misfits = 0

    def __enter__(self) -> LakeWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def add(self, record: Mapping[str, Any]) -> None:
        """Add a record as the vendor sent it.

        Raises:
            KesherError: the disk is full.
        """
        changes = self._misfit(record)
        data, replaced = _json_bytes(record)
        if replaced:
            changes.append({"field": "", "change": "REPLACED", "reason": replaced})
        self._append(data, changes)

    def add_tombstone(self, key: Mapping[str, Any], deleted_at: datetime) -> None:
        """Add a row saying that the record with this key was deleted."""
        data, _ = _json_bytes({**key, DELETED_AT: deleted_at.astimezone(UTC).isoformat()})
        self._append(data, [])

    def commit(self) -> int:
        """Make everything added so far part of the lake, in one step that survives a crash.

        Returns:
            The number of rows made visible.

        Raises:
            KesherError: the disk is full; nothing half-written is left.
        """
        if not self.uncommitted:
            return 0
        try:
            self._write_group()
            assert self._parquet is not None and self._unfinished is not None  # noqa: S101
            self._parquet.add_key_value_metadata({_MISFITS_NOTE: str(self._changed_rows).encode()})
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
        try:
            self._lake.filesystem.delete_file(unfinished)
        except FileNotFoundError:
            return

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

    def _append(self, data: bytes, changes: list[dict[str, str]]) -> None:
        self._raw_ids.append(str(uuid.uuid4()))
        self._moments.append(self._clock.microseconds())
        self._metas.append(
            orjson.dumps({"sync_id": self._sync_id, "changes": changes}).decode()
            if changes
            else self._plain_meta
        )
        self._changed_rows += bool(changes)
        self._data.append(data)
        self._bytes += len(data)
        self.uncommitted += 1
        if len(self._data) >= _ROWS_A_GROUP or self._bytes >= _BYTES_A_GROUP:
            try:
                self._write_group()
            except OSError as error:
                self.discard()
                raise self._write_error(error) from error

    def _write_group(self) -> None:
        if not self._data:
            return
        if self._parquet is None:
            self._lake.filesystem.create_dir(self._folder, recursive=True)
            self._finished_name = f"{self._clock.stamp()}-{secrets.token_hex(4)}.parquet"
            self._unfinished = f"{self._folder}/{self._finished_name}.tmp"
            self._file = self._lake.filesystem.open_output_stream(self._unfinished)
            self._parquet = pq.ParquetWriter(
                self._file,
                SCHEMA,
                compression="zstd",
                use_dictionary=["_airbyte_meta", "_airbyte_generation_id"],
                write_statistics=["_airbyte_extracted_at", "_airbyte_generation_id"],
                write_page_checksum=True,
            )
        count = len(self._data)
        batch = pa.record_batch(
            [
                pa.array(self._raw_ids, pa.string()),
                pa.array(self._moments, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
                pa.array(self._metas, pa.string()),
                pa.array([self._generation] * count, pa.int64()),
                pa.array(self._data, pa.string()),
            ],
            schema=SCHEMA,
        )
        self._empty_buffer()
        self._parquet.write_batch(batch, row_group_size=count)

    def _empty_buffer(self) -> None:
        self._raw_ids: list[str] = []
        self._moments: list[int] = []
        self._metas: list[str] = []
        self._data: list[bytes] = []
        self._bytes = 0

    def _write_error(self, error: OSError) -> KesherError:
        return disk_full_error(error, self._folder) or KesherError(
            f"Can't write {self._name} to the lake at {self._folder}: {_first_line(error)}"
        )


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


def _is_stamp(text: str) -> bool:
    try:
        datetime.strptime(text, _STAMP_FORMAT)
    except ValueError:
        return False
    return True


def _json_path(path: Sequence[str]) -> str:
    return "$" + "".join(f'."{part}"' for part in path)


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _put(target: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        target = target.setdefault(part, {})
    target[path[-1]] = value


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
