"""Loads a file of people into the relation that the identity models read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kesher.errors import ConfigError, KesherError
from kesher.match_dates import DateOrder, birth_date_reader, moment_reader
from kesher.match_plan import INPUT, PEOPLE, PEOPLE_COLUMNS
from kesher.table_file import Column, ReadingOptions, TableFile

if TYPE_CHECKING:
    import duckdb

#: What a column of the file can be: our fields.
FIELDS = tuple(name for name in PEOPLE_COLUMNS if not name.startswith("_"))

#: The file's rows as they were read, in its order; `people` is a view over them.
ROWS = f"{INPUT}.file_rows"

#: Source and record_id of each row, in the file's order, which rowid counts.
PLACES = f"{INPUT}.places"

_DEFAULT_SOURCE = "input"
_EXAMPLES = 5

#: What columns are often called, to suggest a --map; nothing is taken without being asked for.
_OFTEN_CALLED: Mapping[str, str] = {
    "name": "full_name",
    "first_name": "given_name",
    "forename": "given_name",
    "last_name": "family_name",
    "surname": "family_name",
    "e_mail": "email",
    "mail": "email",
    "email_address": "email",
    "phone_number": "phone",
    "telephone": "phone",
    "mobile": "phone",
    "tel": "phone",
    "address": "street",
    "street_address": "street",
    "address_1": "street",
    "town": "city",
    "suburb": "city",
    "state": "region",
    "zip": "postcode",
    "zip_code": "postcode",
    "zipcode": "postcode",
    "postal_code": "postcode",
    "organisation": "company",
    "organization": "company",
    "company_name": "company",
    "dob": "birth_date",
    "date_of_birth": "birth_date",
    "birthdate": "birth_date",
    "birthday": "birth_date",
    "ssn": "national_id",
    "soc_sec_id": "national_id",
    "sex": "gender",
    "id": "record_id",
    "customer_id": "record_id",
    "rec_id": "record_id",
    "שם": "full_name",
    "שם_מלא": "full_name",
    "שם_לקוח": "full_name",
    "שם_פרטי": "given_name",
    "שם_משפחה": "family_name",
    "אימייל": "email",
    "מייל": "email",
    "דואל": "email",
    "דואר_אלקטרוני": "email",
    "טלפון": "phone",
    "נייד": "phone",
    "טלפון_נייד": "phone",
    "סלולרי": "phone",
    "רחוב": "street",
    "כתובת": "street",
    "עיר": "city",
    "יישוב": "city",
    "מיקוד": "postcode",
    "מדינה": "country",
    "חברה": "company",
    "תאריך_לידה": "birth_date",
    "תעודת_זהות": "national_id",
    "מספר_זהות": "national_id",
    "תז": "national_id",
    "מין": "gender",
    "מספר_לקוח": "record_id",
}


@dataclass(frozen=True)
class InputOptions:
    """How the columns of a file are to be understood.

    Attributes:
        mapping: Our field → their column, or several joined by `+`.
        also: Further columns of theirs to be compared.
        reading: Encoding, delimiter, sheet.
        dates: Whether 03/04/1990 is in April (dmy) or in March (mdy); told from the file if None.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    dates: DateOrder | None = None


