"""`python -m benchmarks.exact_run INPUT OUTPUT`: records that share an e-mail or a phone are one.

What people do without a tool for it: addresses in lower case, numbers reduced to their digits, and
whatever is connected by either is one customer. Where a file has neither, equal national ids, and
equal full names with the same birth date, take their place.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

_KEYS: dict[tuple[str, ...], str] = {
    ("email",): "lower(trim(email))",
    ("phone",): "nullif(regexp_replace(phone, '[^0-9+]', '', 'g'), '')",
    ("other_phone",): "nullif(regexp_replace(other_phone, '[^0-9+]', '', 'g'), '')",
}
_KEYS_WITHOUT_CONTACT: dict[tuple[str, ...], str] = {
    ("national_id",): "national_id",
    ("given_name", "family_name", "birth_date"): (
        "lower(trim(given_name)) || '|' || lower(trim(family_name)) || '|' || birth_date"
    ),
}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path, help="Parquet file of records")
    parser.add_argument("output", type=Path, help="Parquet file: source, record_id, group_id")
    options = parser.parse_args()
    resolve(options.input, options.output)


def resolve(records: Path, output: Path) -> None:
    """Join records by equal keys, and what they are joined to in turn.

    Args:
        records: Parquet file in the columns of `kesher match`.
        output: Parquet file to write: source, record_id and the group.
    """
    with duckdb.connect() as connection:
        there = {name for name, *_ in connection.execute(f"describe '{records}'").fetchall()}
        keys = _present(_KEYS, there) or _present(_KEYS_WITHOUT_CONTACT, there)
        connection.execute(
            f"""
            create table records as
            select row_number() over () as number, source, record_id
            from '{records}'
            """
        )
        # In one list, so that a number under "mobile" meets the same one under "phone".
        connection.execute(
            f"""
            create table keys as
            with
                numbered as (select row_number() over () as number, * from '{records}'),
                unfolded as (select number, unnest([{", ".join(keys)}]) as key from numbered)
            select distinct number, hash(key) as key
            from unfolded
            where key is not null
            """
        )
        _connect(connection)
        connection.execute(
            f"""
            copy (
                select source, record_id, label as group_id
                from records
                inner join labels using (number)
            ) to '{output}' (format parquet)
            """
        )


def _present(keys: dict[tuple[str, ...], str], there: set[str]) -> list[str]:
    return [sql for columns, sql in keys.items() if there.issuperset(columns)]


def _connect(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `labels`: for each record the lowest number that it is connected with."""
    connection.execute("create table labels as select number, number as label from records")
    while True:
        connection.execute(
            """
            create or replace table lower_labels as
            with
                of_keys as (
                    select key, min(label) as label
                    from keys
                    inner join labels using (number)
                    group by key
                ),
                of_records as (
                    select number, min(of_keys.label) as label
                    from keys
                    inner join of_keys using (key)
                    group by number
                ),
                stepped as (
                    select number, coalesce(of_records.label, labels.label) as label
                    from labels
                    left join of_records using (number)
                )
            -- and on to where that one points: chains shrink by half a turn
            select stepped.number, least(stepped.label, onward.label) as label
            from stepped
            inner join stepped as onward on onward.number = stepped.label
            """
        )
        changed = connection.execute(
            """
            select exists (
                from labels
                inner join lower_labels using (number)
                where labels.label <> lower_labels.label
            )
            """
        ).fetchone()
        connection.execute("create or replace table labels as from lower_labels")
        if not (changed and changed[0]):
            return


if __name__ == "__main__":
    main()
