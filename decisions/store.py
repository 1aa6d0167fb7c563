"""The store of decisions: a small transactional database, SQLite in a file or Postgres.

Decisions are only ever added. To take one back is another line, which names it, so that the store
tells who thought what and when. Its readers and writers may be many: the command, the dashboard,
builds.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from decisions.decision import VERDICTS, Decision, RecordName, Verdict, ordered, standing
from decisions.store_errors import PATIENCE_SECONDS, DecisionStoreError, store_error

#: What this code reads and writes. A store says which version it is of.
SCHEMA_VERSION = 1

_LONGEST_NAME = 1_000
_LONGEST_RECORD_ID = 100_000
_LONGEST_NOTE = 4_000
_MICROSECOND = timedelta(microseconds=1)
#: The number of the lock that Postgres gives to one writer at a time. Any number, always the same.
_WRITERS_LOCK = 7_391_520_416


class _UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite knows no time zones: there it is text, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


_METADATA = MetaData()
_STORE = Table("steward_store", _METADATA, Column("schema_version", Integer, nullable=False))
_DECISIONS = Table(
    "steward_decisions",
    _METADATA,
    Column("decision_id", Text, primary_key=True),
    Column("left_source", Text, nullable=False),
    Column("left_record_id", Text, nullable=False),
    Column("right_source", Text, nullable=False),
    Column("right_record_id", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", _UtcTime, nullable=False),
    Column("note", Text),
    Column("evidence", Text),
    Column("undone_decision_id", Text),
    Index("steward_decisions_by_time", "decided_at"),
)


def sqlite_url(file: Path) -> str:
    """Return the URL of a store in a file."""
    return URL.create("sqlite", database=str(file)).render_as_string()


class DecisionStore:
    """One store. Made on disk with the first decision; a store that is not there is empty.

    Every method raises `DecisionStoreError` if the store can't do it. Safe to use from several
    threads; a context manager, which closes it.
    """

    def __init__(self, url: str) -> None:
        """Prepare to use a store; nothing is opened before the first call of a method.

        Args:
            url: `sqlite:///path`, or `postgresql://user:password@host:port/database`.

        Raises:
            DecisionStoreError: the URL is none, or the driver of its database is not installed.
        """
        self._url = _driver_url(url)
        self._engine = _engine(self._url)

    def __enter__(self) -> DecisionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._engine.dispose()

    def decide(
        self,
        left: RecordName,
        right: RecordName,
        verdict: Verdict,
        *,
        by: str,
        note: str | None = None,
        evidence: str | None = None,
    ) -> Decision:
        """Add a decision. It holds for the pair from then on, whatever was decided before.

        Args:
            left: One record.
            right: The other one; the order does not matter.
            verdict: same, different or skip.
            by: Who decides.
            note: Why, for whoever reads it later.
            evidence: How the two records compare, as the queue tells it. A skipped pair comes
                back when that changes.

        Raises:
            DecisionStoreError: the record is the same twice, a text is empty, too long or not
                Unicode, or the store can't be written.
        """
        if verdict not in VERDICTS:
            raise DecisionStoreError(f"{verdict!r} is no verdict: {', '.join(VERDICTS)}.")
        if left == right:
            raise DecisionStoreError(f"{left} was named twice; a decision is about two records.")
        first, second = ordered(left, right)
        for record in (first, second):
            _check_text("source", record.source, _LONGEST_NAME)
            _check_text("record id", record.record_id, _LONGEST_RECORD_ID)
        _check_text("name of who decides", by, _LONGEST_NAME)
        note = _checked_note(note)
        with self._writing() as connection:
            decision = Decision(
                decision_id=str(uuid.uuid4()),
                left=first,
                right=second,
                verdict=verdict,
                decided_by=by.strip(),
                decided_at=_next_moment(connection),
                note=note,
                evidence=evidence,
            )
            connection.execute(insert(_DECISIONS).values(_values(decision)))
        return decision

    def undo(self, decision_id: str, *, by: str, note: str | None = None) -> Decision:
        """Take a decision back: what was decided about the pair before holds again.

        Of two who take the same decision back at once, one is told that it is done.

        Returns:
            The undo, which is a line of the store like any other.

        Raises:
            DecisionStoreError: there is no such decision, it does not hold any more, it is an undo
                itself, or the store can't be written.
        """
        _check_text("name of who decides", by, _LONGEST_NAME)
        note = _checked_note(note)
        with self._writing() as connection:
            found = connection.execute(
                select(_DECISIONS).where(_DECISIONS.c.decision_id == decision_id)
            ).one_or_none()
            if found is None:
                raise DecisionStoreError(f"There is no decision {decision_id}.")
            decision = _decision(found)
            if decision.verdict == "undo":
                raise DecisionStoreError(
                    f"Decision {decision_id} is an undo, which can't be taken back; decide again."
                )
            held = standing(_about(connection, decision)).get(decision.pair)
            if held is None or held.decision_id != decision_id:
                raise DecisionStoreError(_why_not_held(decision, held))
            undo = Decision(
                decision_id=str(uuid.uuid4()),
                left=decision.left,
                right=decision.right,
                verdict="undo",
                decided_by=by.strip(),
                decided_at=_next_moment(connection),
                note=note,
                undone_decision_id=decision_id,
            )
            connection.execute(insert(_DECISIONS).values(_values(undo)))
        return undo

    def decisions(self) -> list[Decision]:
        """Return every line, oldest first."""
        with self._reading() as connection:
            if connection is None:
                return []
            rows = connection.execute(
                select(_DECISIONS).order_by(_DECISIONS.c.decided_at, _DECISIONS.c.decision_id)
            )
            return [_decision(row) for row in rows]

    def add_missing(self, known: Iterable[Decision]) -> int:
        """Add the decisions that the store does not have, as they are: what another store held.

        Returns:
            How many were added.
        """
        wanted = list(known)
        present = {decision.decision_id for decision in self.decisions()}
        if all(decision.decision_id in present for decision in wanted):
            return 0
        with self._writing() as connection:
            # Again, now that nobody else can write.
            present = set(connection.scalars(select(_DECISIONS.c.decision_id)))
            missing = {
                decision.decision_id: _values(decision)
                for decision in wanted
                if decision.decision_id not in present
            }
            if missing:
                connection.execute(insert(_DECISIONS), list(missing.values()))
        return len(missing)

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """Open the store to read it; None if it was not made yet."""
        if self._is_sqlite and not _sqlite_file_exists(self._url):
            yield None
            return
        with self._clear_errors(), self._engine.connect() as connection:
            yield connection if self._has_schema(connection) else None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open the store, made if need be, for one writer; all or nothing is kept."""
        with (
            self._clear_errors(),
            self._engine.connect().execution_options(writes=True) as connection,
        ):
            if self._is_sqlite:
                _use_write_ahead_log(connection)
            with connection.begin():
                if not self._is_sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(_WRITERS_LOCK)))
                if not self._has_schema(connection):
                    _METADATA.create_all(connection)
                    connection.execute(insert(_STORE).values(schema_version=SCHEMA_VERSION))
                yield connection

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise store_error(error, self._url) from error

    def _has_schema(self, connection: Connection) -> bool:
        """Tell whether the tables are there.

        Raises:
            DecisionStoreError: they are of a version that this code does not know.
        """
        if not inspect(connection).has_table(_STORE.name):
            return False
        versions = connection.scalars(select(_STORE.c.schema_version)).all()
        if versions != [SCHEMA_VERSION]:
            found = ", ".join(str(version) for version in versions) or "none"
            raise DecisionStoreError(
                f"The store of decisions has the schema version {found}, and this Kesher knows "
                f"{SCHEMA_VERSION}: use the Kesher that wrote it, or a newer one."
            )
        return True


