"""What every format gives: numbered rows, and lines that could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

FIELD_LIMIT = 1024 * 1024
"""Characters that one field may have."""

RECORD_LIMIT = 8 * 1024 * 1024
"""Characters that one record may have; memory grows no further, whatever the file."""

RAW_LIMIT = 1024 * 1024
"""Characters of a rejected line that are kept."""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that is not a record, kept as it is with the reason.

    Attributes:
        line_number: of the first of its lines, the header being 1; in Excel, the row's number.
        raw: the line without its end; bytes that are no text stand as backslash-x escapes.
        reason: why, in plain words.
    """

    line_number: int
    raw: str
    reason: str


Row = tuple[int, dict[str, Any]]
"""The number of the line and the values by column. What is empty is None."""


class Table(Protocol):
    """One open file."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Their columns; for JSON Lines, those that were seen so far."""
        ...

    @property
    def columns_are_final(self) -> bool:
        """False while further columns may turn up."""
        ...

    def rows(self) -> Iterator[Row | RejectedLine]:
        """Reads the file once from its start, a little at a time."""
        ...

    def describe(self) -> str:
        """Format, encoding and so on, for the log."""
        ...

    @property
    def doubt(self) -> str | None:
        """What may be wrong with how it is read, and what to do; None if nothing is."""
        ...


class UnreadableFileError(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


def rejected(line_number: int, raw: str, reason: str) -> RejectedLine:
    """A rejected line, cut where it is too long to be kept whole."""
    if len(raw) > RAW_LIMIT:
        reason = f"{reason}; of its {len(raw):,} characters the first {RAW_LIMIT:,} are kept"
        raw = raw[:RAW_LIMIT]
    return RejectedLine(line_number, raw, reason)


def unique_columns(names: list[str]) -> tuple[str, ...]:
    """Names for all columns: a nameless one gets its position, a repeated one a number."""
    taken: set[str] = set()
    unique: list[str] = []
    for position, given in enumerate(names, start=1):
        base = given.strip() or f"column_{position}"
        name, repeat = base, 2
        while name in taken:
            name, repeat = f"{base} ({repeat})", repeat + 1
        taken.add(name)
        unique.append(name)
    return tuple(unique)


def unreadable(path: Path, what: str, error: Exception) -> UnreadableFileError:
    """The error for a file that is not what its name says."""
    return UnreadableFileError(f"{path} cannot be read as {what}: {error}")
