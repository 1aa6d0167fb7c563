"""The suites find what they are there to find, over warehouses built in DuckDB."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from warehouse import MARTS, build, publish

from expectations.checkpoint import run_checks
from expectations.report import CheckReport, CheckResult
from expectations.suite import SUITES, load_suites


def only(tmp_path: Path, *marts: str) -> Path:
    """Make a directory with the suites of these marts alone: fewer checks are quicker."""
    suites = tmp_path / "suites"
    suites.mkdir()
    for mart in marts:
        shutil.copy(SUITES / f"{mart}.yml", suites)
    return suites


def failed(report: CheckReport) -> dict[str, CheckResult]:
    return {result.check_id: result for result in report.failures}


@pytest.fixture(scope="session")
def good_report(tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    return run_checks(build(tmp_path_factory.mktemp("good") / "warehouse.duckdb"))


def test_a_good_warehouse_passes_every_check(good_report: CheckReport) -> None:
    assert failed(good_report) == {}
    assert not good_report.blocks


def test_every_check_of_every_suite_is_reported_once(good_report: CheckReport) -> None:
    reported = [result.check_id for result in good_report.results]
    written = [check.id for suite in load_suites() for check in suite.checks]
    assert len(reported) == len(set(reported))
    assert set(written) < set(reported)
    assert {f"{mart}.exists" for mart in MARTS} < set(reported)


def test_the_report_as_a_table_has_the_columns_that_publishing_needs(
    good_report: CheckReport,
) -> None:
    table = good_report.to_table()
    with duckdb.connect() as connection:
        connection.register("report", table)
        described = {row[0]: row[1] for row in connection.execute("describe report").fetchall()}
    assert described == {
        "check_id": "VARCHAR",
        "mart": "VARCHAR",
        "column": "VARCHAR",
        "title": "VARCHAR",
        "title_he": "VARCHAR",
        "severity": "VARCHAR",
        "success": "BOOLEAN",
        "checked_rows": "BIGINT",
        "failed_rows": "BIGINT",
        "examples": "VARCHAR[]",
        "checked_at": "TIMESTAMP",
    }
    assert table.num_rows == len(good_report.results)


# check id → what breaks it, the keys that must be given as examples, and how many rows fail.
DEFECTS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "customers.not_empty": (
        "delete from marts.customers",
        (),
        0,
    ),
    "customers.customer_id.not_null": (
        "insert into marts.customers select null, 'x', 'x@x.com', null, null, 'IL', 1, 0",
        ("None",),
        1,
    ),
    "customers.customer_id.unique": (
        "insert into marts.customers from marts.customers where customer_id = 'kc_1'",
        ("kc_1",),
        2,
    ),
    "customers.has_record": (
        "insert into marts.customers values ('kc_4', 'x', 'x@x.com', null, null, 'IL', 0, 0)",
        ("kc_4",),
        1,
    ),
    "customers.record_count.true": (
        "update marts.customers set record_count = 7 where customer_id = 'kc_2'",
        ("kc_2",),
        1,
    ),
    "customers.record_count.large": (
        "update marts.customers set record_count = 21 where customer_id = 'kc_2';"
        "insert into marts.customer_identities "
        "select 'hubspot', 'c' || n, 'kc_2', 'phone', 1 from range(20) as r(n)",
        ("kc_2",),
        1,
    ),
    "customers.record_count.huge": (
        "update marts.customers set record_count = 201 where customer_id = 'kc_2';"
        "insert into marts.customer_identities "
        "select 'hubspot', 'c' || n, 'kc_2', 'phone', 1 from range(200) as r(n)",
        ("kc_2",),
        1,
    ),
    "customers.display_name.not_null": (
        "update marts.customers set display_name = null where customer_id = 'kc_2'",
        ("kc_2",),
        1,
    ),
    "customers.conflicts.few": (
        "update marts.customers set conflict_count = 2 where customer_id = 'kc_2'",
        ("kc_2",),
        1,
    ),
    "customers.email.form": (
        "update marts.customers set email = 'noa@localhost' where customer_id = 'kc_1'",
        ("kc_1",),
        1,
    ),
    "customers.phone.form": (
        "update marts.customers set phone = '052-1234567' where customer_id = 'kc_1'",
        ("kc_1",),
        1,
    ),
    "customers.contact": (
        "update marts.customers set phone = null, street = null where customer_id = 'kc_3'",
        ("kc_3",),
        1,
    ),
    "customers.country.known": (
        "update marts.customers set country = 'Izrael' where customer_id = 'kc_1'",
        ("kc_1",),
        1,
    ),
    "customer_identities.record.unique": (
        "insert into marts.customer_identities from marts.customer_identities "
        "where source = 'stripe'",
        ("stripe:cus_1",),
        2,
    ),
    "customer_identities.record.not_null": (
        "insert into marts.customer_identities values ('stripe', null, 'kc_2', null, 1)",
        ("stripe:",),
        1,
    ),
    "customer_identities.customer_id.known": (
        "insert into marts.customer_identities values ('stripe', 'cus_9', 'kc_9', null, 1)",
        ("stripe:cus_9",),
        1,
    ),
    "customer_identities.match_probability.range": (
        "update marts.customer_identities set match_probability = 99 where source = 'hubspot'",
        ("hubspot:21",),
        1,
    ),
    "customer_identities.linked_by.reason": (
        "update marts.customer_identities set linked_by = null where source = 'stripe'",
        ("stripe:cus_1",),
        1,
    ),
    "customer_attributes.customer_id.known": (
        "insert into marts.customer_attributes values ('kc_9', 'city', 'חיפה', 'stripe', true)",
        ("kc_9",),
        1,
    ),
    "customer_attributes.one_winner": (
        "update marts.customer_attributes set is_winner = true",
        ("kc_1",),
        1,
    ),
    "customer_id_history.event_id.unique": (
        "insert into marts.customer_id_history from marts.customer_id_history "
        "where event_id = 'e1'",
        ("e1",),
        2,
    ),
    "customer_id_history.event.known": (
        "update marts.customer_id_history set event = 'gone' where event_id = 'e1'",
        ("e1",),
        1,
    ),
    "customer_id_history.other_customer.present": (
        "update marts.customer_id_history set other_customer_id = null",
        ("kc_9",),
        1,
    ),
    "customer_links.customer_id.known": (
        "insert into marts.customer_links values ('kc_9', 'same phone')",
        ("kc_9",),
        1,
    ),
    "customer_links.explanation.not_null": (
        "update marts.customer_links set explanation = null",
        ("kc_1",),
        1,
    ),
    "match_review_queue.customer_id.known": (
        "insert into marts.match_review_queue values (3, 'kc_1', 'kc_9')",
        ("3",),
        1,
    ),
    "match_review_queue.customers.once": (
        "insert into marts.match_review_queue values (4, 'kc_2', 'kc_1')",
        ("4",),
        1,
    ),
    "customer_search_tokens.customer_id.known": (
        "insert into marts.customer_search_tokens values ('נועה', 'kc_9', 'name')",
        ("kc_9",),
        1,
    ),
    "customer_search_tokens.token.not_null": (
        "insert into marts.customer_search_tokens values ('', 'kc_1', 'name')",
        ("kc_1",),
        1,
    ),
    "customer_timeline.event_id.unique": (
        "insert into marts.customer_timeline from marts.customer_timeline where event_id = 't1'",
        ("t1",),
        2,
    ),
    "customer_timeline.customer_id.known": (
        "update marts.customer_timeline set customer_id = null where event_id = 't1'",
        ("t1",),
        1,
    ),
    "customer_timeline.happened_at.not_null": (
        "update marts.customer_timeline set happened_at = null where event_id = 't1'",
        ("t1",),
        1,
    ),
    "customer_timeline.kind.not_null": (
        "update marts.customer_timeline set kind = null where event_id = 't1'",
        ("t1",),
        1,
    ),
    "accounts.account_id.unique": (
        "insert into marts.accounts (account_id, name) values ('ac_1', 'again')",
        ("ac_1",),
        2,
    ),
    "accounts.account_id.not_null": (
        "insert into marts.accounts (account_id, name) values (null, 'nobody')",
        ("None",),
        1,
    ),
    "accounts.name.not_null": (
        "update marts.accounts set name = null where account_id = 'ac_2'",
        ("ac_2",),
        1,
    ),
    "accounts.parent.known": (
        "update marts.accounts set parent_account_id = 'ac_9' where account_id = 'ac_2'",
        ("ac_2",),
        1,
    ),
    "accounts.parent.no_ring": (
        "update marts.accounts set ultimate_parent_account_id = 'ac_2' where account_id = 'ac_2'",
        ("ac_2",),
        1,
    ),
    "account_members.pair.unique": (
        "insert into marts.account_members from marts.account_members where customer_id is null",
        ("ac_2:info@devries.example",),
        2,
    ),
    "account_members.known": (
        "update marts.account_members set customer_id = 'kc_9' where customer_id is null",
        ("ac_2:info@devries.example",),
        1,
    ),
    "account_members.one_primary": (
        "update marts.account_members set is_primary = true",
        ("ac_2:kc_2", "ac_1:kc_2"),
        2,
    ),
    "households.household_id.unique": (
        "insert into marts.households from marts.households",
        ("kh_2",),
        2,
    ),
    "households.member_count.true": (
        "update marts.households set member_count = 3",
        ("kh_2",),
        1,
    ),
    "households.member_count.large": (
        "update marts.households set member_count = 13;"
        "insert into marts.household_members select 'kh_2', 'kc_x' || n from range(11) as r(n)",
        ("kh_2",),
        1,
    ),
    "household_members.customer_id.unique": (
        "insert into marts.household_members select 'kh_2', 'kc_3'",
        ("kc_3",),
        2,
    ),
    "household_members.known": (
        "update marts.household_members set household_id = 'kh_9' where customer_id = 'kc_3'",
        ("kc_3",),
        1,
    ),
    "account_identities.record.unique": (
        "insert into marts.account_identities values ('zendesk', '41', 'ac_1')",
        ("zendesk:41",),
        2,
    ),
    "account_identities.account_id.known": (
        "insert into marts.account_identities values ('zendesk', '42', 'ac_9')",
        ("zendesk:42",),
        1,
    ),
    "deal_contacts.contact.unique": (
        "insert into marts.deal_contacts values ('d1', '21', null)",
        ("d1:21",),
        2,
    ),
    "deal_contacts.deal_id.known": (
        "insert into marts.deal_contacts values ('d9', '21', null)",
        ("d9:21",),
        1,
    ),
    "deal_contacts.customer_id.known": (
        "insert into marts.deal_contacts values ('d2', '21', 'kc_9')",
        ("d2:21",),
        1,
    ),
    "activity_contacts.contact.unique": (
        "insert into marts.activity_contacts from marts.activity_contacts",
        ("call:1:21",),
        2,
    ),
    "activity_contacts.activity_id.known": (
        "insert into marts.activity_contacts values ('call:9', '21', null)",
        ("call:9:21",),
        1,
    ),
    "activity_contacts.customer_id.known": (
        "insert into marts.activity_contacts values ('call:1', '23', 'kc_9')",
        ("call:1:23",),
        1,
    ),
    "invoices.invoice_id.unique": (
        "insert into marts.invoices from marts.invoices where invoice_id = 'in_0'",
        ("in_0",),
        2,
    ),
    "invoices.invoice_id.not_null": (
        "update marts.invoices set invoice_id = null where invoice_id = 'in_0'",
        ("None",),
        1,
    ),
    "invoices.customer_id.known": (
        "update marts.invoices set customer_id = 'kc_9' where invoice_id = 'in_0'",
        ("in_0",),
        1,
    ),
    "invoices.customer_id.present": (
        "update marts.invoices set customer_id = null where paid_at is not null",
        tuple(f"in_{n}" for n in range(1, 21)),
        200,
    ),
    "invoices.amounts.not_negative": (
        "update marts.invoices set amount_due = -1 where invoice_id = 'in_0'",
        ("in_0",),
        1,
    ),
    "invoices.amounts.present": (
        "update marts.invoices set amount_paid = null where invoice_id = 'in_0'",
        ("in_0",),
        1,
    ),
    "invoices.currency.not_null": (
        "update marts.invoices set currency = null where invoice_id = 'in_0'",
        ("in_0",),
        1,
    ),
    "invoices.currency.known": (
        "update marts.invoices set currency = 'shekel' where invoice_id = 'in_0'",
        ("in_0",),
        1,
    ),
    "invoices.paid_at.present": (
        "update marts.invoices set status = 'paid' where invoice_id = 'in_0'",
        ("in_0",),
        1,
    ),
    "invoices.created_at.not_future": (
        "update marts.invoices set created_at = '2999-01-01' where invoice_id = 'in_0'",
        ("in_0",),
        1,
    ),
    "payments.payment_id.unique": (
        "insert into marts.payments from marts.payments where payment_id = 'ch_1'",
        ("ch_1",),
        2,
    ),
    "payments.payment_id.not_null": (
        "update marts.payments set payment_id = null where payment_id = 'ch_1'",
        ("None",),
        1,
    ),
    "payments.customer_id.known": (
        "update marts.payments set customer_id = 'kc_9' where payment_id = 'ch_1'",
        ("ch_1",),
        1,
    ),
    "payments.kind.known": (
        "update marts.payments set kind = 'gift' where payment_id = 'ch_1'",
        ("ch_1",),
        1,
    ),
    "payments.amount.sign": (
        "update marts.payments set amount = 17 where payment_id = 're_1'",
        ("re_1",),
        1,
    ),
    "payments.currency.not_null": (
        "update marts.payments set currency = null where payment_id = 'ch_1'",
        ("ch_1",),
        1,
    ),
    "payments.currency.known": (
        "update marts.payments set currency = 'shekel' where payment_id = 'ch_1'",
        ("ch_1",),
        1,
    ),
    "payments.created_at.not_future": (
        "update marts.payments set created_at = '2999-01-01' where payment_id = 'ch_1'",
        ("ch_1",),
        1,
    ),
    "subscriptions.subscription_id.unique": (
        "insert into marts.subscriptions from marts.subscriptions",
        ("sub_1",),
        2,
    ),
    "subscriptions.customer_id.known": (
        "update marts.subscriptions set customer_id = 'kc_9'",
        ("sub_1",),
        1,
    ),
    "subscriptions.amount.not_negative": (
        "update marts.subscriptions set amount = -1",
        ("sub_1",),
        1,
    ),
    "subscriptions.ended_at.after_start": (
        "update marts.subscriptions set ended_at = '2020-01-01'",
        ("sub_1",),
        1,
    ),
    "tickets.ticket_id.unique": (
        "insert into marts.tickets from marts.tickets where ticket_id = '1'",
        ("1",),
        2,
    ),
    "tickets.ticket_id.not_null": (
        "update marts.tickets set ticket_id = null where ticket_id = '1'",
        ("None",),
        1,
    ),
    "tickets.customer_id.known": (
        "update marts.tickets set customer_id = 'kc_9' where ticket_id = '1'",
        ("1",),
        1,
    ),
    "tickets.status.known": (
        "update marts.tickets set status = 'lost' where ticket_id = '1'",
        ("1",),
        1,
    ),
    "tickets.solved_at.after_creation": (
        "update marts.tickets set solved_at = '2020-01-01' where ticket_id = '1'",
        ("1",),
        1,
    ),
    "campaign_members.member.unique": (
        "insert into marts.campaign_members from marts.campaign_members",
        ("c1:l1:m1",),
        2,
    ),
    "campaign_members.customer_id.known": (
        "update marts.campaign_members set customer_id = 'kc_9'",
        ("c1:l1:m1",),
        1,
    ),
    "campaign_members.counts.not_negative": (
        "update marts.campaign_members set open_count = -1",
        ("c1:l1:m1",),
        1,
    ),
    "deals.deal_id.unique": (
        "insert into marts.deals from marts.deals where deal_id = 'd1'",
        ("d1",),
        2,
    ),
    "deals.deal_id.not_null": (
        "update marts.deals set deal_id = null where deal_id = 'd1'",
        ("None",),
        1,
    ),
    "deals.customer_id.known": (
        "update marts.deals set customer_id = 'kc_9' where deal_id = 'd1'",
        ("d1",),
        1,
    ),
    "deals.amount.not_negative": (
        "update marts.deals set amount = -5 where deal_id = 'd1'",
        ("d1",),
        1,
    ),
    "deals.closed_at.present": (
        "update marts.deals set closed_at = null where deal_id = 'd1'",
        ("d1",),
        1,
    ),
    "deals.is_won.closed": (
        "update marts.deals set is_closed = false where deal_id = 'd1'",
        ("d1",),
        1,
    ),
    "activities.activity_id.unique": (
        "insert into marts.activities from marts.activities",
        ("call:1",),
        2,
    ),
    "activities.customer_id.known": (
        "update marts.activities set customer_id = 'kc_9'",
        ("call:1",),
        1,
    ),
    "activities.kind.known": (
        "update marts.activities set kind = 'fax'",
        ("call:1",),
        1,
    ),
    "activities.happened_at.not_null": (
        "update marts.activities set happened_at = null",
        ("call:1",),
        1,
    ),
}

# Defects that cannot come alone: check id → the other checks which must fail with it.
COMPANIONS = {
    "customers.has_record": {"customers.record_count.true"},
    "customers.record_count.huge": {"customers.record_count.large"},
    "invoices.amounts.mostly_not_negative": {"invoices.amounts.not_negative"},
}
DEFECTS["invoices.amounts.mostly_not_negative"] = (
    "update marts.invoices set amount_paid = -1 where invoice_id in ('in_1', 'in_2', 'in_3')",
    ("in_1", "in_2", "in_3"),
    3,
)


def test_there_is_a_defect_for_every_check_of_every_suite() -> None:
    assert set(DEFECTS) == {check.id for suite in load_suites() for check in suite.checks}


@pytest.mark.parametrize("check_id", sorted(DEFECTS))
def test_a_defect_fails_its_own_check_and_no_other_of_the_suite(
    check_id: str, tmp_path: Path
) -> None:
    defect, examples, count = DEFECTS[check_id]
    suites = only(tmp_path, check_id.split(".")[0])
    warehouse = build(tmp_path / "warehouse.duckdb", defect, "drop schema staging cascade")

    report = run_checks(warehouse, suites=suites)

    failures = failed(report)
    assert set(failures) == {check_id} | COMPANIONS.get(check_id, set())
    assert sorted(failures[check_id].examples) == sorted(examples)
    assert failures[check_id].failed_rows == count
    severity = {check.id: check.severity for suite in load_suites() for check in suite.checks}
    assert report.blocks == any(severity[failure] == "critical" for failure in failures)


def test_one_defect_among_all_suites_fails_only_what_depends_on_it(tmp_path: Path) -> None:
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb", "delete from marts.customers where customer_id = 'kc_3'"
        )
    )
    assert set(failed(report)) == {
        "customer_identities.customer_id.known",
        "household_members.known",
        "tickets.customer_id.known",
        "campaign_members.customer_id.known",
    }
    assert report.blocks


def test_marts_of_sources_that_are_not_configured_may_be_empty(tmp_path: Path) -> None:
    empty = [f"delete from marts.{mart}" for mart in MARTS if not mart.startswith("customer")]
    empty += ["delete from marts.customer_timeline", "delete from marts.customer_links"]
    report = run_checks(build(tmp_path / "warehouse.duckdb", *empty))
    assert failed(report) == {}


def test_a_missing_mart_is_one_critical_failure_and_not_a_traceback(tmp_path: Path) -> None:
    report = run_checks(build(tmp_path / "warehouse.duckdb", "drop table marts.tickets"))
    failures = failed(report)
    assert set(failures) == {"tickets.exists"}
    assert "marts.tickets" in failures["tickets.exists"].title
    assert report.blocks


def test_without_customers_table_what_refers_to_it_fails_with_a_reason(tmp_path: Path) -> None:
    report = run_checks(build(tmp_path / "warehouse.duckdb", "drop table marts.customers"))
    failures = failed(report)
    assert {"customers.exists", "invoices.customer_id.known"} < set(failures)
    title = failures["invoices.customer_id.known"].title
    assert "could not be checked" in title
    assert "customers" in title
    assert "\n" not in title


def test_a_missing_column_fails_its_checks_and_names_it(tmp_path: Path) -> None:
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb",
            "alter table marts.customers drop column email",
            "alter table marts.invoices drop column amount_due",
        ),
        suites=only(tmp_path, "customers", "invoices"),
    )
    failures = failed(report)
    assert set(failures) == {
        "customers.email.form",
        "customers.contact",
        "invoices.amounts.not_negative",
        "invoices.amounts.mostly_not_negative",
        "invoices.amounts.present",
    }
    assert "email" in failures["customers.email.form"].title
    assert all("amount_due" in failures[key].title for key in failures if "amounts" in key)


@pytest.mark.parametrize("content", [None, b"", b"not a database at all" * 400])
def test_a_warehouse_that_cannot_be_read_blocks_with_one_clear_line(
    tmp_path: Path, content: bytes | None
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    if content is not None:
        warehouse.write_bytes(content)
    report = run_checks(warehouse)
    assert report.blocks
    assert all("\n" not in result.title for result in report.failures)


def test_hostile_and_hebrew_keys_come_through_as_they_are(tmp_path: Path) -> None:
    hostile = "'; drop table marts.customers; -- {batch} :x %s"
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb",
            "insert into marts.accounts (account_id) values ('חברה א'), ('{}')".format(
                hostile.replace("'", "''")
            ),
        ),
        suites=only(tmp_path, "accounts"),
    )
    assert set(failed(report)["accounts.name.not_null"].examples) == {"חברה א", hostile}


def test_at_most_twenty_examples_are_given_with_the_full_count(tmp_path: Path) -> None:
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb",
            "insert into marts.tickets "
            "select 'x' || n, null, 'nonsense', null, null from range(500) as r(n)",
        ),
        suites=only(tmp_path, "tickets"),
    )
    result = failed(report)["tickets.status.known"]
    assert result.failed_rows == 500
    assert result.checked_rows == 502
    assert len(result.examples) == 20


def test_nothing_new_for_48_hours_is_a_warning_for_that_source(tmp_path: Path) -> None:
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb",
            "update staging.stg_stripe__customers set _extracted_at = _extracted_at "
            "- interval 49 hour",
            "insert into staging.stg_zendesk__users values "
            "('7', cast(now() at time zone 'UTC' as timestamp) - interval 47 hour, null)",
        ),
        suites=only(tmp_path),
    )
    assert set(failed(report)) == {"freshness.stripe"}
    assert not report.blocks


def test_a_quiet_source_that_was_read_without_news_is_fresh(tmp_path: Path) -> None:
    now, suites = datetime.now(UTC), only(tmp_path)
    warehouse = build(
        tmp_path / "warehouse.duckdb",
        "update staging.stg_stripe__customers set _extracted_at = _extracted_at - interval 1 year",
    )
    quiet = run_checks(warehouse, suites=suites, last_syncs={"stripe": now - timedelta(hours=47)})
    assert failed(quiet) == {}
    unread = run_checks(
        warehouse,
        suites=suites,
        last_syncs={
            "stripe": now - timedelta(hours=49),
            "zendesk": (now - timedelta(hours=49)).astimezone(timezone(timedelta(hours=14))),
        },
    )
    assert set(failed(unread)) == {"freshness.stripe", "freshness.zendesk"}
    elsewhere = run_checks(warehouse, suites=suites, last_syncs={"zendesk": now})
    assert set(failed(elsewhere)) == {"freshness.stripe"}, "nobody knows when it was read"


def test_lists_and_sources_out_of_a_folder_grow_stale_like_vendors(tmp_path: Path) -> None:
    now, suites = datetime.now(UTC), only(tmp_path)
    warehouse = build(
        tmp_path / "warehouse.duckdb",
        "create table staging.stg_mapped__people as select source, "
        "cast(now() at time zone 'UTC' as timestamp) - interval 49 hour as _extracted_at "
        "from (values ('pipedrive'), ('shop')) as sources (source)",
        "create table staging.stg_mapped__events as select 'shop' as source, "
        "cast(now() at time zone 'UTC' as timestamp) - interval 1 hour as _extracted_at",
        "create or replace table staging.stg_files__people as select 'fair' as source, "
        "timestamp '2020-01-01' as _extracted_at",
    )
    assert set(failed(run_checks(warehouse, suites=suites))) == {"freshness.pipedrive"}
    late, soon = now - timedelta(hours=49), now - timedelta(hours=1)
    read = {"pipedrive": soon, "shop": late, "fair": late, "nothing_came": late}
    told = failed(run_checks(warehouse, suites=suites, last_syncs=read))
    assert set(told) == {"freshness.shop", "freshness.fair"}
    read = {"pipedrive": soon, "shop": soon, "fair": soon}
    assert failed(run_checks(warehouse, suites=suites, last_syncs=read)) == {}


def test_one_fresh_stream_is_enough_for_a_source(tmp_path: Path) -> None:
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb",
            "create table staging.stg_stripe__products as "
            "select 'p1' as stripe_product_id, timestamp '2020-01-01' as _extracted_at",
        ),
        suites=only(tmp_path),
    )
    assert failed(report) == {}


@pytest.mark.parametrize(
    ("data_type", "fine", "broken", "example"),
    [
        ("varchar", "null", "'created, balance'", "cus_2 (created, balance)"),
        ("integer", "0", "2", "cus_2"),
        ("varchar[]", "[]", "['created']", "cus_2"),
    ],
)
def test_values_that_could_not_be_read_are_counted_whatever_staging_keeps(
    tmp_path: Path, data_type: str, fine: str, broken: str, example: str
) -> None:
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb",
            "drop table staging.stg_stripe__customers",
            "create table staging.stg_stripe__customers "
            f"(stripe_customer_id varchar, _cast_errors {data_type})",
            "insert into staging.stg_stripe__customers "
            f"values ('cus_1', {fine}), ('cus_2', {broken})",
        ),
        suites=only(tmp_path),
    )
    failures = failed(report)
    assert set(failures) == {"cast_errors.stg_stripe__customers"}
    assert failures["cast_errors.stg_stripe__customers"].examples == (example,)
    assert failures["cast_errors.stg_stripe__customers"].failed_rows == 1
    assert not report.blocks


def test_lines_that_could_not_be_read_are_a_warning_with_file_and_line(tmp_path: Path) -> None:
    report = run_checks(
        build(
            tmp_path / "warehouse.duckdb",
            "insert into staging.stg_files__rejected_lines values "
            "('fair', 'lists/יריד.csv', 7, 'a,b,\"', 'a quote that never closes', null)",
        ),
        suites=only(tmp_path),
    )
    assert set(failed(report)) == {"rejected_lines.stg_files__rejected_lines"}
    (result,) = report.failures
    assert result.examples == ("fair lists/יריד.csv line 7",)
    assert not report.blocks


def test_a_source_that_vanished_blocks_and_says_which(tmp_path: Path) -> None:
    warehouse = build(
        tmp_path / "warehouse.duckdb",
        "insert into marts.customer_identities "
        "select 'stripe', 'cus_x' || n, 'kc_2', 'phone', 1 from range(69) as r(n)",
        "update marts.customers set record_count = record_count + 69 where customer_id = 'kc_2'",
        "update marts.customer_identities set linked_by = 'phone' where customer_id = 'kc_2'",
    )
    previous = publish(
        tmp_path / "published.duckdb", 3, {"stripe": 100, "zendesk": 20, "o'hara": 9, "hubspot": 1}
    )
    report = run_checks(
        warehouse, previous, suites=only(tmp_path, "customers", "customer_identities")
    )
    failures = failed(report)
    # stripe: 70 of 100 are left, which is not more than 30% gone; of zendesk's 20 only one is.
    assert set(failures) == {
        "customer_identities.count.kept.zendesk",
        "customers.record_count.large",
    }
    zendesk = failures["customer_identities.count.kept.zendesk"]
    assert zendesk.failed_rows == 19
    assert zendesk.examples == ("zendesk",)
    assert "zendesk" in zendesk.title
    assert report.blocks


def test_far_fewer_customers_than_published_block(tmp_path: Path) -> None:
    report = run_checks(
        build(tmp_path / "warehouse.duckdb"),
        publish(tmp_path / "published.duckdb", 10, {}),
        suites=only(tmp_path, "customers"),
    )
    assert set(failed(report)) == {"customers.count.kept"}
    assert failed(report)["customers.count.kept"].failed_rows == 7


def test_a_published_file_that_cannot_be_read_warns_and_does_not_block(tmp_path: Path) -> None:
    report = run_checks(
        build(tmp_path / "warehouse.duckdb"),
        tmp_path / "gone.duckdb",
        suites=only(tmp_path, "customers"),
    )
    assert set(failed(report)) == {"published.readable"}
    assert not report.blocks


def test_checking_leaves_nothing_behind_and_the_file_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    warehouse = build(tmp_path / "warehouse.duckdb")
    before = warehouse.read_bytes()
    run_checks(warehouse)
    assert warehouse.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["warehouse.duckdb"]
    assert capfd.readouterr() == ("", "")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table written (n integer)")
