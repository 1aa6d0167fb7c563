"""A build that goes on from the last one gives what a build from nothing gives."""

import random
from pathlib import Path
from typing import Any

import pytest
from built_warehouse import Warehouse
from dbt.contracts.graph.manifest import Manifest
from identity_people import People, person

# All that identity is, and the note that a build came to its end.
WHOLE_IDENTITY = (
    "+int_identity__finished_build",
    "int_identity__customer_id_changes",
    "int_identity__customer_id_events",
)

# What a build may leave in another order, but not otherwise than a full one.
TABLES = {
    "person_records": "record_key",
    "records": "record_key",
    "record_frequencies": "record_key",
    "value_counts": "attribute, value",
    "identifiers": "kind, value",
    "blocks": "whole_block_key, block_key",
    "block_members": "block_key, record_key",
    "pair_scores": "left_record_key, right_record_key",
    "links": "left_record_key, right_record_key",
    "components": "record_key",
    "clusters": "record_key",
    "cuts": "left_record_key, right_record_key",
    "explained_links": "left_record_key, right_record_key",
    "customer_ids": "record_key",
    "customer_id_changes": "source, record_id",
    "customer_id_events": "event_id",
}

GIVEN = ["Moshe", "משה", "Dana", "Dan", "Rivka", "Rebecca", "Bob", "Robert", "M.", "Noa"]
FAMILY = ["Cohen", "כהן", "Levi", "Levy", "Peleg", "Bar-Lev", "Bar Lev Cohen"]
CITIES = ["Haifa", "חיפה", "Tel Aviv", "TLV", None]
COMPANIES = ["Acme Ltd", "Oren בע״מ", None, None]
STEPS = 4


def random_person(chance: random.Random, number: int) -> dict[str, Any]:
    """A record out of so few values that records have much in common by accident."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    mailbox = chance.choice(
        [f"{given}.{family}{chance.randrange(3)}".lower(), "info", "peleg", f"user{number}"]
    ).replace(" ", "")
    return person(
        f"r{number}",
        f"{given} {family}",
        email=chance.choice([None, f"{mailbox}@{chance.choice(['gmail.com', 'acme.example'])}"]),
        phone=chance.choice([None, f"054-65432{chance.randrange(12):02}"]),
        city=chance.choice(CITIES),
        street=chance.choice([None, f"Herzl {chance.randrange(1, 4)}"]),
        postcode=chance.choice([None, "6423905", "3430101"]),
        company=chance.choice(COMPANIES),
        birth_date=chance.choice([None, None, "1980-03-04", "1980-04-03", "1951-11-30"]),
        national_id=chance.choice([None, None, None, "123456782", "000000018", "123456789"]),
    )


def live_on(chance: random.Random, people: People, living: list[int], step: int) -> None:
    """Some records come, some change, some go, stewards decide."""
    # Between 64 and 128 records: how many there are is of one order in most of the builds.
    new = range(step * 100, step * 100 + (80 if step == 0 else chance.randrange(10)))
    changed = chance.sample(living, min(len(living), chance.randrange(8)))
    gone = chance.sample(living, min(len(living), chance.randrange(4)))
    living += new
    said = [random_person(chance, number) for number in [*new, *changed]]
    people.say(*chance.sample(said, len(said)))
    if gone:
        people.forget(*(f"r{number}" for number in gone))
        living[:] = [number for number in living if number not in gone]
    for _ in range(chance.randrange(3)):
        left, right = chance.sample(living, 2)
        people.decide(f"r{left}", f"r{right}", chance.choice(["same", "different"]))


def tables(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: warehouse.rows(f"select * from identity.int_identity__{table} order by {order}")
        for table, order in TABLES.items()
    }


def follows(warehouse: Warehouse) -> bool:
    """Whether the last build went on from the one before."""
    note = warehouse.rows(
        "select comment from duckdb_tables() where table_name = 'int_identity__changed_records'"
    )
    return '"follows": true' in note[0][0]


@pytest.mark.parametrize("seed", [1, 2])
def test_following_builds_give_what_a_full_build_gives(
    seed: int, tmp_path: Path, manifest: Manifest
) -> None:
    chance = random.Random(seed)  # noqa: S311
    followed = Warehouse(tmp_path / "followed", manifest)
    people = People(followed)
    fresh = Warehouse(tmp_path / "fresh", manifest)
    fresh.lake = followed.lake
    fresh.environment["KESHER_LAKE"] = followed.environment["KESHER_LAKE"]
    living: list[int] = []
    followed_builds = 0
    for step in range(STEPS):
        live_on(chance, people, living, step)
        followed.run(*WHOLE_IDENTITY)
        followed_builds += follows(followed)
        fresh.run(*WHOLE_IDENTITY, full_refresh=True)
        assert not follows(fresh)
        ours, wanted = tables(followed), tables(fresh)
        for table in TABLES:
            assert ours[table] == wanted[table], f"{table} differs after step {step}"
        if chance.random() < 0.5:
            people.publish()
    assert followed_builds >= 2
