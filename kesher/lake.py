"""The lake: every record as its vendor sent it, in append-only Parquet files.

One folder a stream, `<source>/<stream>/<stamp>-<8 hex>.parquet`, in the columns of Airbyte's raw
tables. Names carry their time and rise: whoever has seen a name needs to open only the ones after
it. `lake_writer` writes them, `lake_compaction` merges small ones.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from kesher.errors import KesherError

if TYPE_CHECKING:
    import pyarrow.dataset as ds

#: The field that makes a record a tombstone: the row says that its key was deleted, and when.
DELETED_AT = "_ab_cdc_deleted_at"

#: The sources that are Kesher's own: what it knows itself, and what stewards decided.
OWN_SOURCE = "kesher"
STEWARD_SOURCE = "steward"
OWN_SOURCES = (OWN_SOURCE, STEWARD_SOURCE)

SCHEMA = pa.schema(
    [
        pa.field("_airbyte_raw_id", pa.string(), nullable=False),
        pa.field("_airbyte_extracted_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("_airbyte_meta", pa.string(), nullable=False),
        pa.field("_airbyte_generation_id", pa.int64(), nullable=False),
        pa.field("_airbyte_data", pa.string(), nullable=False),
    ]
)

#: In a file's footer: how many of its rows do not fit their schema, or were changed.
MISFITS_NOTE = b"kesher.misfits"

_STAMP_FORMAT = "%Y%m%dT%H%M%S_%f"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LakeFileError(KesherError):
    """A file of the lake can't be read."""

    def __init__(self, file: LakeFile, reason: str) -> None:
        remedy = (
            "then run kesher build: the store of decisions fills the gap"
            if file.source == "steward"
            else "then read its stream again in full: "
            f"kesher sync --stream {file.source}.{file.stream} --full-refresh"
        )
        super().__init__(
            f"Lake file {file.path} can't be read ({reason}). Move it out of the lake, {remedy}"
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
        return self.moments(1)[0]

    def moments(self, count: int) -> range:
        """Return the next so many moments, a microsecond apart, in microseconds since 1970."""
        now = time.time_ns() // 1000
        with self._lock:
            first = max(now, self._last + 1)
            self._last = first + count - 1
        return range(first, first + count)

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
        return sorted(file for file, _ in self._sized_files(source, stream))

    def contents(self) -> dict[str, str]:
        """Return, by `source/stream`, what changes when a file comes, goes or gets another size."""
        digests: dict[str, Any] = {}
        for file, size in sorted(self._sized_files()):
            digest = digests.setdefault(f"{file.source}/{file.stream}", hashlib.sha256())
            digest.update(f"{file.name} {size}\n".encode())
        return {place: digest.hexdigest()[:20] for place, digest in digests.items()}

    def _sized_files(
        self, source: str | None = None, stream: str | None = None
    ) -> Iterator[tuple[LakeFile, int]]:
        folder = "/".join(part for part in (self.root, source, stream) if part)
        selector = pafs.FileSelector(folder, recursive=True, allow_not_found=True)
        for info in self.filesystem.get_file_info(selector):
            parts = info.path[len(self.root) :].strip("/").split("/")
            if (
                info.type == pafs.FileType.File
                and len(parts) == 3
                and parts[2].endswith(".parquet")
            ):
                yield LakeFile(parts[0], parts[1], parts[2], info.path), info.size

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
                if self._is_gone(file):
                    # Merged into another one since the files were listed; see lake_compaction.
                    continue
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
        # It brings pandas along, which takes half a second that most commands can do without.
        import pyarrow.dataset as ds

        return ds.dataset([file.path for file in files], schema=SCHEMA, filesystem=self.filesystem)

    def records(self, source: str, stream: str) -> Iterator[dict[str, Any]]:
        """Yield what is in a stream, every version of each record, the oldest first.

        Raises:
            KesherError: the lake can't be read.
        """
        rows = self.dataset(source, stream)
        if rows is None:
            return
        try:
            for batch in rows.to_batches(columns=["_airbyte_data"]):
                for data in batch.column(0).to_pylist():
                    yield orjson.loads(data)
        except OSError as error:
            raise next(
                iter(self.unreadable(deep=True)),
                KesherError(f"Can't read {source}.{stream} in {self.root}: {first_line(error)}"),
            ) from error

    def vanished_keys(
        self,
        source: str,
        stream: str,
        primary_key: Sequence[Sequence[str]],
        since: int,
        *,
        newer: tuple[Sequence[str], datetime] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the keys that are alive in the lake but have not come since a moment.

        Args:
            source: The source's name.
            stream: The stream's name.
            primary_key: The paths of the key's fields, e.g. `[["list_id"], ["id"]]`.
            since: When the complete reading began that has just ended, as `LakeClock` tells it.
            newer: Only keys of which this field, a time in ISO 8601 or seconds since 1970, is at
                or after this moment, if given.

        Yields:
            The fields of each key, nested as they are in the record.

        Raises:
            LakeFileError: a file of the stream can't be read.
        """
        import duckdb

        lake_rows = self.dataset(source, stream)
        if lake_rows is None:
            return
        names, keys, as_sent = _key_columns(primary_key)
        path, moment = newer or ((), _EPOCH)
        query = f"""
            with versions as (
                select
                    {keys},
                    _airbyte_extracted_at as extracted_at,
                    _airbyte_raw_id as raw_id,
                    [{as_sent}] as sent,
                    json_extract_string(_airbyte_data, {_sql_text(_json_path(path))}) as time,
                    json_extract_string(_airbyte_data, '$.{DELETED_AT}') is not null as is_deleted
                from lake_rows
            ),

            newest as (
                select
                    {names},
                    arg_max(
                        {{
                            'extracted_at': extracted_at,
                            'is_deleted': is_deleted,
                            'sent': sent,
                            'time': time
                        }},
                        (extracted_at, raw_id)
                    ) as version
                from versions
                group by {names}
            )

            select version.sent from newest
            where
                not version.is_deleted
                and epoch_us(version.extracted_at) < $since
                and (
                    not $is_limited
                    or coalesce(
                        try_cast(version.time as double),
                        epoch(try_cast(version.time as timestamptz))
                    ) >= $least
                )
            order by {names}
        """  # noqa: S608 - the names are positions, the paths are quoted
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.register("lake_rows", lake_rows)
            limits = {"is_limited": newer is not None, "least": moment.timestamp()}
            rows = connection.execute(query, {"since": since, **limits})
            while batch := rows.fetchmany(10_000):
                for (sent,) in batch:
                    yield _key(primary_key, sent)

    def gone_from_parts(
        self,
        source: str,
        stream: str,
        primary_key: Sequence[Sequence[str]],
        fields: Sequence[str],
        parts: Sequence[Sequence[str]],
    ) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Yield the keys that are alive in the lake as records of parts that there are no more.

        Args:
            source: The source's name.
            stream: The stream's name.
            primary_key: The paths of the key's fields.
            fields: The fields that say of which part a record is.
            parts: Their values, of all parts that there are. A record without such values is of
                none, and stays.

        Yields:
            The fields of each key, and its newest record in one of the parts; None if it has none.

        Raises:
            LakeFileError: a file of the stream can't be read.
        """
        import duckdb

        lake_rows = self.dataset(source, stream)
        if lake_rows is None:
            return
        names, keys, as_sent = _key_columns(primary_key)
        part = ", ".join(
            f"json_extract_string(_airbyte_data, {_sql_text(_json_path([field]))})"
            for field in fields
        )
        query = f"""
            with parts as (
                select distinct unnest(cast($parts as varchar[][])) as part
            ),

            records as (
                select
                    {keys},
                    (_airbyte_extracted_at, _airbyte_raw_id) as moment,
                    [{as_sent}] as sent,
                    [{part}] as part,
                    json_extract_string(_airbyte_data, '$.{DELETED_AT}') is not null as is_deleted,
                    _airbyte_data as data
                from lake_rows
            ),

            versions as (
                select records.*, parts.part is not null as is_there
                from records
                left join parts on parts.part = records.part
            ),

            newest as (
                select
                    {names},
                    arg_max(
                        {{
                            'sent': sent,
                            'is_gone':
                                not is_deleted
                                and not is_there
                                and len(list_filter(part, lambda value: value is null)) = 0
                        }},
                        moment
                    ) as version,
                    arg_max(data, moment) filter (is_there) as data
                from versions
                group by {names}
            )

            select version.sent, data from newest
            where version.is_gone
            order by {names}
        """  # noqa: S608 - the names are positions, the paths are quoted
        with duckdb.connect() as connection:
            connection.register("lake_rows", lake_rows)
            rows = connection.execute(query, {"parts": [list(values) for values in parts]})
            while batch := rows.fetchmany(10_000):
                for sent, data in batch:
                    yield _key(primary_key, sent), orjson.loads(data) if data else None

    def _is_gone(self, file: LakeFile) -> bool:
        (info,) = self.filesystem.get_file_info([file.path])
        return bool(info.type == pafs.FileType.NotFound)

    def _file_facts(self, file: LakeFile) -> StreamFacts:
        footer = self._footer(file)
        noted = (footer.metadata or {}).get(MISFITS_NOTE)
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
            raise LakeFileError(file, first_line(error)) from error

    def _table(self, file: LakeFile, columns: list[str]) -> pa.Table:
        try:
            with self.filesystem.open_input_file(file.path) as stream:
                return pq.ParquetFile(stream).read(columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise LakeFileError(file, first_line(error)) from error

    def _read_all(self, file: LakeFile, row_groups: int) -> None:
        try:
            with self.filesystem.open_input_file(file.path) as stream:
                reader = pq.ParquetFile(stream)
                for position in range(row_groups):
                    reader.read_row_group(position)
        except (OSError, pa.ArrowException) as error:
            raise LakeFileError(file, first_line(error)) from error


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


def _key_columns(primary_key: Sequence[Sequence[str]]) -> tuple[str, str, str]:
    """Return SQL for a key's columns: their names, what they are, and their values as JSON."""
    # As texts, like staging: an id that became a text is the same id.
    values = [f"_airbyte_data, {_sql_text(_json_path(path))}" for path in primary_key]
    names = [f"key_{position}" for position in range(len(values))]
    keys = [
        f"json_extract_string({value}) as {name}" for name, value in zip(names, values, strict=True)
    ]
    as_sent = [f"json_extract({value})" for value in values]
    return ", ".join(names), ", ".join(keys), ", ".join(as_sent)


def _key(primary_key: Sequence[Sequence[str]], sent: Sequence[str | None]) -> dict[str, Any]:
    """Return a key's fields, nested as in the record, out of their values as JSON."""
    key: dict[str, Any] = {}
    for path, value in zip(primary_key, sent, strict=True):
        _put(key, path, orjson.loads(value) if value is not None else None)
    return key


def _put(target: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        target = target.setdefault(part, {})
    target[path[-1]] = value


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name if it says nothing."""
    return (str(error) or type(error).__name__).splitlines()[0]
