"""JSON Lines: one object a line."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from connectors.files.rows import (
    FIELD_LIMIT,
    RECORD_LIMIT,
    RejectedLine,
    Row,
    UnreadableFileError,
    rejected,
)
from connectors.files.text_encoding import (
    Survey,
    bytes_that_are_no_text,
    escape_undecodable,
    is_a_piece,
    open_text,
    physical_lines,
)

_LINES_IN_A_SAMPLE = 1000


class JsonLinesTable:
    """One JSON Lines file."""

    def __init__(self, path: Path, text: Survey) -> None:
        """Looks at the first lines for the columns.

        Raises:
            UnreadableFileError: there is no line.
        """
        self._path = path
        self._text = text
        self._columns: dict[str, None] = {}
        lines = objects = 0
        for row in islice(self.rows(), _LINES_IN_A_SAMPLE):
            lines += 1
            objects += not isinstance(row, RejectedLine)
        self.columns_are_final = lines < _LINES_IN_A_SAMPLE
        if not lines:
            raise UnreadableFileError(f"{path} is empty")
        if not objects:
            raise UnreadableFileError(
                f"{path} has no JSON object in its first {lines} lines: "
                "JSON Lines is one object a line"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys that were seen so far."""
        return tuple(self._columns)

    def describe(self) -> str:
        """Encoding, and how it is known."""
        return f"JSON Lines, encoding {self._text.encoding} ({self._text.how})"

    @property
    def doubt(self) -> str | None:
        """That the encoding is not certain, if it is not."""
        return self._text.what_to_do_about_doubt

    def rows(self) -> Iterator[Row | RejectedLine]:
        """The objects; a line that is none is rejected."""
        number = 0
        going_on = False
        with open_text(self._path, self._text.encoding) as file:
            for line in physical_lines(file):
                if going_on:  # the rest of a line that was too long
                    going_on = is_a_piece(line)
                    continue
                number += 1
                going_on = is_a_piece(line)
                text = line.lstrip("\ufeff").strip(" \t\r\n")
                if text:
                    yield self._row(number, text, going_on)

    def _row(self, number: int, line: str, is_cut: bool) -> Row | RejectedLine:
        if is_cut:
            return rejected(number, line, f"the line is longer than {RECORD_LIMIT:,} characters")
        if not line.isascii() and (byte := bytes_that_are_no_text(line)) is not None:
            reason = f"{byte} is no text in this encoding"
            return rejected(number, escape_undecodable(line), reason)
        try:
            value: Any = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            return rejected(number, line, f"not JSON: {error}")
        if not isinstance(value, dict):
            return rejected(number, line, "JSON, but not an object")
        if len(line) > FIELD_LIMIT:
            for key, field in value.items():
                if isinstance(field, str) and len(field) > FIELD_LIMIT:
                    reason = (
                        f"{key} has {len(field):,} characters; at most {FIELD_LIMIT:,} are read"
                    )
                    return rejected(number, line, reason)
        if not self._columns.keys() >= value.keys():
            self._columns.update(dict.fromkeys(value))
        return number, value
