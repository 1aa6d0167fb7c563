"""Parquet, a row group at a time."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.files.rows import RejectedLine, Row, UnreadableFileError, rejected, unreadable

_ROWS_AT_ONCE = 5_000


class ParquetTable:
    """One Parquet file."""

    columns_are_final = True
    doubt = None

    def __init__(self, path: Path) -> None:
        """Reads the file's footer.

        Raises:
            UnreadableFileError: it is no Parquet file.
        """
        self._path = path
        if path.stat().st_size == 0:
            raise UnreadableFileError(f"{path} is empty")
        try:
            with pq.ParquetFile(path) as file:
                self.columns = tuple(file.schema_arrow.names)
                self._row_count = file.metadata.num_rows
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, "Parquet", error) from error

    def describe(self) -> str:
        """How many rows and columns."""
        return f"Parquet, {self._row_count:,} rows, {len(self.columns)} columns"

    def rows(self) -> Iterator[Row | RejectedLine]:
        """The rows with their values as Python has them; the number is the row's, from 1."""
        number = 0
        try:
            with pq.ParquetFile(self._path) as file:
                for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
                    try:
                        rows = batch.to_pylist()
                    except UnicodeDecodeError:
                        yield from _one_by_one(batch, number)
                    else:
                        yield from enumerate(rows, start=number + 1)
                    number += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self._path, f"Parquet from row {number + 1} on", error) from error


def _one_by_one(batch: pa.RecordBatch, number: int) -> Iterator[Row | RejectedLine]:
    """The rows of a batch in which some text is not UTF-8."""
    for index in range(batch.num_rows):
        number += 1
        try:
            yield number, batch.slice(index, 1).to_pylist()[0]
        except UnicodeDecodeError as error:
            values = [_shown(column[index]) for column in batch.columns]
            yield rejected(number, "\t".join(values), f"text that is not UTF-8: {error}")


def _shown(value: pa.Scalar) -> str:
    try:
        return str(value.as_py())
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "backslashreplace")
