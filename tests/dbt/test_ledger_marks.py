"""A build that goes on from the last one looks at what came to the ledger since.

Where the files that were read are not the same any more, it compares all of them.
"""

from datetime import UTC, datetime
from pathlib import Path

from built_warehouse import Warehouse
from dbt.contracts.graph.manifest import Manifest
from identity_people import People, person
from test_identity_increments import WHOLE_IDENTITY, KesherWarehouse, follows
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


def changed_in_the_ledger(warehouse: Warehouse) -> set[str]:
    return {
        record_id
        for (record_id,) in warehouse.rows(
            "select record_id from identity.int_identity__ledger_changes "
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


def forget_moshe(people: People) -> None:
    people.forget("moshe")


def test_a_following_build_looks_at_what_changed_in_the_ledger_and_is_as_a_full_one(
    tmp_path: Path, manifest: Manifest
) -> None:
    followed = KesherWarehouse(tmp_path / "followed", manifest)
    fresh = Warehouse(tmp_path / "fresh", manifest)
    fresh.lake = followed.lake
    fresh.environment["KESHER_LAKE"] = followed.environment["KESHER_LAKE"]
    people = People(followed)
    people.say(DANA, MOSHE)
    followed.run()
    # Twice the same does no harm, and makes two files.
    write_ledger(followed)
    write_ledger(followed)
    people.say(NOA)
    followed.run()
    assert changed_in_the_ledger(followed) == {"dana", "moshe"}
    write_ledger(followed)
    cities = iter(["Haifa", "Akko", "Lod", "Jaffa"])
    for happen, changed in (
        (take_back_an_id, {"dana", "noa"}),
        (merge_the_files, set()),
        # What is not published yet is forgotten with the ledger.
        (forget_moshe, set()),
        (lose_the_files, {"noa"}),
    ):
        happen(people)
        people.say({**NOA, "city": next(cities)})
        followed.run()
        assert follows(followed)
        assert changed_in_the_ledger(followed) == changed
        fresh.run(*WHOLE_IDENTITY, full_refresh=True)
        for table in COMPARED:
            query = f"select * from {table} order by all"
            assert followed.rows(query) == fresh.rows(query), f"{table} after {happen.__name__}"
