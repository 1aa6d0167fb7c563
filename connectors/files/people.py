"""From a row of theirs to a person of ours."""

import base64
import hashlib
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from connectors.files.config import FilesConfig, loosely
from connectors.files.rows import UnreadableFileError
from connectors.people_fields import PEOPLE_FIELDS


def plain(value: Any) -> Any:
    """A value as JSON has it, the same whichever format it came in; None for what is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return str(value)


def text(value: Any) -> str | None:
    """A value as text; None for what is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    value = plain(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return orjson.dumps(value).decode()


def _reach(path: str) -> Callable[[Mapping[str, Any]], Any]:
    """Gets address.city out of an object in an object."""
    parts = path.split(".")

    def get(row: Mapping[str, Any]) -> Any:
        value: Any = row
        for part in parts:
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value

    return get


class PersonMapping:
    """Which column is which field, settled for one file."""

    def __init__(self, config: FilesConfig, columns: tuple[str, ...], is_final: bool) -> None:
        """Finds the columns.

        Args:
            config: the list's configuration.
            columns: those of the file.
            is_final: whether these are all its columns.

        Raises:
            UnreadableFileError: a column that the configuration names is not there.
        """
        self._known = set(columns)
        self._missing: dict[str, str] = {}
        wanted = config.mapping or {
            field: column
            for field in PEOPLE_FIELDS
            for column in columns
            if loosely(column) == field
        }
        if not wanted and is_final:
            raise UnreadableFileError(
                f"none of its columns ({_listed(columns)}) bears the name of a field of ours "
                f"({', '.join(PEOPLE_FIELDS)}): say under mapping which column is which"
            )
        self._fields = [
            (field, self._column(f"mapping.{field}", column, columns))
            for field, column in wanted.items()
        ]
        self._ids = [
            self._column("record_id", column, columns) for column in config.record_id_columns
        ]
        if self._missing and is_final:
            self._complain(columns)
        self._plain_fields = [(f, c) for f, c in self._fields if not self._is_path(c)]
        self._deep_fields = [(f, _reach(c)) for f, c in self._fields if self._is_path(c)]
        self._get_ids = [_reach(c) if self._is_path(c) else _getter(c) for c in self._ids]
        self._taken = frozenset(c for _, c in self._plain_fields) | frozenset(self._ids)

    def _is_path(self, column: str) -> bool:
        return column not in self._known and column.partition(".")[0] in self._known

    def _column(self, key: str, given: str, columns: tuple[str, ...]) -> str:
        if given in self._known or self._is_path(given):
            return given
        alike = [column for column in columns if loosely(column) == loosely(given)]
        if len(alike) == 1:
            return alike[0]
        self._missing[key] = given
        return given

    def _complain(self, columns: tuple[str, ...]) -> None:
        missing = ", ".join(f"{key} names {name!r}" for key, name in self._missing.items())
        raise UnreadableFileError(
            f"{missing}, which is not a column of the file; its columns are {_listed(columns)}"
        )

    def check_after_reading(self, columns: tuple[str, ...]) -> None:
        """For files whose columns are only known at their end.

        Raises:
            UnreadableFileError: a column that the configuration names never came.
        """
        roots = {column.partition(".")[0] for column in columns} | set(columns)
        self._missing = {
            key: name
            for key, name in self._missing.items()
            if name not in roots and name.partition(".")[0] not in roots
        }
        if self._missing:
            self._complain(columns)

    def has_id(self, row: Mapping[str, Any]) -> bool:
        """Whether a row tells who it is about."""
        return not self._get_ids or any(text(get(row)) for get in self._get_ids)

    def person(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The person in a row; None if the columns of its id are empty."""
        if self._get_ids:
            parts = [text(get(row)) for get in self._get_ids]
            if not any(parts):
                return None
            record_id = ":".join(part or "" for part in parts)
        else:
            record_id = content_id(row)
        person: dict[str, Any] = {"record_id": record_id}
        for field, column in self._plain_fields:
            value = row.get(column)
            person[field] = value if value.__class__ is str and value else text(value)
        for field, get in self._deep_fields:
            person[field] = text(get(row))
        taken = self._taken
        person["extra"] = {
            column: value if value.__class__ is str and value else plain(value)
            for column, value in row.items()
            if column not in taken
        }
        return person


def content_id(row: Mapping[str, Any]) -> str:
    """An id that is the same for the same content, whatever the order of columns and the format."""
    content = [
        [column, value if value.__class__ is str else text(value)]
        for column, value in sorted(row.items())
        if value is not None and value != ""
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()[:24]


def _getter(column: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: row.get(column)


def _listed(columns: tuple[str, ...]) -> str:
    shown = ", ".join(repr(column) for column in columns[:40])
    return f"{shown} and {len(columns) - 40} more" if len(columns) > 40 else shown
