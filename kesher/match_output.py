"""Writes which record is which customer's, in one step: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.data_directory import sync_folder
from kesher.errors import ConfigError, KesherError, disk_full_error
from kesher.table_file import FORMATS, constant

if TYPE_CHECKING:
    import duckdb

_EXCEL_ROWS = 1_048_576
_EXCEL_CHARACTERS = 32_767
# XML has no words for these; Excel writes them so.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def check_output(path: Path, source: Path) -> None:
    """Refuse an output that could not be written, before any work is done.

    Raises:
        ConfigError: its extension is unknown, it is the input, or its folder can't be written.
    """
    check_format(path, "--out")
    if path.exists() and not path.is_file():
        raise ConfigError([f"--out {path} is not a file."])
    if path.exists() and path.samefile(source):
        raise ConfigError([f"--out {path} is the input itself; name another file."])
    if not path.parent.is_dir():
        raise ConfigError([f"--out {path}: there is no folder {path.parent}."])
    if not os.access(path.parent, os.W_OK):
        raise ConfigError([f"--out {path}: {path.parent} can't be written."])


def check_format(path: Path, option: str) -> None:
    """Refuse a file by its name.

    Args:
        path: The file.
        option: Which option names it.

    Raises:
        ConfigError: its extension is none that we write.
    """
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(f"{suffix} ({name})" for suffix, name in FORMATS.items())
        raise ConfigError([f"{option} {path}: the extension says what is written: {known}."])


def write_output(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's rows, in its order. A file that was there before is replaced in one step.

    Args:
        connection: Runs the query.
        query: Selects the columns.
        path: The file; its extension says which format.

    Raises:
        KesherError: the disk is full, or Excel has no room for so many rows.
    """
    import duckdb

    # Through a symbolic link, the file that it leads to is replaced.
    path = path.resolve()
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        match path.suffix.lower():
            case ".xlsx":
                _write_excel(connection, query, beside)
            case ".parquet":
                connection.execute(
                    f"copy ({query}) to {constant(beside)} (format parquet, compression zstd)"
                )
            case _:
                connection.execute(f"copy ({query}) to {constant(beside)} (format csv, header)")
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except (OSError, duckdb.Error) as error:
        raise disk_full_error(error, path) or KesherError(
            f"{path} can't be written: {getattr(error, 'strerror', None) or error}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _write_excel(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    rows = connection.execute(query)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("customers")

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = _NOT_IN_XML.sub(lambda found: f"_x{ord(found.group()):04X}_", value)
        if len(text) > _EXCEL_CHARACTERS:
            raise KesherError(
                f"A value of {len(text):,} characters ({text[:40]}...) is more than a cell of "
                "Excel holds; write .csv or .parquet instead."
            )
        made = WriteOnlyCell(sheet, value=text)
        # Also what begins with = is a text, no formula.
        made.data_type = "s"
        return made

    sheet.append([name for name, *_ in rows.description or []])
    written = 1
    while batch := rows.fetchmany(10_000):
        written += len(batch)
        if written > _EXCEL_ROWS:
            raise KesherError(
                f"More than {_EXCEL_ROWS - 1:,} rows are too many for Excel; write .csv or "
                ".parquet instead."
            )
        for row in batch:
            sheet.append([cell(value) for value in row])
    book.save(path)
