"""The data tests of our own: what they let pass and what not."""

import duckdb
import pytest
from built_warehouse import Warehouse, run_dbt
from identity_people import People, person


@pytest.mark.parametrize(
    ("spoil", "is_sound"),
    [
        ("select 1", True),
        ("insert into seeds.currencies select * from seeds.currencies limit 1", False),
        ("insert into seeds.currencies (exponent) values (3)", False),
    ],
    ids=["as it is", "a key twice", "a key missing"],
)
def test_a_primary_key_stands_once_in_each_row(
    warehouse: Warehouse, spoil: str, is_sound: bool
) -> None:
    warehouse.run("currencies")
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(spoil)
    arguments = ["test", "--select", "currencies,test_name:primary_key"]
    if is_sound:
        run_dbt(arguments, warehouse.environment, warehouse.manifest.deepcopy())
        return
    with pytest.raises(AssertionError, match="primary_key_currencies_currency"):
        run_dbt(arguments, warehouse.environment, warehouse.manifest.deepcopy())


def test_a_column_that_is_never_null_is_looked_at(warehouse: Warehouse) -> None:
    warehouse.run("identity_calling_codes")
    arguments = ["test", "--select", "identity_calling_codes,test_name:primary_key"]
    run_dbt(arguments, warehouse.environment, warehouse.manifest.deepcopy())
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(
            "update seeds.identity_calling_codes set calling_code = null where country = 'IL'"
        )
    with pytest.raises(AssertionError, match="primary_key_identity_calling_codes"):
        run_dbt(arguments, warehouse.environment, warehouse.manifest.deepcopy())


def test_a_customer_who_is_not_in_customers_is_told(warehouse: Warehouse) -> None:
    People(warehouse).say(person("a", "Dana Levi", email="dana@one.example"))
    warehouse.run("+customers")
    arguments = ["test", "--select", "customer_identities,test_name:known_customer"]
    run_dbt(arguments, warehouse.environment, warehouse.manifest.deepcopy())
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("update marts.customers set customer_id = 'kc_other'")
    with pytest.raises(AssertionError, match="known_customer_customer_identities"):
        run_dbt(arguments, warehouse.environment, warehouse.manifest.deepcopy())