def parse_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read what --map says.

    Args:
        pairs: Such as `email=E-mail`.

    Raises:
        ConfigError: one line for each that can't be.
    """
    mapping: dict[str, str] = {}
    problems = []
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        ours = ours.strip()
        if not equals or not theirs:
            problems.append(f"--map {pair}: expected ours=theirs, such as --map email=E-mail")
        elif ours not in FIELDS:
            problems.append(
                f"--map {pair}: {ours!r} is not a field of ours; they are {', '.join(FIELDS)}"
            )
        elif ours in mapping:
            problems.append(f"--map {pair}: {ours} is already {mapping[ours]!r}")
        else:
            mapping[ours] = theirs
    if problems:
        raise ConfigError(problems)
    return mapping


def load_people(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    work: Path,
    options: InputOptions,
    note: Callable[[str], None],
) -> int:
    """Make the relation `match_input.people` out of a file.

    Args:
        connection: Has a database attached as `match_input`.
        path: The file.
        work: A folder for what has to be written anew.
        options: Which column is what.
        note: Gets a sentence for each thing that may surprise.

    Returns:
        How many rows the file has.

    Raises:
        ConfigError: a column that the options name is not there.
        KesherError: the file can't be read, has none of our columns, or says the same source and
            record_id twice.
    """
    file = TableFile(
        connection,
        path,
        work,
        options.reading,
        wanted=frozenset([*FIELDS, *options.mapping.values(), *options.also]),
        note=note,
    )
    fields, also = _resolve(file, options, note)
    columns = {name: expression for name, (expression, _) in fields.items()}
    columns |= {f"also_{number}": column.text for number, column in enumerate(also, start=1)}
    file.create(ROWS, columns or {"nothing": "null"})
    ((rows,),) = connection.execute(f"select count(*) from {ROWS}").fetchall()  # noqa: S608
    kinds = {name: kind for name, (_, kind) in fields.items()}
    if "record_id" in kinds:
        ((blank,),) = connection.execute(
            f"select count(*) from {ROWS} where record_id is null"  # noqa: S608
        ).fetchall()
        if blank:
            note(f"{blank:,} rows have no record_id; the number of the row stands for it.")
    source, record_id = (_key_column(name, kinds) for name in ("source", "record_id"))
    listed = f"{source} as source, {record_id} as record_id"
    connection.execute(f"create or replace table {PLACES} as select {listed} from {ROWS}")  # noqa: S608
    _refuse_duplicates(connection, path)
    _make_view(connection, kinds, len(also), options, note)
    return int(rows)


def release_people(connection: duckdb.DuckDBPyConnection) -> None:
    """Give back the room of the file's rows, once the models have read them."""
    connection.execute(f"drop view {PEOPLE}")
    connection.execute(f"drop table {ROWS}")


def _resolve(
    file: TableFile, options: InputOptions, note: Callable[[str], None]
) -> tuple[dict[str, tuple[str, str]], list[Column]]:
    """Settle which column is what: our field → its SQL and type; and the further ones."""
    fields: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()
    problems = []
    for ours in FIELDS:
        theirs = options.mapping.get(ours)
        parts = _parts(file, theirs or ours)
        if parts is None:
            if theirs is not None:
                problems.append(
                    f"--map {ours}={theirs}: {file.path} has no column {theirs!r}; "
                    f"its columns are {file.listed_columns()}"
                )
            continue
        taken |= {part.name for part in parts}
        if len(parts) > 1:
            joined = ", ".join(part.text for part in parts)
            fields[ours] = (f"nullif(concat_ws(' ', {joined}), '')", "VARCHAR")
        elif PEOPLE_COLUMNS[ours] == "timestamp" and parts[0].kind.startswith(
            ("DATE", "TIMESTAMP")
        ):
            fields[ours] = (f"cast({parts[0].sql} as timestamp)", "TIMESTAMP")
        elif ours in ("source", "record_id") and parts[0].kind == "VARCHAR":
            # Given back as they came, blanks at their ends included.
            fields[ours] = (f"if({parts[0].text} is null, null, {parts[0].sql})", "VARCHAR")
        else:
            fields[ours] = (parts[0].text, "VARCHAR")
    also = []
    for theirs in options.also:
        column = file.column(theirs)
        if column is None:
            problems.append(
                f"--also {theirs}: {file.path} has no column {theirs!r}; "
                f"its columns are {file.listed_columns()}"
            )
        else:
            also.append(column)
            taken.add(column.name)
    if problems:
        raise ConfigError(problems)
    unused = [column.name for column in file.columns if column.name not in taken]
    advice = _advice(unused, fields)
    if not (set(fields) - {"source", "record_id", "first_seen_at", "updated_at"}) and not also:
        raise KesherError(
            f"{file.path} has no column about people that bears the name of a field of ours "
            f"({', '.join(FIELDS)}); its columns are {file.listed_columns()}. "
            f"Say which is which, such as {advice or '--map full_name=Name --map email=E-mail'}"
        )
    if unused:
        names = ", ".join(map(repr, unused[:20])) + (" ..." if len(unused) > 20 else "")
        note(f"Not compared: {names}." + (f" Perhaps {advice} ?" if advice else ""))
    if "source" not in fields:
        note(f"No column source: every record's is {_DEFAULT_SOURCE!r}.")
    if "record_id" not in fields:
        note("No column record_id: it is the number of the row, from 1.")
    return fields, also


