"""Customer ids through time when `kesher publish` itself writes the ledger."""

import duckdb
from built_warehouse import Warehouse
from identity_people import People
from test_identity_ids import ANNA, BEN

from kesher.lake import Lake
from kesher.ledger import append_to_ledger


def write_ledger(warehouse: Warehouse) -> int:
    """Write the ledger as publishing does; return how many ids changed."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse.path}' as warehouse (read_only)")
        return append_to_ledger(connection, "warehouse", Lake(warehouse.lake.folder), sync_id=1)


def test_a_record_that_comes_back_gets_a_new_id_and_its_old_one_stays_retired(
    warehouse: Warehouse,
) -> None:
    people = People(warehouse)
    people.say(ANNA, BEN)
    people.build()
    assert write_ledger(warehouse) == 2
    first = people.ids()
    people.forget("a1")
    people.build()
    assert write_ledger(warehouse) == 1
    people.say(ANNA)
    people.build()
    assert write_ledger(warehouse) == 1
    second = people.ids()
    assert second["b1"] == first["b1"]
    assert second["a1"] not in first.values()
    told = {(event, customer_id) for event, customer_id, _ in people.events()}
    assert told == {
        ("create", first["a1"]),
        ("create", first["b1"]),
        ("retire", first["a1"]),
        ("create", second["a1"]),
    }
    files = Lake(warehouse.lake.folder).files("kesher")
    people.build()
    assert write_ledger(warehouse) == 0
    assert Lake(warehouse.lake.folder).files("kesher") == files
    assert people.ids() == second
