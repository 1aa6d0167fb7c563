"""Excel workbooks, a row at a time."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from connectors.files.rows import (
    RejectedLine,
    Row,
    UnreadableFileError,
    rejected,
    unique_columns,
    unreadable,
)
from connectors.files.signatures import why_no_workbook

_BROKEN = (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, OSError)


class ExcelTable:
    """One sheet of a workbook; its first row that is not empty names the columns."""

    columns_are_final = True
    doubt = None

    def __init__(self, path: Path, sheet: str | None) -> None:
        """Reads the header.

        Raises:
            UnreadableFileError: it is no workbook, has no such sheet, or the sheet is empty.
        """
        self._path = path
        if path.stat().st_size == 0:
            raise UnreadableFileError(f"{path} is empty")
        if what := why_no_workbook(path):
            raise UnreadableFileError(f"{path} {what}")
        self._sheet = sheet
        for number, values in self._read():
            names = ["" if value is None else str(value) for value in values]
            while names and not names[-1].strip():
                names.pop()
            self.columns = unique_columns(names)
            self._header = number
            break
        else:
            raise UnreadableFileError(f"{path}: sheet {self._sheet} is empty")

    def describe(self) -> str:
        """Which sheet."""
        return f"Excel, sheet {self._sheet}, {len(self.columns)} columns"

    def rows(self) -> Iterator[Row | RejectedLine]:
        """The rows below the header that are not empty."""
        columns = self.columns
        width = len(columns)
        for number, values in self._read():
            if number <= self._header:
                continue
            if any(value is not None for value in values[width:]):
                raw = "\t".join("" if value is None else str(value) for value in values)
                last = max(i for i, value in enumerate(values, start=1) if value is not None)
                yield rejected(number, raw, f"{last} fields, where the header has {width}")
                continue
            padded = [*values[:width], *[None] * (width - len(values))]
            yield number, dict(zip(columns, padded, strict=True))

    def _read(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        # By its content, not by its path: the library goes by the extension, people do not.
        with self._path.open("rb") as file:
            try:
                book = load_workbook(file, read_only=True, data_only=True)
                try:
                    yield from self._read_sheet(book)
                finally:
                    book.close()
            except _BROKEN as error:
                raise unreadable(self._path, "an Excel workbook (.xlsx)", error) from error

    def _read_sheet(self, book: Workbook) -> Iterator[tuple[int, tuple[Any, ...]]]:
        if self._sheet is None:
            self._sheet = book.sheetnames[0]
        if self._sheet not in book.sheetnames:
            raise UnreadableFileError(
                f"{self._path} has no sheet {self._sheet!r}; it has "
                + ", ".join(map(repr, book.sheetnames))
            )
        sheet = book[self._sheet]
        if not hasattr(sheet, "reset_dimensions"):
            raise UnreadableFileError(f"{self._path}: {self._sheet!r} is a chart, not a sheet")
        sheet.reset_dimensions()  # some programs write a wrong size, which would cut the sheet
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            if any(value is not None for value in values):
                yield number, tuple(map(_plain, values))


def _plain(value: Any) -> Any:
    """A cell as other formats would have it: dates without a midnight, whole numbers whole."""
    if isinstance(value, datetime):
        return value.date() if value.time() == time.min else value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, str) and not value:
        return None
    if isinstance(value, date | time | str | int | float | bool) or value is None:
        return value
    return str(value)
