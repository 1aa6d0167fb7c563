"""Runs the kept statements of models and tests, several at a time."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

#: As many as dbt runs at once; see its profile.
_AT_ONCE = 2


@dataclass(frozen=True)
class NodeOutcome:
    """How one model or test went.

    Attributes:
        key: dbt's unique id.
        kind: `model` or `test`.
        name: As dbt names it.
        seconds: How long it took.
        is_fault: It failed.
        message: What went wrong, or what a test warns of.
        sql: What the engine refused, if it did.
    """

    key: str
    kind: str
    name: str
    seconds: float
    is_fault: bool = False
    message: str | None = None
    sql: str | None = None


def run_nodes(
    project: Manifest,
    statements: Mapping[str, tuple[str, ...]],
    open_cursor: Callable[[], duckdb.DuckDBPyConnection],
    tell: Callable[[NodeOutcome], None] = lambda _: None,
) -> list[NodeOutcome]:
    """Run models and tests, each after what it reads, and each model in one transaction.

    After a fault no further model is made; the tests of what is there are run.

    Args:
        project: The dbt project, which says what reads what.
        statements: What to run, by dbt's unique id.
        open_cursor: Gives a connection to the warehouse, another one at each call.
        tell: Called after each.
    """
    waiting_for = {key: _read_nodes(project, key, statements) for key in statements}
    readers: dict[str, list[str]] = {key: [] for key in statements}
    for key, read in waiting_for.items():
        for parent in read:
            readers[parent].append(key)
    rank = _ranks(readers)
    # What most others wait for comes first; tests, for which nobody waits, fill the gaps.
    ready = [(-rank[key], key) for key, read in waiting_for.items() if not read]
    heapq.heapify(ready)
    cursors: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    opened = [open_cursor() for _ in range(_AT_ONCE)]
    for cursor in opened:
        cursors.put(cursor)

    def work(key: str) -> NodeOutcome:
        cursor = cursors.get()
        try:
            return _run_node(project, key, statements[key], cursor)
        finally:
            cursors.put(cursor)

    outcomes: list[NodeOutcome] = []
    running: set[Future[NodeOutcome]] = set()
    is_faulty = False
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="kesher-build") as pool:
        try:
            while ready or running:
                while ready and len(running) < _AT_ONCE:
                    _, key = heapq.heappop(ready)
                    if is_faulty and key.startswith("model."):
                        continue
                    running.add(pool.submit(work, key))
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    outcome = future.result()
                    outcomes.append(outcome)
                    tell(outcome)
                    is_faulty = is_faulty or outcome.is_fault
                    if outcome.is_fault:
                        continue
                    for reader in readers[outcome.key]:
                        waiting_for[reader].discard(outcome.key)
                        if not waiting_for[reader]:
                            heapq.heappush(ready, (-rank[reader], reader))
        except BaseException:
            for cursor in opened:
                cursor.interrupt()
            raise
    for cursor in opened:
        cursor.close()
    return outcomes


def _run_node(
    project: Manifest, key: str, statements: tuple[str, ...], cursor: duckdb.DuckDBPyConnection
) -> NodeOutcome:
    node = project.nodes[key]
    kind = str(node.resource_type)
    began = time.monotonic()
    is_fault, message, sql = False, None, None
    try:
        if kind == "test":
            (sql,) = statements
            is_fault, message = _judged(cursor.execute(sql).fetchall()[0], node.config)
        else:
            cursor.execute("begin")
            for sql in statements:
                cursor.execute(sql)
            cursor.execute("commit")
    except duckdb.Error as error:
        is_fault, message = True, str(error)
        _roll_back(cursor)
    seconds = time.monotonic() - began
    return NodeOutcome(key, kind, node.name, seconds, is_fault, message, sql if is_fault else None)


def _judged(row: tuple[int, bool, bool], config: Any) -> tuple[bool, str | None]:
    """Judge, as dbt does, what a test counted: failures, whether they warn, whether they fail."""
    failures, warns, fails = row
    told = f"Got {failures} {'result' if failures == 1 else 'results'}, configured to"
    if fails and config.severity.lower() == "error":
        return True, f"{told} fail if {config.error_if}"
    return False, f"{told} warn if {config.warn_if}" if warns else None


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("rollback")
    except duckdb.Error:
        # No transaction is open, or the warehouse is of no more use; the first error says it.
        return


def _read_nodes(project: Manifest, key: str, among: Collection[str]) -> set[str]:
    """Return the nodes that one reads, also those behind a view."""
    found: set[str] = set()
    waiting = list(project.nodes[key].depends_on_nodes)
    while waiting:
        parent = waiting.pop()
        if parent in among:
            found.add(parent)
        elif parent in project.nodes and project.nodes[parent].config.materialized == "view":
            waiting.extend(project.nodes[parent].depends_on_nodes)
    return found


def _ranks(readers: Mapping[str, list[str]]) -> dict[str, int]:
    """Return how many nodes come after each, one after the other, at most."""
    ranks: dict[str, int] = {}

    def rank(key: str) -> int:
        if key not in ranks:
            ranks[key] = max((1 + rank(reader) for reader in readers[key]), default=0)
        return ranks[key]

    for key in readers:
        rank(key)
    return ranks
