"""A build that goes on from the last one looks at what came to the ledger since, and at all of it
where the files that were read are not the same any more."""

from datetime import UTC, datetime
from pathlib import Path

from built_warehouse import Warehouse
from dbt.contracts.graph.manifest import Manifest
from identity_people import People, person
from test_identity_increments import WHOLE_IDENTITY, follows
from test_identity_ledger import write_ledger

from kesher.lake import Lake, LakeClock
from kesher.lake_compaction import merge_small_files
from kesher.lake_writer import LakeWriter

DANA = person("dana", "Dana Levi", email="dana@one.example")
MOSHE = person("moshe", "Moshe Cohen", email="moshe@two.example")
NOA = person("noa", "Noa Peleg", email="noa@three.example")

COMPARED = (
    "identity.int_identity__customer_ids",
    "identity.int_identity__customer_id_changes",
    "identity.int_identity__customer_id_events",
    "marts.customer_id_history",
)


def published_since(warehouse: Warehouse) -> set[str]:
    return {
        record_id
        for (record_id,) in warehouse.rows(
            "select record_id from identity.int_identity__published_ids "
            "inner join identity.int_identity__customer_ids using (record_key)"
        )
    }


def merge_the_files(people: People) -> None:
    lake = Lake(people.lake.folder)
    for stream in ("customer_ids", "customer_id_history"):
        assert merge_small_files(lake, "kesher", stream) > 0


def lose_the_files(people: People) -> None:
    for stream in ("customer_ids", "customer_id_history"):
        for file in (people.lake.folder / "kesher" / stream).glob("*.parquet"):
            file.unlink()


def take_back_an_id(people: People) -> None:
    lake = Lake(people.lake.folder)
    clock = LakeClock(lake.latest_stamp())
    with LakeWriter(lake, "kesher", "customer_ids", sync_id=1, clock=clock) as ids:
        ids.add_tombstone({"source": "crm", "record_id": "dana"}, datetime.now(UTC))
        ids.commit()


def test_a_following_build_looks_at_what_was_published_since_and_is_as_a_full_one(
    tmp_path: Path, manifest: Manifest
) -> None:
    followed, fresh = (Warehouse(tmp_path / name, manifest) for name in ("followed", "fresh"))
    fresh.lake = followed.lake
    fresh.environment["KESHER_LAKE"] = followed.environment["KESHER_LAKE"]
    people = People(followed)
    people.say(DANA, MOSHE)
    followed.run(*WHOLE_IDENTITY)
    # Twice the same does no harm, and makes two files.
    write_ledger(followed)
    write_ledger(followed)
    people.say(NOA)
    followed.run(*WHOLE_IDENTITY)
    assert published_since(followed) == {"dana", "moshe"}
    write_ledger(followed)
    cities = iter(["Haifa", "Akko", "Lod"])
    for happen, looked_at in (
        (take_back_an_id, {"dana", "noa"}),
        (merge_the_files, {"dana", "moshe", "noa"}),
        (lose_the_files, {"moshe", "noa"}),
    ):
        happen(people)
        people.say({**NOA, "city": next(cities)})
        followed.run(*WHOLE_IDENTITY)
        assert follows(followed)
        assert published_since(followed) == looked_at
        fresh.run(*WHOLE_IDENTITY, full_refresh=True)
        for table in COMPARED:
            query = f"select * from {table} order by all"
            assert followed.rows(query) == fresh.rows(query), f"{table} after {happen.__name__}"
