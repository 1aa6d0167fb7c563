"""The sandbox's file: SQLite, one table a stream, bodies ready to be served."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import SandboxError
from .layout import store_format
from .rows import Row, Sink

FILE_NAME = "sandbox.sqlite"
STREAMS = {
    "stripe": ("customers", "invoices", "charges", "refunds", "subscriptions", "products"),
    "zendesk": ("users", "organizations", "tickets", "ticket_comments", "satisfaction_ratings"),
    "mailchimp": ("lists", "members", "campaigns", "email_activity"),
    "hubspot": (
        "contacts",
        "companies",
        "deals",
        "owners",
        "calls",
        "meetings",
        "notes",
        "tasks",
        "emails",
    ),
}
TABLES = (
    *(f"{source}.{stream}" for source, streams in STREAMS.items() for stream in streams),
    "stripe.events",
)
# What a row's `deleted` says.
LIVE, DELETED, MERGED = 0, 1, 2

_TABLE = """
create table "{name}" (
    seq integer primary key,
    id not null,
    parent not null,
    created integer not null,
    updated integer not null,
    tag text not null,
    deleted integer not null default 0,
    body blob not null
)
"""
_OTHERS = """
create table meta (key text primary key, value text not null) without rowid;
create table links (
    from_type text not null, from_id integer not null, to_type text not null, to_id integer not null
);
create table truth (
    source text not null, record_id text not null, person_id text not null, kinds text not null
);
create table merges (loser integer primary key, winner integer not null);
create table people (no integer primary key, body blob not null);
create table companies (no integer primary key, body blob not null);
"""
FORMAT = store_format(_TABLE, _OTHERS)
_INSERT = 'insert into "{name}" (id, parent, created, updated, tag, body) values (?, ?, ?, ?, ?, ?)'


def sandbox_path(directory: Path) -> Path:
    """Return where a directory's sandbox lies."""
    return directory / FILE_NAME


def open_store(directory: Path, read_only: bool = False) -> sqlite3.Connection:
    """Open an existing sandbox.

    Raises SandboxError if there is none, it is not readable, or another version made it.
    """
    path = sandbox_path(directory)
    if not path.is_file():
        raise SandboxError(
            f"No sandbox in {directory}: {path.name} is missing. "
            "Create one first: kesher sandbox create."
        )
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=60,
    )
    try:
        found = read_meta(connection).get("format")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise SandboxError(
            f"{path} is not a readable sandbox ({error}). Delete it and create it again."
        ) from error
    if found != FORMAT:
        connection.close()
        raise SandboxError(
            f"The sandbox in {directory} was made by another version of Kesher: its format is "
            f"{found or 'unknown'}, this version reads {FORMAT}. Delete that folder and create "
            "the sandbox again: kesher sandbox create."
        )
    return connection


def new_store(path: Path) -> sqlite3.Connection:
    """Make an empty store, tuned for filling: nobody reads it before it is complete."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "pragma page_size=8192; pragma journal_mode=off; pragma synchronous=off;"
        "pragma locking_mode=exclusive; pragma cache_size=-200000;"
    )
    connection.execute("begin")
    for name in TABLES:
        connection.execute(_TABLE.format(name=name))
    for statement in filter(str.strip, _OTHERS.split(";")):
        connection.execute(statement)
    return connection


def add_indexes(connection: sqlite3.Connection) -> None:
    """Add the indexes that the vendors' ways of paging need."""
    for name in TABLES:
        source = name.partition(".")[0]
        if name in ("mailchimp.email_activity", "mailchimp.members"):
            connection.execute(f'create index "{name} by parent" on "{name}" (parent, id)')
        else:
            connection.execute(f'create unique index "{name} by id" on "{name}" (id)')
        if source == "stripe":
            connection.execute(f'create index "{name} by created" on "{name}" (created, id)')
        elif source in ("zendesk", "hubspot"):
            # With `deleted` in it, counting the results of a search never touches the bodies.
            connection.execute(
                f'create index "{name} by updated" on "{name}" (updated, id, deleted)'
            )
        if name in (
            "stripe.invoices",
            "stripe.charges",
            "stripe.subscriptions",
            "stripe.refunds",
            "zendesk.ticket_comments",
            "zendesk.tickets",
        ):
            connection.execute(f'create index "{name} by parent" on "{name}" (parent, id)')
    connection.execute('create index "links forth" on links (from_type, from_id, to_type, to_id)')
    connection.execute('create index "links back" on links (to_type, to_id, from_type, from_id)')
    connection.execute('create unique index "truth by record" on truth (source, record_id)')
    connection.execute('create index "truth by person" on truth (person_id)')


def insert(connection: sqlite3.Connection, sink: Sink) -> None:
    """Write everything a sink holds."""
    for name, rows in sink.rows.items():
        insert_rows(connection, name, rows)
    connection.executemany("insert into links values (?, ?, ?, ?)", sink.links)
    connection.executemany("insert into truth values (?, ?, ?, ?)", sink.truths)
    connection.executemany("insert or replace into people values (?, ?)", sink.people)
    connection.executemany("insert or replace into companies values (?, ?)", sink.companies)


def insert_rows(connection: sqlite3.Connection, name: str, rows: Iterable[Row]) -> None:
    """Append rows to one stream's table."""
    connection.executemany(_INSERT.format(name=name), rows)


def read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the sandbox's settings and its clock."""
    return dict(connection.execute("select key, value from meta").fetchall())


def write_meta(connection: sqlite3.Connection, values: dict[str, str]) -> None:
    """Set settings."""
    connection.executemany("insert or replace into meta values (?, ?)", values.items())


def clock(connection: sqlite3.Connection) -> int:
    """Return the sandbox's present time, epoch seconds."""
    (value,) = connection.execute("select value from meta where key = 'clock'").fetchone()
    return int(value)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do everything inside or nothing of it."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
