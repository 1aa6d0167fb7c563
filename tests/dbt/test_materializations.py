"""How a model's table takes the place of what has its name."""

import duckdb
import pytest
from built_warehouse import Warehouse

WEIGHTS = "int_identity__weights"


def kind_of(warehouse: Warehouse, relation: str) -> str:
    ((kind,),) = warehouse.rows(
        f"select table_type from information_schema.tables where table_name = '{relation}'"
    )
    return str(kind)


def test_a_table_takes_the_place_of_a_view_and_of_an_older_table(warehouse: Warehouse) -> None:
    warehouse.run(f"+{WEIGHTS}")
    wanted = warehouse.rows(f"select * from identity.{WEIGHTS} order by all")
    assert wanted
    for older in ("view", "table"):
        with duckdb.connect(str(warehouse.path)) as connection:
            connection.execute(f"drop table identity.{WEIGHTS}")
            connection.execute(f"create {older} identity.{WEIGHTS} as select 1 as other")
        warehouse.run(WEIGHTS)
        assert kind_of(warehouse, WEIGHTS) == "BASE TABLE"
        assert warehouse.rows(f"select * from identity.{WEIGHTS} order by all") == wanted


def test_a_table_that_can_not_be_made_stays_as_it_was(warehouse: Warehouse) -> None:
    warehouse.run(f"+{WEIGHTS}")
    wanted = warehouse.rows(f"select * from identity.{WEIGHTS} order by all")
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("alter table seeds.identity_weights rename column m to other")
    with pytest.raises(AssertionError, match=WEIGHTS):
        warehouse.run(WEIGHTS)
    assert warehouse.rows(f"select * from identity.{WEIGHTS} order by all") == wanted


def test_nothing_is_left_beside_the_tables_of_a_build_that_follows(warehouse: Warehouse) -> None:
    """What makes a table under another name first has to drop or rename it."""
    for _ in range(2):
        warehouse.run("+int_identity__finished_build")
    left = warehouse.rows("select table_name from duckdb_tables() where table_name like '%dbt%'")
    assert left == []
