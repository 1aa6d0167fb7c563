"""A lake of people as file sources leave it, and the changes of a day in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from kesher.lake import Lake, LakeClock
from kesher.lake_writer import LakeWriter

#: Which list stands for which of the sandbox's systems.
LISTS = {
    "stripe": "billing",
    "zendesk": "support",
    "mailchimp": "newsletter",
    "hubspot": "sales",
}
_STREAM = "people"
_BATCH = 10_000
_FIELDS = """
    source,
    record_id,
    full_name,
    given_name,
    family_name,
    email,
    coalesce(phone, other_phone) as phone,
    street,
    city,
    region,
    postcode,
    country,
    company,
    job_title,
    birth_date,
    language,
    strftime(updated_at, '%Y-%m-%dT%H:%M:%S.%fZ') as updated_at
"""


def write_people(lake_folder: Path, people: Path) -> int:
    """Write every record of a people export; return how many.

    Args:
        lake_folder: The lake.
        people: What `kesher sandbox people` wrote.
    """
    with duckdb.connect() as connection:
        return _write(lake_folder, _rows(connection, f"select {_FIELDS} from '{people}'"))


def write_changes(lake_folder: Path, people: Path, newcomers: Path, share: float) -> dict[str, int]:
    """Write what changed on a day: of every 20 changes 12 are new details, 5 new, 3 deletions.

    Args:
        lake_folder: The lake that `write_people` filled.
        people: What it was filled from.
        newcomers: Another export, from which the new records are taken.
        share: How much changes, as a share of the records.

    Returns:
        The number of changed, new and deleted records.
    """
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table records as
            select *, hash(source, record_id) / 18446744073709551616.0 as draw
            from '{people}'
            """
        )
        # They moved: each gets the address of the next in line, and says so a minute later.
        changed = _rows(
            connection,
            f"""
            with
                movers as (
                    select *
                    replace (
                        updated_at + interval 1 minute as updated_at,
                        lead(street, 1, 'Herzl 1') over (order by draw) as street,
                        lead(city, 1, 'Haifa') over (order by draw) as city,
                        lead(postcode, 1, '3303101') over (order by draw) as postcode
                    )
                    from records
                    where draw < {share * 0.6}
                )
            select {_FIELDS} from movers
            """,
        )
        counts = {"changed": _write(lake_folder, changed)}
        new = _rows(
            connection,
            f"""
            select {_FIELDS}
            from (
                select * replace ('new-' || record_id as record_id)
                from '{newcomers}'
                limit (select cast(count(*) * {share * 0.25} as bigint) from records)
            )
            """,
        )
        counts["new"] = _write(lake_folder, new)
        gone = _rows(
            connection,
            f"select source, record_id from records where draw > {1 - share * 0.15}",
        )
        counts["deleted"] = _write(lake_folder, gone, deleted=True)
    return counts


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    found = connection.execute(query)
    columns = [column[0] for column in found.description or []]
    while batch := found.fetchmany(_BATCH):
        for values in batch:
            yield {
                name: value
                for name, value in zip(columns, values, strict=True)
                if value is not None
            }


def _write(lake_folder: Path, rows: Iterator[Mapping[str, Any]], *, deleted: bool = False) -> int:
    lake = Lake(lake_folder)
    clock = LakeClock(lake.latest_stamp())
    now = datetime.now(UTC)
    with ExitStack() as stack:
        writers = {
            system: stack.enter_context(LakeWriter(lake, name, _STREAM, sync_id=1, clock=clock))
            for system, name in LISTS.items()
        }
        for row in rows:
            record = dict(row)
            writer = writers[record.pop("source")]
            if deleted:
                writer.add_tombstone(record, now)
            else:
                writer.add(record)
        return sum(writer.commit() for writer in writers.values())
