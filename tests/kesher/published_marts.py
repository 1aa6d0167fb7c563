"""Every row of what is published, to compare two data directories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

#: Tables that tell of the publishing itself, not of the customers.
ABOUT_PUBLISHING = {"published_generation", "published_streams", "quality_checks", "sync_runs"}


def marts(serving: Path, *, of_one_history: bool = True) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every published mart, in an order of its own.

    Two data directories were filled at different times, and the events of their customer ids tell
    when; `of_one_history=False` leaves that out.
    """
    without = "" if of_one_history else "exclude (happened_at)"
    with duckdb.connect(str(serving), read_only=True) as connection:
        tables = [row[0] for row in connection.execute("show tables").fetchall()]
        return {
            table: connection.execute(
                f"select * {without if table == 'customer_id_history' else ''} "
                f'from "{table}" order by all'
            ).fetchall()
            for table in tables
            if table not in ABOUT_PUBLISHING
        }


def assert_same(left: dict[str, list[Any]], right: dict[str, list[Any]]) -> None:
    assert left.keys() == right.keys()
    for table in left:
        only_left = set(map(repr, left[table])) - set(map(repr, right[table]))
        assert not only_left, f"{table}: {list(only_left)[:2]}"
        assert left[table] == right[table], table
