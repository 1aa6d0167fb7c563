"""Tables in files - CSV, Parquet, Excel - as DuckDB reads them.

DuckDB's own readers do the work. What they refuse - another encoding, lines that end in two ways -
is first written anew by the readers of `connectors.files`, which also know what to say about a
line that is no record.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.errors import ConfigError, KesherError, disk_full_error

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from connectors.files.rows import RejectedLine, Row
    from connectors.files.text_encoding import Survey

#: By extension, for files to be written; files are read by their content.
FORMATS: Mapping[str, str] = {".csv": "CSV", ".parquet": "Parquet", ".xlsx": "Excel"}

_SAMPLE = 256 * 1024
_LONGEST_LINE = 8 * 1024 * 1024
_ROWS_AT_ONCE = 20_000
_BLOCK = 1024 * 1024
_SIGNATURES = {
    b"\x1f\x8b": "is compressed by gzip: unpack it first",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd: unpack it first",
}
#: Bytes that text in no encoding holds, as far as they are not zero.
_NEVER_IN_TEXT = re.compile(rb"[\x01-\x06\x0e-\x19]")

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)  # and UTF-32 LE
_BLANKS = " \t\r\n\u00a0\u200e\u200f\ufeff"


@dataclass(frozen=True)
class ReadingOptions:
    """How a file is to be read, where that is not to be told from the file.

    Attributes:
        encoding: Of a CSV, such as windows-1255.
        delimiter: Of a CSV, one character.
        sheet: Of a workbook.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                is_text = "a".encode(self.encoding) == codecs.lookup(self.encoding).encode("a")[0]
            except (LookupError, UnicodeError, TypeError, ValueError):
                is_text = False
            if not is_text:
                raise ConfigError(
                    [
                        f"--encoding {self.encoding}: no such encoding of text; use one such as "
                        "utf-8, utf-16, windows-1255 or windows-1252"
                    ]
                )
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ConfigError([f"--delimiter {self.delimiter!r}: one character, or tab"])


@dataclass(frozen=True)
class Column:
    """One column of a file.

    Attributes:
        name: As the file has it.
        kind: Its type in DuckDB.
        sql: How to name it in a query over the file.
    """

    name: str
    kind: str
    sql: str

    @property
    def text(self) -> str:
        """Its value as text in SQL, null where it is blank."""
        if self.kind in ("DOUBLE", "FLOAT"):
            # A spreadsheet's or a data frame's 501234567.0 was a whole number once.
            return (
                f"case when {self.sql} = trunc({self.sql}) and abs({self.sql}) < 1e15 "
                f"then cast(cast({self.sql} as bigint) as varchar) "
                f"else cast({self.sql} as varchar) end"
            )
        if self.kind == "VARCHAR[]":
            return f"nullif(array_to_string({self.sql}, '; '), '')"
        if self.kind != "VARCHAR":
            return f"nullif(cast({self.sql} as varchar), '')"
        # Trimming by a set of characters is slow, and hardly any value needs it.
        starts = ", ".join(str(ord(blank)) for blank in _BLANKS)
        return (
            f"case when ascii({self.sql}) not in (0, {starts}) and {self.sql} not like '% ' "
            f"then {self.sql} else nullif(trim({self.sql}, {constant(_BLANKS)}), '') end"
        )


