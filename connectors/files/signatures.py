"""What a file is by its first bytes, when it is not what its name says."""

import mmap
from collections.abc import Mapping
from pathlib import Path

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""The container of Office's old files, and of its new ones that have a password."""

_SIGNATURES: Mapping[bytes, str] = {
    b"PK\x03\x04": "is a zip archive, as Excel workbooks are, and no text: set format to excel",
    b"PAR1": "is a Parquet file and no text: set format to parquet",
    b"\x1f\x8b": "is compressed by gzip: unpack it first",
}


def why_no_text(path: Path) -> str | None:
    """What a file is that should be text, and what to do; None if it may be text."""
    head = _head(path)
    if head.startswith(OLD_OFFICE):
        return _old_office_file(path)
    return next((what for start, what in _SIGNATURES.items() if head.startswith(start)), None)


def why_no_workbook(path: Path) -> str | None:
    """What a file is that should be an Excel workbook, and what to do; None if it may be one."""
    head = _head(path)
    if head.startswith(OLD_OFFICE):
        return _old_office_file(path)
    if head.startswith(b"PAR1"):
        return "is a Parquet file and no workbook: set format to parquet"
    if head.startswith(b"\x1f\x8b"):
        return "is compressed by gzip: unpack it first"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "is a web page or XML with the name of a workbook: save it in Excel as .xlsx"
    return None


def _old_office_file(path: Path) -> str:
    """Which of the files it is that Office packs in its old container.

    That is a small file system, whose directory has the names in UTF-16: a workbook of today that
    has a password lies in it as a whole, under the name EncryptedPackage.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            return "is protected by a password: save it as .xlsx without one"
        if any(content.find(name.encode("utf-16-le")) >= 0 for name in ("Workbook", "Book")):
            return "is an old Excel workbook (.xls), whatever its name: save it as .xlsx"
    return (
        "is an old Excel workbook or one with a password: open it in Excel and save it as .xlsx "
        "without a password"
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)
