"""The sandbox while time passes over it: what is read, and what will be written."""

from __future__ import annotations

import sqlite3
from random import Random
from typing import Any

import orjson

from .behaviour import BEHAVIOURS, Behaviour
from .calendar_time import DAY
from .places import Address
from .population import Company, Person
from .rows import Row, Sink
from .store import LIVE, insert, read_meta

EVENT_DAYS = 30


class World:
    """Reads from the store as it was, collects what happens, and writes it down at the end."""

    def __init__(self, database: sqlite3.Connection, days: int) -> None:
        meta = read_meta(database)
        self.database = database
        self.first = int(meta["start"])
        self.start = int(meta["clock"])
        self.end = self.start + days * DAY
        self.days = days
        self.population = int(meta["people"])
        self.next_person = int(meta["next_person"])
        self.next_company = int(meta["next_company"])
        self.advances = int(meta["advances"])
        self.rng = Random(f"{meta['seed']}/{self.start}/{days}")  # noqa: S311 - repeatable
        self.sink = Sink(max(self.start, self.end - EVENT_DAYS * DAY))
        self.touched: set[tuple[str, str]] = set()
        self._people: dict[int, Person] = {}
        self._changed_people: set[int] = set()
        self.holders: dict[tuple[str, str], str] = {
            (source, record): person
            for source, record, person in database.execute(
                "select source, record_id, person_id from truth"
            )
        }
        self._kinds: dict[int, tuple[str, int]] = {
            no: (kind, left)
            for no, kind, left in database.execute(
                "select no, json_extract(body, '$.behaviour'), json_extract(body, '$.left') "
                "from people"
            )
        }

    def moment(self) -> int:
        """Return a time within the window, not too near its ends."""
        return self.start + 120 + int(self.rng.random() * (self.end - self.start - 240))

    def later(self, row: Row) -> int:
        """Return a time within the window, after the last change of a row (in seconds)."""
        return min(self.end - 1, max(self.moment(), row.updated + 1))

    def few(self, share_a_month: float) -> int:
        """Return how often something happens in this window, at least once."""
        return max(1, round(self.population * share_a_month * self.days / 30))

    def person_no(self, source: str, record: int | str) -> int | None:
        """Return the number of the person whose record it is; None for role mailboxes and staff."""
        holder = self.holders.get((source, str(record)), "")
        return int(holder[7:]) if holder.startswith("person-") else None

    def person(self, no: int) -> Person:
        """Return a person; what changes in them is kept by `keep`."""
        if no not in self._people:
            (body,) = self.database.execute(
                "select body from people where no = ?", (no,)
            ).fetchone()
            self._people[no] = Person.from_json(orjson.loads(body))
        return self._people[no]

    def keep(self, person: Person) -> None:
        """Remember that a person has changed."""
        self._changed_people.add(person.no)

    def company(self, no: int) -> Company | None:
        """Return a company by its number."""
        row = self.database.execute("select body from companies where no = ?", (no,)).fetchone()
        if row is None:
            return None
        data = orjson.loads(row[0])
        data["address"] = Address(**data["address"])
        return Company(**data)

    def behaviour(self, no: int | None) -> tuple[Behaviour, int]:
        """Return how somebody behaves and when they leave (0: never)."""
        kind, left = self._kinds.get(no, ("loyal", 0)) if no is not None else ("loyal", 0)
        return BEHAVIOURS[kind], left

    def rows(self, table: str, condition: str = "1", *values: Any) -> list[Row]:
        """Return live rows of a stream, in order of their ids."""
        return [
            Row(*row)
            for row in self.database.execute(
                f'select id, parent, created, updated, tag, body from "{table}" '  # noqa: S608
                f"where deleted = 0 and ({condition}) order by id",
                values,
            ).fetchall()
        ]

    def row(self, table: str, identity: int | str) -> Row:
        """Return one live row."""
        (found,) = self.rows(table, "id = ?", identity)
        return found

    def touch(self, source: str, record: int | str) -> bool:
        """Claim a record for one change in this window; return whether it was free."""
        key = (source, str(record))
        if key in self.touched:
            return False
        self.touched.add(key)
        return True

    def update(self, table: str, row: Row, deleted: int = LIVE) -> None:
        """Replace a row's times, tag, parent and body."""
        condition = "id = ? and parent = ?" if table == "mailchimp.members" else "id = ?"
        values: list[Any] = [row.parent, row.updated, row.tag, deleted, row.body, row.id]
        if table == "mailchimp.members":
            values.append(row.parent)
        self.database.execute(
            f'update "{table}" set parent = ?, updated = ?, tag = ?, deleted = ?, body = ? '  # noqa: S608
            f"where {condition}",
            values,
        )

    def forget(self, source: str, record: int | str) -> None:
        """Take a record out of the truth: it is gone."""
        self.database.execute(
            "delete from truth where source = ? and record_id = ?", (source, str(record))
        )
        self.holders.pop((source, str(record)), None)

    def write(self) -> None:
        """Write everything that was collected, and set the clock."""
        self.sink.people = [
            *self.sink.people,
            *((no, orjson.dumps(self._people[no])) for no in sorted(self._changed_people)),
        ]
        insert(self.database, self.sink)