class TableFile:
    """One open file; reading it is left to DuckDB."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        work: Path,
        options: ReadingOptions | None = None,
        *,
        wanted: frozenset[str] = frozenset(),
        note: Callable[[str], None],
    ) -> None:
        """Find out what the file is and which columns it has.

        Args:
            connection: Reads it.
            path: The file.
            work: An existing folder for what has to be written anew; the caller removes it.
            options: What is known beforehand.
            wanted: Names of columns that it should have; settles a CSV's delimiter.
            note: Gets a sentence for each thing about the file that may surprise.

        Raises:
            KesherError: the file as a whole can't be read.
        """
        self.path = path
        self._connection = connection
        self._work = work
        self._options = options or ReadingOptions()
        self._wanted = wanted
        self._note = note
        self._rewritten = False
        self.is_text = False
        self.columns: tuple[Column, ...] = ()
        self._relation = ""
        try:
            self._open()
        except OSError as error:
            raise self._fault(error) from error

    def column(self, name: str) -> Column | None:
        """Return a column by its name; case, spaces and direction marks do not count."""
        exact = [column for column in self.columns if column.name == name]
        alike = [column for column in self.columns if _plain(column.name) == _plain(name)]
        found = exact or alike
        return found[0] if len(found) == 1 else None

    def listed_columns(self) -> str:
        """Name the columns, for a message."""
        names = [repr(column.name) for column in self.columns]
        more = f" and {len(names) - 40} more" if len(names) > 40 else ""
        return ", ".join(names[:40]) + more

    def create(self, table: str, columns: Mapping[str, str]) -> None:
        """Create a table, or replace it; its rows are in the file's order, rowid counts them.

        Args:
            table: Its name in SQL.
            columns: Name in SQL → an expression over the file's columns.

        Raises:
            KesherError: a line or row of the file can't be read.
        """
        import duckdb

        listed = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
        self._connection.execute("set preserve_insertion_order = true")
        for _ in range(3):
            sql = f"create or replace table {table} as select {listed} from {self._relation}"  # noqa: S608
            try:
                self._connection.execute(sql)
            except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
                if not self.is_text or not self._read_with_care(error):
                    raise self._fault(error) from error
            except duckdb.Error as error:
                raise self._fault(error) from error
            else:
                return
        raise KesherError(f"{self.path} can't be read.")

    def _open(self) -> None:
        from connectors.files.signatures import OLD_OFFICE, why_no_workbook

        with self.path.open("rb") as file:
            head = file.read(_SAMPLE)
        for signature, what in _SIGNATURES.items():
            if head.startswith(signature):
                raise KesherError(f"{self.path} {what}.")
        if head.startswith(OLD_OFFICE):
            raise KesherError(f"{self.path} {why_no_workbook(self.path)}.")
        if head.startswith(b"PAR1"):
            self._take_parquet(self.path)
        elif head.startswith(b"PK\x03\x04"):
            self._take_excel()
        elif not head.strip():
            raise KesherError(f"{self.path} is empty: its first line should name the columns.")
        elif _is_binary(head[:4096]) and not _is_wide(head) and not self._options.encoding:
            raise KesherError(
                f"{self.path} is neither text nor Parquet nor an Excel workbook (.xlsx)."
            )
        else:
            self.is_text = True
            self._take_text(head)

    def _take_parquet(self, path: Path) -> None:
        import duckdb

        relation = (
            f"read_parquet({literal_path(path)}, binary_as_string = true, "
            "hive_partitioning = false)"
        )
        try:
            described = self._connection.execute(
                f"describe select * from {relation}"  # noqa: S608
            ).fetchall()
        except duckdb.Error as error:
            raise self._fault(error) from error
        self._relation = relation
        self.columns = tuple(Column(name, kind, _quoted(name)) for name, kind, *_ in described)

    def _take_excel(self) -> None:
        from connectors.files.excel_rows import ExcelTable
        from connectors.files.rows import UnreadableFileError

        try:
            table = ExcelTable(self.path, self._options.sheet)
            self._write_anew(table.columns, table.rows(), "row")
        except UnreadableFileError as error:
            raise KesherError(str(error)) from error
        self.columns = _numbered(table.columns)

    def _take_text(self, head: bytes) -> None:
        """Read the header; leave the rest to DuckDB if the text is UTF-8 as far as one sees."""
        given = self._options.encoding
        is_utf8 = not _is_wide(head) and _is_utf8_so_far(head)
        if is_utf8 and (given is None or codecs.lookup(given).name in ("utf-8", "utf-8-sig")):
            self._take_utf8(self.path, _utf8_survey())
        else:
            self._take_other_encoding()

    def _take_utf8(self, path: Path, text: Survey) -> None:
        from connectors.files.delimited import DelimitedTable
        from connectors.files.rows import UnreadableFileError

        try:
            table = DelimitedTable(path, text, self._options.delimiter, self._wanted)
        except UnreadableFileError as error:
            raise KesherError(str(error).replace(str(path), str(self.path))) from error
        self.columns = _numbered(table.columns)
        names = ", ".join(f"{constant(column.sql)}: 'VARCHAR'" for column in self.columns)
        self._relation = (
            f"read_csv({literal_path(path)}, columns = {{{names}}}, auto_detect = false, "
            f"header = true, skip = {_lines_before_header(path)}, "
            f"delim = {constant(table.delimiter)}, quote = '\"', escape = '\"', "
            f"max_line_size = {_LONGEST_LINE}, hive_partitioning = false)"
        )

    def _take_other_encoding(self) -> None:
        """Write the text anew in UTF-8."""
        from connectors.files.text_encoding import survey

        found = survey(self.path, self._options.encoding)
        encoding = found.encoding
        if found.how == "detected" and encoding != "utf-8":
            doubt = f", but {found.doubt}" if found.doubt else ""
            self._note(
                f"{self.path} is read as {encoding}, which its bytes look like{doubt}; --encoding "
                "names another."
            )
        target = self._work / "utf-8.csv"
        damaged = 0
        with (
            self.path.open(encoding=encoding, errors="replace", newline="") as source,
            target.open("w", encoding="utf-8", newline="") as copy,
        ):
            while block := source.read(_BLOCK):
                damaged += block.count("\ufffd")
                copy.write(block)
        if damaged:
            self._note(
                f"{self.path}: {damaged:,} {'byte is' if damaged == 1 else 'bytes are'} no text "
                f"in {encoding.removesuffix('-sig')}; a \ufffd stands for each. --encoding names "
                "another encoding."
            )
        self._rewritten = True
        self._take_utf8(target, _utf8_survey())

    def _read_with_care(self, error: Exception) -> bool:
        """Make something that DuckDB can read; False if there is nothing more to try."""
        from connectors.files.delimited import DelimitedTable
        from connectors.files.rows import UnreadableFileError

        if not self._rewritten and "unicode" in str(error).lower():
            self._take_other_encoding()
            return True
        if not self._relation.startswith("read_csv"):
            return False
        path = self._work / "utf-8.csv" if self._rewritten else self.path
        try:
            table = DelimitedTable(path, _utf8_survey(), self._options.delimiter, self._wanted)
            self._write_anew(table.columns, table.rows(), "line")
        except UnreadableFileError as fault:
            raise KesherError(str(fault).replace(str(path), str(self.path))) from fault
        return True

    def _write_anew(
        self, columns: tuple[str, ...], rows: Iterator[Row | RejectedLine], counted: str
    ) -> None:
        """Write rows into a Parquet file of texts, and read that one."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = [column.sql for column in _numbered(columns)]
        schema = pa.schema([(name, pa.string()) for name in names])
        target = self._work / "anew.parquet"
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            batch: list[list[str | None]] = [[] for _ in columns]
            for row in rows:
                if not isinstance(row, tuple):
                    raise KesherError(
                        f"{self.path}, {counted} {row.line_number}: {row.reason}. "
                        "Correct it there, and run the same command again."
                    )
                for values, value in zip(batch, row[1].values(), strict=True):
                    values.append(_as_text(value))
                if len(batch[0]) == _ROWS_AT_ONCE:
                    writer.write_table(pa.table(batch, schema=schema))
                    batch = [[] for _ in columns]
            writer.write_table(pa.table(batch, schema=schema))
        self._relation = f"read_parquet({literal_path(target)}, hive_partitioning = false)"

    def _fault(self, error: Exception) -> KesherError:
        reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[0]
        return disk_full_error(error, self._work) or KesherError(
            f"{self.path} can't be read: {reason}"
        )