def _driver_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise DecisionStoreError(
            "The store of decisions needs a URL such as postgresql://user@host/database."
        ) from error
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise DecisionStoreError(
        f"The store of decisions can be in a file of SQLite or in Postgres, not in {backend}."
    )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": PATIENCE_SECONDS})
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
        return engine
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": PATIENCE_SECONDS,
                "options": f"-c lock_timeout={PATIENCE_SECONDS * 1000}",
            },
        )
    except ModuleNotFoundError as error:
        raise DecisionStoreError(
            "A store of decisions in Postgres needs the package psycopg: "
            "pip install 'kesher[postgres]'."
        ) from error


def _sqlite_connected(connection: Any, _: object) -> None:
    # Python's driver would begin transactions by itself, too late for one that first reads.
    connection.isolation_level = None
    connection.execute("pragma synchronous = full")


def _sqlite_begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


def _use_write_ahead_log(connection: Connection) -> None:
    """Let readers and the writer not wait for each other. The file remembers it.

    It can't be said inside a transaction, which SQLAlchemy would begin: so to the driver itself.
    """
    driver = connection.connection.dbapi_connection
    assert driver is not None  # noqa: S101 - the connection was just opened
    cursor = driver.cursor()
    try:
        cursor.execute("pragma journal_mode")
        if cursor.fetchone() != ("wal",):
            cursor.execute("pragma journal_mode = wal")
    except sqlite3.Error as error:
        raise DBAPIError("pragma journal_mode", None, error) from error