def _parts(file: TableFile, name: str) -> list[Column] | None:
    """Find a column, or several joined by `+`."""
    whole = file.column(name)
    if whole is not None:
        return [whole]
    parts = [file.column(part) for part in name.split("+")] if "+" in name else []
    found = [part for part in parts if part is not None]
    return found if found and len(found) == len(parts) else None


def _advice(unused: list[str], fields: Mapping[str, object]) -> str:
    maps: dict[str, str] = {}
    for name in unused:
        # Also דוא"ל and ת.ז.
        plain = re.sub(r"[\"'״׳.]", "", name.strip().casefold())
        ours = _OFTEN_CALLED.get(re.sub(r"[\s-]+", "_", plain))
        if ours is not None and ours not in fields:
            maps.setdefault(ours, _quoted(name))
    return " ".join(f"--map {ours}={theirs}" for ours, theirs in maps.items())


def _quoted(name: str) -> str:
    """Write a column's name as a shell takes it."""
    if not re.search(r"[^\w.-]", name):
        return name
    return shlex.quote(name) if re.search(r'["$`\\]', name) else f'"{name}"'


def _make_view(
    connection: duckdb.DuckDBPyConnection,
    kinds: Mapping[str, str],
    further: int,
    options: InputOptions,
    note: Callable[[str], None],
) -> None:
    expressions: dict[str, str] = {}
    for name, kind in PEOPLE_COLUMNS.items():
        if name in ("source", "record_id"):
            expressions[name] = _key_column(name, kinds)
        elif name == "_extracted_at":
            # Nothing may depend on when the command runs.
            expressions[name] = "timestamp '1970-01-01'"
        elif name not in kinds:
            expressions[name] = f"cast(null as {kind})"
        elif kind == "timestamp" and kinds[name] != "TIMESTAMP":
            expressions[name] = moment_reader(connection, ROWS, name, options.dates, note)
        elif name == "birth_date":
            expressions[name] = birth_date_reader(connection, ROWS, name, options.dates, note)
        else:
            expressions[name] = name
    expressions |= {f"also_{number}": f"also_{number}" for number in range(1, further + 1)}
    listed = ", ".join(f"{value} as {name}" for name, value in expressions.items())
    connection.execute(f"create or replace view {PEOPLE} as select {listed} from {ROWS}")  # noqa: S608


def _refuse_duplicates(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse two rows of one source and record_id: which customer_id would be whose?"""
    ((rows, different),) = connection.execute(
        f"select count(*), count(distinct hash(source, record_id)) from {PLACES}"  # noqa: S608
    ).fetchall()
    if rows == different:
        return
    doubled = connection.execute(
        f"""
        select source, record_id, list(rowid + 1 order by rowid)[:3], count(*)
        from {PLACES}
        group by source, record_id
        having count(*) > 1
        order by min(rowid)
        """  # noqa: S608
    ).fetchmany(_EXAMPLES + 1)
    if not doubled:
        return
    named = "; ".join(
        f"{source} {_short(record_id)} in rows {' and '.join(f'{row:,}' for row in rows)}"
        + (f" and {count - len(rows):,} more" if count > len(rows) else "")
        for source, record_id, rows, count in doubled[:_EXAMPLES]
    )
    raise KesherError(
        f"{path} has more than one row of the same source and record_id: {named}"
        + ("; and others" if len(doubled) > _EXAMPLES else "")
        + ". Leave one of each, or let --map record_id=... name a column without repetitions."
    )


def _key_column(name: str, kinds: Collection[str]) -> str:
    """Return SQL for the source or the record_id of a row, which are never null."""
    instead = f"'{_DEFAULT_SOURCE}'" if name == "source" else "cast(rowid + 1 as varchar)"
    return f"coalesce({name}, {instead})" if name in kinds else instead


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
