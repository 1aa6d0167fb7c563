"""What was published last, opened for reading.

`kesher publish` writes `<generation>.duckdb` into the serving directory and then moves the
pointer `current.json` to it. The pointer is read at every run of a page, so that a new generation
shows without a restart, while a page that is being drawn goes on reading the old one.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import streamlit as st

SERVING_VARIABLE = "KESHER_SERVING"
DEFAULT_DIRECTORY = Path("data/serving")


class ServingError(Exception):
    """What the pointer names cannot be read; the message says what and where."""


@dataclass(frozen=True)
class Published:
    """One published generation.

    Attributes:
        generation: The generation's name.
        file: The DuckDB file that holds it.
        published_at: When it was published, in UTC; None if the pointer does not say.
    """

    generation: str
    file: Path
    published_at: datetime | None


def serving_directory() -> Path:
    """The directory that `kesher dashboard` named, else `data/serving`."""
    return Path(os.environ.get(SERVING_VARIABLE) or DEFAULT_DIRECTORY)


def current(directory: Path) -> Published | None:
    """Read the pointer.

    Args:
        directory: The serving directory.

    Returns:
        The generation that is published now, or None when nothing was published yet.

    Raises:
        ServingError: If there is a pointer that makes no sense.
    """
    pointer = directory / "current.json"
    try:
        text = pointer.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ServingError(f"cannot read {pointer}: {error}") from error
    try:
        told = json.loads(text)
        generation, file = str(told["generation"]), directory / str(told["file"])
    except (ValueError, TypeError, KeyError) as error:
        raise ServingError(
            f"{pointer} is not a pointer to a published generation; run `kesher publish` again"
        ) from error
    return Published(generation, file, _instant(told.get("published_at")))


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _close(connection: duckdb.DuckDBPyConnection) -> None:
    connection.close()


@st.cache_resource(max_entries=2, show_spinner=False, on_release=_close)
def _connection(file: str, modified_ns: int, inode: int) -> duckdb.DuckDBPyConnection:
    """One connection a file for all sessions; the file's stamp tells a rewritten one apart."""
    del modified_ns, inode
    return duckdb.connect(
        file,
        read_only=True,
        # The file holds what strangers typed into forms: SQL on it may touch nothing else.
        config={"enable_external_access": "false", "lock_configuration": "true"},
    )


def open_published(directory: Path) -> tuple[Published, duckdb.DuckDBPyConnection] | None:
    """Open what is published now.

    Args:
        directory: The serving directory.

    Returns:
        The generation and a cursor of its own for the caller, or None when nothing is published.

    Raises:
        ServingError: If the pointer or the file it names cannot be read.
    """
    seen: Published | None = None
    while True:
        published = current(directory)
        if published is None:
            return None
        try:
            stamp = published.file.stat()
            connection = _connection(str(published.file), stamp.st_mtime_ns, stamp.st_ino)
            return published, connection.cursor()
        except (OSError, duckdb.Error) as error:
            # An old generation may be cleared away between reading its name and opening it:
            # read the pointer once more, and give up only when it still says the same.
            if published == seen:
                raise ServingError(
                    f"cannot open the published file {published.file}: {error}"
                ) from error
            seen = published