def _sqlite_file_exists(url: URL) -> bool:
    file = str(url.database)
    return file.startswith("file:") or Path(file).exists()


def _next_moment(connection: Connection) -> datetime:
    """Return now, but later than every decision there is: their order is the order of writing.

    Only for the one writer. Stewards' clocks may differ: with Postgres, its clock counts.
    """
    now = datetime.now(UTC)
    if connection.dialect.name != "sqlite":
        now = connection.scalar(select(text("clock_timestamp()"))) or now
    last = connection.scalar(select(func.max(_DECISIONS.c.decided_at)))
    return max(now, last + _MICROSECOND) if last is not None else now


def _about(connection: Connection, decision: Decision) -> list[Decision]:
    """Return all decisions about the same pair."""
    rows = connection.execute(
        select(_DECISIONS).where(
            _DECISIONS.c.left_source == decision.left.source,
            _DECISIONS.c.left_record_id == decision.left.record_id,
            _DECISIONS.c.right_source == decision.right.source,
            _DECISIONS.c.right_record_id == decision.right.record_id,
        )
    )
    return [_decision(row) for row in rows]


def _why_not_held(decision: Decision, held: Decision | None) -> str:
    if held is not None and held.decided_at > decision.decided_at:
        return (
            f"Decision {decision.decision_id} does not hold any more: {held.decided_by} decided "
            f"{held.verdict} later (decision {held.decision_id})."
        )
    return f"Decision {decision.decision_id} was taken back already."


def _check_text(what: str, value: str, longest: int) -> None:
    if not value.strip():
        raise DecisionStoreError(f"The {what} is empty.")
    if len(value) > longest:
        raise DecisionStoreError(
            f"The {what} has {len(value):,} characters; {longest:,} is the most."
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DecisionStoreError(f"The {what} is not Unicode text.") from None
    if "\0" in value:
        raise DecisionStoreError(f"The {what} has a zero character, which can't be stored.")


def _checked_note(note: str | None) -> str | None:
    if note is None or not note.strip():
        return None
    _check_text("note", note, _LONGEST_NOTE)
    return note.strip()


def _values(decision: Decision) -> dict[str, Any]:
    first, second = decision.pair
    return {
        "decision_id": decision.decision_id,
        "left_source": first.source,
        "left_record_id": first.record_id,
        "right_source": second.source,
        "right_record_id": second.record_id,
        "verdict": decision.verdict,
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
        "note": decision.note,
        "evidence": decision.evidence,
        "undone_decision_id": decision.undone_decision_id,
    }


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        decision_id=row.decision_id,
        left=RecordName(row.left_source, row.left_record_id),
        right=RecordName(row.right_source, row.right_record_id),
        verdict=row.verdict,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
        evidence=row.evidence,
        undone_decision_id=row.undone_decision_id,
    )
