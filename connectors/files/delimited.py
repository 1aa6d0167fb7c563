"""CSV: fields between delimiters, quoted where need be, as spreadsheets and databases write it."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from connectors.files.rows import (
    FIELD_LIMIT,
    RECORD_LIMIT,
    RejectedLine,
    Row,
    UnreadableFileError,
    rejected,
    unique_columns,
)
from connectors.files.text_encoding import (
    Survey,
    bytes_that_are_no_text,
    escape_undecodable,
    is_a_piece,
    open_text,
    physical_lines,
)

DELIMITERS = ",;\t|"
_LINES_IN_A_RECORD = 1000
_SAMPLE = 64 * 1024
_EXCEL_HINT = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


class _BrokenRecordError(Exception):
    """A record that goes on for too long."""


class _Lines:
    """Physical lines, of which those of the present record can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()
        self._size = 0
        self.pending: list[str] = []
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.pending.append(line)
        if len(self.pending) > 1 or len(line) > FIELD_LIMIT:
            self._size = sum(map(len, self.pending)) if self._size == 0 else self._size + len(line)
            if is_a_piece(line):
                raise _BrokenRecordError(f"the line is longer than {RECORD_LIMIT:,} characters")
            if self._size > RECORD_LIMIT or len(self.pending) > _LINES_IN_A_RECORD:
                raise _BrokenRecordError(
                    "a quote that opens in this line is not closed within "
                    f"{_LINES_IN_A_RECORD:,} lines and {RECORD_LIMIT:,} characters"
                )
        return line

    def done(self) -> None:
        """The record is read."""
        self.first += len(self.pending)
        self.pending.clear()
        self._size = 0

    def give_up_first(self) -> str:
        """Takes the record's first line for broken and gives the others back, to be read anew."""
        broken = self.pending[0]
        rest = self.pending[1:]
        if is_a_piece(broken) and not rest:
            for piece in self._lines:  # the rest of the same line
                if not is_a_piece(piece):
                    break
        self._returned.extendleft(reversed(rest))
        self.pending.clear()
        self._size = 0
        self.first += 1
        return broken


