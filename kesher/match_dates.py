"""Dates as people write them, read in SQL: which of 03/04/1990's numbers is the day, and so on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import duckdb

#: Day first or month first, where a date leaves that open.
DateOrder = Literal["dmy", "mdy"]

_SHOWN: dict[DateOrder, str] = {"dmy": "DD/MM/YYYY", "mdy": "MM/DD/YYYY"}

# Two-digit years: up to this one 20.., later ones 19...
_LAST_SHORT_YEAR = 30

_NUMBERS = r"^\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4}|\d{2})(?:[^0-9]|$)"
_YEAR_FIRST = r"^\s*(\d{4})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})(?:[^0-9]|$)"
_DIGITS = r"^\s*((?:19|20)\d{2})(\d{2})(\d{2})(?:\.0)?\s*$"
_WORDS = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d. %B %Y", "%b %d %Y")
_ISO = r"^\d{4}-\d{2}-\d{2}"
_DAY_AND_MONTH = r"^\d{2}/\d{2}$"
_ZONE = r":.*[-+A-Za-z]"
_CLOCK = r"[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)"


def birth_date_reader(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    order: DateOrder | None,
    note: Callable[[str], None],
) -> str:
    """Return SQL that makes a birth date's text `YYYY-MM-DD`, null where it is no date.

    A birthday without its year, `MM/DD`, stays as it is.

    Args:
        connection: Has the table.
        table: Its name.
        column: The column, of text.
        order: Day or month first; told from the column's values if None.
        note: Gets what was decided and what is no date.
    """
    if not _any(connection, table, f"not regexp_matches({column}, '{_ISO}')"):
        # Nothing but ISO: the models take its first ten characters.
        return column
    day = _day(column, _settled_order(connection, table, column, order, note))
    value = (
        f"case when regexp_matches({column}, '{_DAY_AND_MONTH}') then {column} "
        f"else strftime({day}, '%Y-%m-%d') end"
    )
    _tell_unreadable(connection, table, column, value, "date", note)
    return value


def moment_reader(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    order: DateOrder | None,
    note: Callable[[str], None],
) -> str:
    """Return SQL that makes a text a timestamp in UTC, null where it is none.

    The connection's time zone has to be UTC. The arguments are those of `birth_date_reader`.
    """
    # Reading a zone takes five times as long, and hardly any file has one.
    has_zone = _any(connection, table, f"regexp_matches({column}, '{_ZONE}')")
    iso = f"try_cast({column} as timestamp)"
    if has_zone:
        iso = f"cast(try_cast({column} as timestamptz) as timestamp)"
    if not _any(connection, table, f"{iso} is null"):
        return iso
    day = _day(column, _settled_order(connection, table, column, order, note))
    clock = f"try_cast(nullif(regexp_extract({column}, '{_CLOCK}', 1), '') as time)"
    value = f"coalesce({iso}, {day} + coalesce({clock}, time '00:00'))"
    _tell_unreadable(connection, table, column, value, "time", note)
    return value


def _day(column: str, order: DateOrder) -> str:
    """Return SQL for the date in a text."""
    year, first, second = "'year'", "'first'", "'second'"
    numbers = f"regexp_extract({column}, '{_NUMBERS}', [{first}, {second}, {year}])"
    day, month = ("first", "second") if order == "dmy" else ("second", "first")
    short = f"try_cast({numbers}.year as integer)"
    full_year = (
        f"case when length({numbers}.year) = 4 then {short} "
        f"when {short} <= {_LAST_SHORT_YEAR} then 2000 + {short} else 1900 + {short} end"
    )
    words = ", ".join(f"'{form}'" for form in _WORDS)
    plain = f"regexp_replace(trim({column}), '\\s+', ' ', 'g')"
    return f"""coalesce(
        {_made_date(full_year, f"{numbers}.{month}", f"{numbers}.{day}")},
        {_first_of(column, _YEAR_FIRST)},
        {_first_of(column, _DIGITS)},
        cast(try_strptime({plain}, [{words}]) as date)
    )"""


def _first_of(column: str, pattern: str) -> str:
    parts = f"regexp_extract({column}, '{pattern}', ['year', 'month', 'day'])"
    return _made_date(f"{parts}.year", f"{parts}.month", f"{parts}.day")


def _made_date(year: str, month: str, day: str) -> str:
    """Return SQL for a date out of its parts; null where there is no such day."""
    padded = f"lpad({month}, 2, '0'), '-', lpad({day}, 2, '0')"
    return f"try_cast(concat(cast({year} as varchar), '-', {padded}) as date)"


def _settled_order(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    order: DateOrder | None,
    note: Callable[[str], None],
) -> DateOrder:
    """Tell day first from month first by the numbers that can't be a month."""
    ((number, day_first, month_first),) = connection.execute(
        f"""
        select
            count(*),
            count(*) filter (try_cast(parts.first as integer) > 12),
            count(*) filter (try_cast(parts.second as integer) > 12)
        from (
            select regexp_extract({column}, '{_NUMBERS}', ['first', 'second', 'year']) as parts
            from {table}
            where {column} is not null
        )
        where parts.first <> ''
        """  # noqa: S608
    ).fetchall()
    if not number:
        return order or "dmy"
    if order is not None:
        return order
    found: DateOrder = "mdy" if month_first > day_first else "dmy"
    other = _SHOWN["dmy" if found == "mdy" else "mdy"]
    if day_first and month_first:
        why = f"most of its dates; {min(day_first, month_first):,} are {other}"
    elif day_first or month_first:
        why = "as its dates show"
    else:
        why = "though its dates leave that open"
    switch = "dmy" if found == "mdy" else "mdy"
    note(f"{column} is read as {_SHOWN[found]}, {why}; --dates {switch} reads {other}.")
    return found


def _tell_unreadable(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    value: str,
    what: str,
    note: Callable[[str], None],
) -> None:
    ((count, example, row),) = connection.execute(
        f"""
        select count(*), arg_min({column}, rowid), min(rowid) + 1
        from {table}
        where {column} is not null and {value} is null
        """  # noqa: S608
    ).fetchall()
    if count:
        shown = example if len(example) <= 40 else f"{example[:40]}..."
        note(
            f"{column}: {count:,} {'value is' if count == 1 else 'values are'} no {what}, such as "
            f"{shown!r} in row {row:,}; taken as empty."
        )


def _any(connection: duckdb.DuckDBPyConnection, table: str, condition: str) -> bool:
    return (
        connection.execute(f"select 1 from {table} where {condition} limit 1").fetchone()  # noqa: S608
        is not None
    )
