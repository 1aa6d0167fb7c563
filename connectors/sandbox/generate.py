"""Makes a sandbox: every chunk of people by itself, on all cores, put together in order."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import TypeVar

import orjson

from .calendar_time import DAY, add_months, midnight
from .errors import SandboxError
from .hubspot_objects import owner_rows
from .mailchimp_campaigns import campaign_rows, count_members, list_rows
from .mailchimp_objects import campaigns_between
from .population import CHUNK, PEOPLE_PER_COMPANY, Company, Person, Town, draw_company
from .rows import Sink
from .scribe import Scribe
from .store import (
    FORMAT,
    TABLES,
    add_indexes,
    insert,
    new_store,
    sandbox_path,
    write_meta,
)
from .stripe_records import product_rows
from .zendesk_objects import agent_rows

HISTORY_MONTHS = 24
EVENT_DAYS = 30
MOST_PEOPLE = 2_000_000  # leaves numbers for those who come later
_CHUNKS_PER_PART = 8

_Part = tuple["Plan", list[int], Path]
_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


_NO_GUARD = (
    "The processes that make the sandbox's people ended before they were done. In a script of "
    'your own, put the call of create() under `if __name__ == "__main__":`; otherwise look whether '
    "memory ran out. Or run: python -m connectors.sandbox create."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes a sandbox what it is: equal plans give equal bytes. Times are epoch seconds."""

    people: int
    seed: int
    start: int
    end: int


def plan_of(people: int, seed: int, until: date) -> Plan:
    """Check the request and return its plan. Raises SandboxError."""
    if people < 1:
        raise SandboxError(f"people is {people}: a sandbox needs at least 1 person.")
    if people > MOST_PEOPLE:
        raise SandboxError(f"people is {people}: a sandbox holds at most {MOST_PEOPLE}.")
    end = midnight(until)
    return Plan(people, seed, add_months(end, -HISTORY_MONTHS), end)


def create(
    directory: Path, people: int = 2000, seed: int = 7, until: date = date(2026, 6, 30)
) -> None:
    """Make a sandbox of `people` people with 24 months of history ending at `until`, 00:00 UTC.

    An existing one is replaced. The new one is made beside it and renamed, so an interruption
    leaves what was there.
    More than 4,000 people are made by several processes, which import the program that calls this:
    a script needs the usual `if __name__ == "__main__":` around the call.
    Raises SandboxError on a request that cannot be met, or if those processes do not run.
    """
    plan = plan_of(people, seed, until)
    if _is_being_imported_by_a_worker():
        # It would make a sandbox of its own, and leave a half of one where it is ended.
        raise SandboxError(_NO_GUARD)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _workshop(directory) as workshop:
            made = workshop / "made.sqlite"
            _make(plan, made, workshop)
            descriptor = os.open(made, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            target = sandbox_path(directory)
            for suffix in ("-wal", "-shm"):
                target.with_name(target.name + suffix).unlink(missing_ok=True)
            made.replace(target)
    except (OSError, sqlite3.OperationalError) as error:
        raise SandboxError(
            f"Could not write a sandbox in {directory}: {error}. Check space and permissions."
        ) from error


@contextmanager
def _workshop(directory: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=".sandbox-", dir=directory))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _make(plan: Plan, made: Path, workshop: Path) -> None:
    parts = [(plan, numbers, workshop / f"{numbers[0]}.part") for numbers in chunk_numbers(plan)]
    connection = new_store(made)
    insert(connection, _common(plan))
    if len(parts) == 1:
        for chunk in parts[0][1]:
            insert(connection, make_chunk(plan, chunk))
    else:
        connection.execute("commit")
        for path in side_by_side(_make_part, parts):
            _take_over(connection, path)
        connection.execute("begin")
    write_meta(
        connection,
        {
            "format": FORMAT,
            "people": str(plan.people),
            "seed": str(plan.seed),
            "start": str(plan.start),
            "clock": str(plan.end),
            "next_person": str(plan.people),
            "next_company": str(_company_range(plan, parts[-1][1][-1])[1]),
            "advances": "0",
        },
    )
    add_indexes(connection)
    count_members(connection)
    connection.execute("commit")
    connection.execute("pragma locking_mode=normal")
    connection.execute("pragma journal_mode=wal")
    connection.close()


