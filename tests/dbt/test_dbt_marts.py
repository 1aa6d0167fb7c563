"""The whole project over small real lakes: empty, filled, and changed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import yaml
from built_warehouse import PROJECT, Warehouse
from dbt.contracts.graph.manifest import Manifest
from written_lake import WrittenLake, at, tombstone

CREATED = 1_767_225_600  # 2026-01-01
CREATED_TEXT = "2026-01-01T00:00:00Z"


def write_first_sync(lake: WrittenLake) -> None:
    """Dana in all four systems, Ron in Stripe only, and what they did."""
    lake.write_records(
        "stripe",
        "customers",
        {
            "id": "cus_dana",
            "name": "דנה לוי",
            "email": "dana.levi@example.com",
            "phone": "+972 50-234-5678",
            "created": CREATED,
        },
        {"id": "cus_ron", "name": "Ron Katz", "email": "ron@katz.example", "created": CREATED},
    )
    lake.write_records(
        "stripe",
        "invoices",
        {
            "id": "in_1",
            "customer": "cus_dana",
            "status": "paid",
            "currency": "ils",
            "amount_due": 11799,
            "amount_paid": 11799,
            "total": 11799,
            "created": CREATED,
            "status_transitions": {"paid_at": CREATED + 60},
        },
        {
            "id": "in_2",
            "customer": "cus_ron",
            "status": "paid",
            "currency": "jpy",
            "amount_due": 500,
            "amount_paid": 500,
            "total": 500,
            "created": CREATED,
            "status_transitions": {"paid_at": CREATED + 60},
        },
        {
            "id": "in_3",
            "customer": "cus_dana",
            "status": "open",
            "currency": "ils",
            "amount_due": 100,
            "amount_paid": 0,
            "total": 100,
            "created": CREATED + 3600,
        },
    )
    lake.write_records(
        "stripe",
        "charges",
        {
            "id": "ch_1",
            "customer": "cus_dana",
            "invoice": "in_1",
            "status": "succeeded",
            "currency": "ils",
            "amount": 11799,
            "created": CREATED + 60,
        },
    )
    lake.write_records(
        "zendesk",
        "users",
        {
            "id": 10,
            "name": "Dana Levi",
            "email": "dana.levi@example.com",
            "role": "end-user",
            "active": True,
            "created_at": CREATED_TEXT,
        },
        {"id": 90, "name": "Agent Lee", "role": "agent", "active": True},
    )
    lake.write_records(
        "zendesk",
        "tickets",
        {
            "id": 7,
            "subject": "Refund?",
            "status": "open",
            "requester_id": 10,
            "assignee_id": 90,
            "created_at": CREATED_TEXT,
            "updated_at": CREATED_TEXT,
        },
        {
            "id": 8,
            "subject": "Spam",
            "status": "open",
            "requester_id": 10,
            "created_at": CREATED_TEXT,
        },
    )
    lake.write_records("mailchimp", "lists", {"id": "l1", "name": "News"})
    lake.write_records(
        "mailchimp",
        "members",
        {
            "list_id": "l1",
            "id": "e1",
            "email_address": "Dana.Levi@example.com",
            "status": "subscribed",
            "timestamp_opt": "2026-01-01T00:00:00+00:00",
            "merge_fields": {"FNAME": "Dana", "LNAME": "Levi"},
        },
    )
    lake.write_records(
        "mailchimp",
        "campaigns",
        {"id": "c1", "send_time": CREATED_TEXT, "settings": {"subject_line": "מבצע"}},
    )
    lake.write_records(
        "mailchimp",
        "email_activity",
        {
            "campaign_id": "c1",
            "list_id": "l1",
            "email_id": "e1",
            "action": "open",
            "timestamp": "2026-01-01T08:00:00+00:00",
        },
    )
    lake.write_records(
        "hubspot",
        "contacts",
        {
            "id": "5",
            "properties": {
                "firstname": "Dana",
                "lastname": "Levi",
                "email": "dana.levi@example.com",
            },
            "createdAt": CREATED_TEXT,
            "updatedAt": CREATED_TEXT,
            "archived": False,
        },
    )
    lake.write_records("hubspot", "owners", {"id": "9", "firstName": "Noa", "lastName": "Bar"})
    lake.write_records(
        "hubspot",
        "meetings",
        {
            "id": "1",
            "properties": {
                "hs_meeting_title": "Kick-off",
                "hs_timestamp": "1767261600000",
                "hubspot_owner_id": "9",
            },
            "associations": {"contacts": {"results": [{"id": "5", "type": "meeting_to_contact"}]}},
            "createdAt": CREATED_TEXT,
            "updatedAt": CREATED_TEXT,
        },
    )


def write_second_sync(lake: WrittenLake) -> None:
    """An invoice is paid, a late old version of it comes, Ron and a ticket are deleted."""
    paid = {
        "id": "in_3",
        "customer": "cus_dana",
        "status": "paid",
        "currency": "ils",
        "amount_due": 100,
        "amount_paid": 100,
        "total": 100,
        "created": CREATED + 3600,
        "status_transitions": {"paid_at": CREATED + 7200},
    }
    lake.write("stripe", "invoices", [(paid, at(60)), ({**paid, "status": "draft"}, at(-60))])
    lake.write_records("stripe", "customers", tombstone(id="cus_ron"), minutes=60)
    lake.write_records("stripe", "invoices", tombstone(id="in_2"), minutes=60)
    # Read before the deletion, but written after it.
    lake.write_records("stripe", "customers", {"id": "cus_ron", "name": "Ron Katz"}, minutes=30)
    lake.write_records("zendesk", "tickets", {"id": 8, "status": "deleted"}, minutes=60)
    lake.write("zendesk", "ticket_comments", [])


@pytest.fixture(scope="module")
def empty(module_warehouse: Warehouse) -> Warehouse:
    output = module_warehouse.plain_dbt("build")
    assert "ERROR=0" in output
    assert "WARN=0" in output
    return module_warehouse


def test_every_model_is_an_empty_table(empty: Warehouse) -> None:
    tables = {name for (name,) in empty.rows("select table_name from information_schema.tables")}
    models = {model.stem for model in (PROJECT / "models").rglob("*.sql")}
    assert models <= tables
    for mart in (PROJECT / "models" / "marts").rglob("*.sql"):
        assert empty.rows(f"select count(*) from marts.{mart.stem}") == [(0,)]
    kinds = "select distinct table_type from information_schema.tables where table_schema = 'marts'"
    assert empty.rows(kinds) == [("BASE TABLE",)], "a view can't be read under another catalog"


def test_columns_are_those_that_the_yaml_describes(empty: Warehouse) -> None:
    for file in (PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", []):
            described = [column["name"] for column in model["columns"]]
            built = empty.rows(
                "select column_name from information_schema.columns"
                f" where table_name = '{model['name']}' order by ordinal_position"
            )
            assert [name for (name,) in built] == described, model["name"]


def test_empty_tables_have_the_right_types(empty: Warehouse) -> None:
    types = dict(
        empty.rows(
            "select column_name, data_type from information_schema.columns"
            " where table_name = 'stg_hubspot__deals'"
        )
    )
    assert types["deal_id"] == "VARCHAR"
    assert types["amount"] == "DECIMAL(19,4)"
    assert types["is_won"] == "BOOLEAN"
    assert types["closed_at"] == "TIMESTAMP"
    assert types["_extracted_at"] == "TIMESTAMP"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("two_syncs"), manifest)
    write_first_sync(warehouse.lake)
    warehouse.run()
    return warehouse


@pytest.fixture(scope="module")
def before(first: Warehouse) -> dict[str, object]:
    """What the first build said, read before the second one changes it."""
    return {
        "invoices": first.rows(
            "select currency, sum(amount_paid) from marts.invoices"
            " where status = 'paid' group by currency order by currency"
        ),
        "sources": first.rows(
            "select distinct source from marts.customer_timeline where customer_id ="
            " (select customer_id from marts.customer_identities where record_id = 'cus_dana')"
            " order by source"
        ),
        "events": first.rows(
            "select kind, title, happened_at, staff_name from marts.customer_timeline"
            " where kind in ('meeting', 'email_opened', 'ticket_opened')"
            " and title <> 'Spam' order by kind"
        ),
        "dana": first.rows(
            "select distinct customer_id from marts.customer_identities"
            " where record_id in ('cus_dana', '10', 'l1:e1', '5')"
        ),
    }


@pytest.fixture(scope="module")
def second(first: Warehouse, before: dict[str, object]) -> Warehouse:
    write_second_sync(first.lake)
    first.build()
    return first


def test_paid_invoices_sum_to_the_cent(before: dict[str, object]) -> None:
    assert before["invoices"] == [("ils", Decimal("117.9900")), ("jpy", Decimal("500.0000"))]


def test_one_customer_has_events_of_all_systems(before: dict[str, object]) -> None:
    assert before["sources"] == [("hubspot",), ("mailchimp",), ("stripe",), ("zendesk",)]
    assert before["events"] == [
        ("email_opened", "מבצע", datetime(2026, 1, 1, 8), None),
        ("meeting", "Kick-off", datetime(2026, 1, 1, 10), "Noa Bar"),
        ("ticket_opened", "Refund?", datetime(2026, 1, 1), "Agent Lee"),
    ]


def test_update_is_taken_and_late_version_is_not(second: Warehouse) -> None:
    assert second.rows(
        "select status, amount_paid, paid_at from marts.invoices where invoice_id = 'in_3'"
    ) == [("paid", Decimal("1.0000"), datetime(2026, 1, 1, 2))]


def test_deleted_records_are_gone_from_the_marts(second: Warehouse) -> None:
    gone = second.rows(
        "select record_id from marts.customer_identities where record_id = 'cus_ron'"
        " union all select ticket_id from marts.tickets where ticket_id = '8'"
        " union all select invoice_id from marts.invoices where invoice_id = 'in_2'"
        " union all select object_id from marts.customer_timeline"
        " where object_id in ('cus_ron', 'in_2') or title = 'Spam'"
    )
    assert gone == []


def test_unchanged_person_keeps_the_customer_id(
    before: dict[str, object], second: Warehouse
) -> None:
    assert (
        second.rows(
            "select distinct customer_id from marts.customer_identities"
            " where record_id in ('cus_dana', '10', 'l1:e1', '5')"
        )
        == before["dana"]
    )
    assert len(before["dana"]) == 1  # type: ignore[arg-type]


def test_incremental_marts_equal_fresh_ones(
    second: Warehouse, tmp_path_factory: pytest.TempPathFactory, manifest: Manifest
) -> None:
    fresh = Warehouse(tmp_path_factory.mktemp("fresh"), manifest)
    fresh.environment["KESHER_LAKE"] = str(second.lake.folder)
    fresh.run()
    for mart in (PROJECT / "models" / "marts").rglob("*.sql"):
        query = f"select * from marts.{mart.stem} order by all"
        assert fresh.rows(query) == second.rows(query), mart.stem


def test_staging_times_are_utc(second: Warehouse) -> None:
    (moment,), *_ = second.rows(
        "select created_at from staging.stg_zendesk__users where zendesk_user_id = '10'"
    )
    assert moment == datetime.fromtimestamp(CREATED, UTC).replace(tzinfo=None)
