"""Finds the records that `kesher explain` was asked about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kesher.errors import KesherError
from kesher.explanation import Record

if TYPE_CHECKING:
    from kesher.identity_database import IdentityDatabase

#: Columns that name a record, rather than tell about it.
_NO_VALUES = ("record_key", "record_digest", "source", "record_id", "customer_id")

#: What stands for no value, and for a time that nobody knows.
_NOTHING = (None, "", datetime(1970, 1, 1))


def find_records(database: IdentityDatabase, name: str) -> list[int]:
    """Return the keys of the records that a name stands for.

    Args:
        database: Where the models were built.
        name: `source:record_id`, a customer id, or a record id that only one source has.

    Raises:
        KesherError: there is none, or several sources have such a record.
    """
    people = database.table("int_identity__person_records")
    # A source's name, and a record's, may hold colons too.
    for colon in (place for place, sign in enumerate(name) if sign == ":"):
        source, record_id = name[:colon], name[colon + 1 :]
        found = database.rows(
            f"select record_key from {people} where source = $source and record_id = $record_id",  # noqa: S608
            {"source": source, "record_id": record_id},
        )
        if found:
            return [row["record_key"] for row in found]
    if database.has("int_identity__customer_ids"):
        found = database.rows(
            f"select record_key from {database.table('int_identity__customer_ids')} "  # noqa: S608
            "where customer_id = $name order by record_key",
            {"name": name},
        )
        if found:
            return [row["record_key"] for row in found]
    found = database.rows(
        f"select record_key, source from {people} where record_id = $name order by source",  # noqa: S608
        {"name": name},
    )
    if len(found) > 1:
        listed = ", ".join(f"{row['source']}:{name}" for row in found)
        raise KesherError(f"{name} is a record of several sources; say which: {listed}.")
    if found:
        return [found[0]["record_key"]]
    raise KesherError(_not_found(database, name))


def _not_found(database: IdentityDatabase, name: str) -> str:
    if database.has("customer_id_history"):
        merged = database.rows(
            f"""
            select other_customer_id
            from {database.table("customer_id_history")}
            where event = 'merge' and customer_id = $name
            order by happened_at desc
            """,  # noqa: S608
            {"name": name},
        )
        if merged:
            survivor = merged[0]["other_customer_id"]
            return f"Customer {name} was merged into {survivor}; ask for that one."
    sources = database.rows(
        "select distinct source "  # noqa: S608
        f"from {database.table('int_identity__person_records')} order by source limit 20"
    )
    listed = ", ".join(row["source"] for row in sources)
    return (
        f"{database.path} has no record and no customer {name!r}. A record is named "
        f"source:record_id, with one of its sources ({listed}); a customer by its customer_id."
    )


def read_records(database: IdentityDatabase, keys: Sequence[int]) -> list[Record]:
    """Return the records with these keys, in the order of the keys."""
    ids = (
        f"left join {database.table('int_identity__customer_ids')} as ids using (record_key)"
        if database.has("int_identity__customer_ids")
        else "cross join (select cast(null as varchar) as customer_id) as ids"
    )
    rows = database.rows(
        f"""
        select people.*, names.given as _given, names.family as _family,
            names.generation as _generation, ids.customer_id
        from {database.table("int_identity__person_records")} as people
        left join {database.table("int_identity__records")} as names using (record_key)
        {ids}
        where people.record_key in (select unnest(cast($keys as bigint[])))
        """,  # noqa: S608
        {"keys": list(keys)},
    )
    by_key = {row["record_key"]: row for row in rows}
    found = []
    for key in keys:
        row = by_key[key]
        values = {
            name: str(value)
            for name, value in row.items()
            if value not in _NOTHING and name not in _NO_VALUES and not name.startswith("_")
        }
        # A full name is compared by its parts, and Jr. by what it means.
        for part, parsed in (("given_name", row["_given"]), ("family_name", row["_family"])):
            if part not in values and parsed:
                values[part] = _as_written(parsed, values.get("full_name"))
        if row["_generation"]:
            values.setdefault("generation", row["_generation"])
        found.append(Record(key, row["source"], row["record_id"], row["customer_id"], values))
    return found


def _as_written(part: str, full_name: str | None) -> str:
    """Return a part of a full name as it stands there: `Abu-Issa` for `abuissa`.

    In letters that are respelled to be compared (`Сергей`) no part can be pointed at, and the whole
    name is shown.
    """
    if full_name is None:
        return part
    words = re.split(r"[\s,]+", full_name.strip())
    runs = (
        " ".join(words[start : start + length])
        for length in (1, 2, 3)
        for start in range(len(words) - length + 1)
    )
    known = next((run for run in runs if _plain_letters(run) == part), None)
    if known is not None:
        return known
    return part if _plain_letters(full_name).isascii() else full_name


def _plain_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in decomposed if letter.isalpha())