def chunk_numbers(plan: Plan) -> list[list[int]]:
    """Return the numbers of all chunks, in the portions in which processes take them."""
    chunks = -(-plan.people // CHUNK)
    return [
        list(range(first, min(first + _CHUNKS_PER_PART, chunks)))
        for first in range(0, chunks, _CHUNKS_PER_PART)
    ]


def side_by_side(work: Callable[[_Job], _Result], jobs: list[_Job]) -> Iterator[_Result]:
    """Do the jobs on all cores where that is possible, and give their results in order.

    Raises SandboxError if the processes do not run.
    """
    if len(jobs) == 1 or not _others_can_start():
        yield from map(work, jobs)
        return
    # "spawn" is the only start method that is safe with threads and the same on every platform.
    pool = ProcessPoolExecutor(
        min(len(jobs), os.cpu_count() or 1),
        multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
    )
    try:
        yield from pool.map(work, jobs)
    except BrokenProcessPool as error:
        raise SandboxError(_NO_GUARD) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _is_being_imported_by_a_worker() -> bool:
    """Return whether a process that was to help imports the program that calls: it has no guard."""
    # The mark by which the standard library refuses to start processes from there.
    return getattr(multiprocessing.current_process(), "_inheriting", False)


def _others_can_start() -> bool:
    """Return whether another process can import this program: one read from a pipe it cannot."""
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is not None:
        return True
    file = getattr(main, "__file__", None)
    return file is None or Path(file).is_file()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - this runs in a child only

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _common(plan: Plan) -> Sink:
    sink = Sink(plan.end - EVENT_DAYS * DAY)
    product_rows(plan.start, sink)
    agent_rows(plan.start, sink)
    owner_rows(plan.start, sink)
    list_rows(plan.start, sink)
    campaign_rows(campaigns_between(plan.start, plan.start, plan.end), sink)
    return sink


def _company_range(plan: Plan, chunk: int) -> tuple[int, int]:
    per_chunk = max(1, CHUNK // PEOPLE_PER_COMPANY)
    size = min(CHUNK, plan.people - chunk * CHUNK)
    first = chunk * per_chunk
    return first, first + max(1, size // PEOPLE_PER_COMPANY)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The people of one chunk and the companies they may work for.

    `rng` has drawn them and goes on to decide which systems know them.
    """

    rng: Random
    companies: list[Company]
    people: list[Person]

    def relative(self, person: Person) -> Person | None:
        """Return who has the same full name and may be mixed up with a person, if anybody."""
        return self.people[person.related - self.people[0].no] if person.related >= 0 else None


def draw_chunk(plan: Plan, chunk: int) -> Chunk:
    """Draw the people of one chunk; they depend on the plan and the chunk's number only."""
    rng = Random(f"{plan.seed}/{chunk}")  # noqa: S311 - a simulation must be repeatable
    first, last = _company_range(plan, chunk)
    companies = [draw_company(rng, number, plan.start) for number in range(first, last)]
    size = min(CHUNK, plan.people - chunk * CHUNK)
    people = Town(rng, companies, plan.start, plan.end).settle(chunk * CHUNK, size)
    return Chunk(rng, companies, people)


def make_chunk(plan: Plan, chunk: int) -> Sink:
    """Write the people of one chunk; the result depends on the plan and the chunk's number only."""
    drawn = draw_chunk(plan, chunk)
    # A random sequence of its own, so that records can be had without their history.
    history = Random(f"{plan.seed}/{chunk}/history")  # noqa: S311
    sink = Sink(plan.end - EVENT_DAYS * DAY)
    campaigns = campaigns_between(plan.start, plan.start, plan.end)
    scribe = Scribe(drawn.rng, sink, drawn.companies, campaigns, plan.start, plan.end, history)
    scribe.companies()
    for person in drawn.people:
        scribe.person(person, drawn.relative(person))
        sink.people.append((person.no, orjson.dumps(person)))
    return sink


def _make_part(job: _Part) -> Path:
    plan, chunks, path = job
    connection = new_store(path)
    for chunk in chunks:
        insert(connection, make_chunk(plan, chunk))
    connection.execute("commit")
    connection.close()
    return path


def _take_over(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("attach database ? as part", (str(path),))
    connection.execute("begin")
    for name in TABLES:
        columns = "id, parent, created, updated, tag, deleted, body"
        connection.execute(
            f'insert into main."{name}" ({columns}) '  # noqa: S608
            f'select {columns} from part."{name}" order by seq'
        )
    for name in ("links", "truth", "people", "companies"):
        connection.execute(f"insert into main.{name} select * from part.{name} order by rowid")  # noqa: S608
    connection.execute("commit")
    connection.execute("detach database part")
    path.unlink()