def literal_path(path: Path) -> str:
    """Return a path as a constant in SQL to read from, in which DuckDB finds no wildcards."""
    text = str(path.absolute())
    return constant("".join({"[": "[[]", "*": "[*]", "?": "[?]"}.get(char, char) for char in text))


def constant(text: str | Path) -> str:
    """Return a text as a constant in SQL; a path too, where DuckDB looks for no wildcards."""
    text = str(text)
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(name: str) -> str:
    """Return a column's name without what the eye does not tell apart."""
    visible = re.sub(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", name)
    return re.sub(r"[\s_-]+", "_", visible.strip()).casefold()


def _numbered(names: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(name, "VARCHAR", f"c{number}") for number, name in enumerate(names))


def _utf8_survey() -> Survey:
    from connectors.files.text_encoding import Survey

    return Survey("", "utf-8-sig", "detected", True)


def _is_binary(start: bytes) -> bool:
    """Whether bytes are no text: some programs leave a zero byte here and there in theirs."""
    zeros = start.count(0)
    return zeros * 10 > len(start) or (zeros > 0 and _NEVER_IN_TEXT.search(start) is not None)


def _is_wide(head: bytes) -> bool:
    from connectors.files.wide_text import wide_encoding

    return head.startswith(_WIDE_MARKS) or wide_encoding(head) is not None


def _is_utf8_so_far(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _lines_before_header(path: Path) -> int:
    """Count the lines that DuckDB must not take for the header: empty ones, Excel's `sep=;`."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file):
            if line.strip("\r\n") and not (number == 0 and re.match(r"sep=.$", line.strip("\r\n"))):
                return number
    return 0


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
