"""Dates as people write them, read in SQL: which of 03/04/1990's numbers is the day, and so on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from kesher.month_names import month_numbers

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
# `6th May 2024`, `6. Mai 2024`, `6 de mayo de 2024`, `6 במאי 2024`; `May 6th, 2024`.
_DAY_AND_WORD = (
    r"^(\d{1,2})(?:st|nd|rd|th|er|\.)?[ -]*(?:of |de )?ב?(\pL{3,})[.,]?[ -]*(?:de )?"
    r"(\d{4})(?:[^0-9]|$)"
)
_WORD_AND_DAY = r"^(\pL{3,})[.]? *(\d{1,2})(?:st|nd|rd|th)?,? *(\d{4})(?:[^0-9]|$)"
# A day as Excel counts them, of five digits: four may be a year.
_SERIAL = r"^\s*(\d{5})(?:\.0)?\s*$"
_EXCEL_DAY_ZERO = "1899-12-30"
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
    if _any(connection, table, f"regexp_matches({column}, '{_SERIAL}')") and _any(
        connection, table, f"{day} is not null"
    ):
        serial = _serial_day(column)
        _tell_serials(connection, table, column, serial, note)
        day = f"coalesce({day}, {serial})"
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
    # Only what has letters is looked at: few dates have.
    plain = f"lower(strip_accents(regexp_replace(trim({column}), '\\s+', ' ', 'g')))"
    return f"""coalesce(
        {_made_date(full_year, f"{numbers}.{month}", f"{numbers}.{day}")},
        {_first_of(column, _YEAR_FIRST)},
        {_first_of(column, _DIGITS)},
        case
            when regexp_matches({column}, '\\pL{{3}}')
            then coalesce(
                {_day_in_words(plain, _DAY_AND_WORD, ["day", "month", "year"])},
                {_day_in_words(plain, _WORD_AND_DAY, ["month", "day", "year"])}
            )
        end
    )"""


def _day_in_words(plain: str, pattern: str, order: list[str]) -> str:
    """Return SQL for the date in a text that has its month as a word."""
    parts = f"regexp_extract({plain}, '{pattern}', {order})"
    names = ", ".join(f"'{name}': '{number}'" for name, number in month_numbers().items())
    return _made_date(f"{parts}.year", f"map {{{names}}}[{parts}.month]", f"{parts}.day")


def _serial_day(column: str) -> str:
    """Return SQL for the day that a number stands for in Excel, if it is not one to come."""
    serial = f"try_cast(regexp_extract({column}, '{_SERIAL}', 1) as integer)"
    day = f"(date '{_EXCEL_DAY_ZERO}' + {serial})"
    return f"case when {day} <= current_date then {day} end"


def _tell_serials(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    serial: str,
    note: Callable[[str], None],
) -> None:
    ((count, example, row, read),) = connection.execute(
        f"""
        select
            count(*),
            arg_min({column}, rowid),
            min(rowid) + 1,
            cast(arg_min({serial}, rowid) as varchar)
        from {table}
        where {serial} is not null
        """  # noqa: S608
    ).fetchall()
    if count:
        note(
            f"{column}: {count:,} {'value is a day' if count == 1 else 'values are days'} as Excel "
            f"counts them, such as {example!r} in row {row:,}, read as {read}."
        )


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