class DelimitedTable:
    """One CSV file."""

    columns_are_final = True

    def __init__(
        self, path: Path, text: Survey, delimiter: str | None, wanted_columns: frozenset[str]
    ) -> None:
        """Reads the header.

        Args:
            path: the file.
            text: its encoding.
            delimiter: if the configuration gives one.
            wanted_columns: what the mapping names; settles which delimiter is the right one.

        Raises:
            UnreadableFileError: the file has no header.
        """
        self._path = path
        self._text = text
        with open_text(path, text.encoding) as file:
            sample = file.read(_SAMPLE).lstrip("\ufeff")
        if not sample.strip():
            raise UnreadableFileError(f"{path} is empty: its first line should name the columns")
        hint = _EXCEL_HINT.match(sample)
        self._hint_lines = 1 if hint else 0
        if delimiter is not None:
            self.delimiter, self._how = delimiter, "given"
        elif hint:
            self.delimiter, self._how = hint.group(1), "given by its first line"
        else:
            self.delimiter, self._how = detect_delimiter(sample, wanted_columns), "detected"
        for item in self._read(len_of_header=None):
            if isinstance(item, RejectedLine):
                raise UnreadableFileError(
                    f"{path} has no readable header: in line {item.line_number} {item.reason}"
                )
            self.columns = unique_columns(item[1])
            break
        else:
            raise UnreadableFileError(f"{path} is empty: its first line should name the columns")

    def describe(self) -> str:
        """Encoding and delimiter, and how they are known."""
        shown = "tab" if self.delimiter == "\t" else repr(self.delimiter)
        return (
            f"CSV, encoding {self._text.encoding} ({self._text.how}), "
            f"delimiter {shown} ({self._how}), {len(self.columns)} columns"
        )

    @property
    def doubt(self) -> str | None:
        """That the encoding is not certain, if it is not."""
        return self._text.what_to_do_about_doubt

    def rows(self) -> Iterator[Row | RejectedLine]:
        """The records after the header; what is empty is None."""
        columns = self.columns
        items = self._read(len_of_header=len(columns))
        for item in items:  # up to the header, which was readable when the file was opened
            if not isinstance(item, RejectedLine):
                break
        for item in items:
            if isinstance(item, RejectedLine):
                yield item
            else:
                number, values = item
                yield number, dict(zip(columns, [value or None for value in values], strict=True))

    def _read(self, len_of_header: int | None) -> Iterator[tuple[int, list[str]] | RejectedLine]:
        """Every record, the header first; broken lines stand where they stood."""
        csv.field_size_limit(RECORD_LIMIT)  # the module's own limit is one for the whole process
        with open_text(self._path, self._text.encoding) as file:
            lines = _Lines(physical_lines(file))
            for _ in range(self._hint_lines):
                next(lines)
                lines.done()
            faults = _fault_finder(self._text.may_be_broken, len_of_header)
            header_is_read = False
            while True:
                reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
                try:
                    for values in reader:
                        if not values:  # an empty line is nobody
                            lines.done()
                            continue
                        if (fault := faults(lines.pending, values)) is not None:
                            yield self._reject(lines, fault)
                            break
                        if not header_is_read:
                            values[0] = values[0].lstrip("\ufeff")
                        number = lines.first
                        lines.done()
                        header_is_read = True
                        yield number, values
                    else:
                        return
                except (csv.Error, _BrokenRecordError) as error:
                    if not lines.pending:
                        raise UnreadableFileError(
                            f"{self._path} cannot be read: {error}"
                        ) from error
                    yield self._reject(lines, _in_plain_words(error))

    @staticmethod
    def _reject(lines: _Lines, reason: str) -> RejectedLine:
        number = lines.first
        raw = lines.give_up_first().removesuffix("\n").removesuffix("\r")
        return rejected(number, escape_undecodable(raw), reason)


def _fault_finder(
    may_be_broken: bool, expected: int | None
) -> Callable[[list[str], list[str]], str | None]:
    """A check of one record against what the header promises."""

    def fault(lines: list[str], values: list[str]) -> str | None:
        if expected is not None and len(values) != expected:
            return f"{len(values)} fields, where the header has {expected}"
        if may_be_broken:
            for line in lines:
                if not line.isascii() and (byte := bytes_that_are_no_text(line)) is not None:
                    return f"{byte} is no text in this encoding"
        if len(lines) > 1 or len(lines[0]) > FIELD_LIMIT:
            longest = max(map(len, values))
            if longest > FIELD_LIMIT:
                return f"a field of {longest:,} characters; at most {FIELD_LIMIT:,} are read"
        return None

    return fault


def _in_plain_words(error: Exception) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quote that opens in this line is never closed"
    if "expected after" in text:
        return "a closing quote is followed by neither the delimiter nor the end of the line"
    return text


def detect_delimiter(sample: str, wanted_columns: frozenset[str]) -> str:
    """The delimiter under which a sample is most of a table.

    Args:
        sample: the beginning of the file.
        wanted_columns: columns that the header should have.
    """

    def fitness(delimiter: str) -> tuple[int, float, int]:
        rows: list[list[str]] = []
        for values in csv.reader(sample.splitlines(keepends=True), delimiter=delimiter):
            if values:
                rows.append(values)
            if len(rows) > 100:
                break
        if not rows or len(rows[0]) < 2:
            return (0, 0.0, 0)
        if len(sample) >= _SAMPLE and 1 < len(rows) <= 100:
            rows.pop()  # cut off in its middle
        same = sum(len(values) == len(rows[0]) for values in rows)
        found = len(wanted_columns & {name.strip() for name in rows[0]})
        return (found, round(same / len(rows), 1), len(rows[0]))

    csv.field_size_limit(RECORD_LIMIT)
    best = max(DELIMITERS, key=fitness)
    return best if fitness(best)[2] else ","
