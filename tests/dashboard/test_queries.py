from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_serving import (
    BARE,
    BUSY,
    DAVID,
    HOSTILE,
    MERGED_AWAY,
    MERGED_EARLIER,
    MOTHER,
    RETIRED,
    START,
    Made,
    publish,
)

from dashboard import queries
from dashboard.check_examples import affected_customers
from dashboard.search import terms

Cursor = duckdb.DuckDBPyConnection


def _names(cursor: Cursor, query: str, **narrowed: Any) -> list[str]:
    found = queries.find_customers(cursor, queries.Search(terms(query), **narrowed))
    return [row["display_name"] for row in found.rows]


def _ids(cursor: Cursor, query: str) -> set[str]:
    found = queries.find_customers(cursor, queries.Search(terms(query)))
    return {row["customer_id"] for row in found.rows}


def _total(cursor: Cursor, search: queries.Search) -> int:
    return queries.find_customers(cursor, search).total


def test_a_latin_query_finds_hebrew_names_and_the_other_way_round(cursor: Cursor) -> None:
    for query in ("cohen", "כהן", "Cohen, David", "דוד כהן"):
        names = _names(cursor, query)
        assert {"דוד כהן", "David Cohen"} <= set(names), query
        assert all("כהן" in name or "Cohen" in name for name in names), query


def test_what_is_spelled_as_asked_comes_first(cursor: Cursor) -> None:
    assert _names(cursor, "levi")[0].endswith("Levi")
    assert _names(cursor, "לוי")[0].endswith("לוי")


@pytest.mark.parametrize(
    "query",
    ["david.mr@orbit.example", "DAVID.MR@", "054-1234567", "+972 54 123 4567", DAVID, "rosenb",
     "mizrahi haifa orbit", "rosenberg-mizrahi"],
)  # fmt: skip
def test_a_customer_is_found_by_all_that_is_known(cursor: Cursor, query: str) -> None:
    assert DAVID in _ids(cursor, query)


@pytest.mark.parametrize(
    "query",
    ["' or 1=1 --", "%", "_", "%a%", "\\", "'; drop table customers; --", '"', "🙂🙂", "x" * 10_000,
     "\x00", "\ud7ff", "\U0010ffff", "a" + "\U0010ffff" * 5, "שלום " * 2000],
)  # fmt: skip
def test_hostile_queries_find_no_more_than_they_name(cursor: Cursor, query: str) -> None:
    asked = queries.Search(terms(query))
    found = queries.find_customers(cursor, asked)
    assert found.total == 64 if not asked.terms else found.total < 30
    assert len(found.rows) == min(found.total, queries.PAGE_SIZE)
    assert _total(cursor, queries.Search()) == 64


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=60))
def test_no_query_fails(cursor: Cursor, query: str) -> None:
    asked = queries.Search(terms(query))
    assert _total(cursor, asked) <= 64


@pytest.mark.parametrize("hostile", ["' or '1'='1", "%", "<u>evil</u>", ""])
def test_hostile_filters_are_only_values(cursor: Cursor, hostile: str) -> None:
    assert _total(cursor, queries.Search(countries=(hostile,))) == 0
    assert _total(cursor, queries.Search(lifecycle=hostile)) == 0
    assert _total(cursor, queries.Search(source=hostile)) == (1 if hostile == "<u>evil</u>" else 0)


def test_filters_narrow_and_combine(cursor: Cursor) -> None:
    every = _total(cursor, queries.Search())
    stripe = queries.Search(source="stripe")
    both = queries.Search(source="stripe", countries=("IL",))
    assert 0 < _total(cursor, both) < _total(cursor, stripe)
    assert _total(cursor, stripe) < every
    for row in queries.find_customers(cursor, both).rows:
        assert "stripe" in row["sources"].split(",")
        assert row["country"] == "IL"


@pytest.mark.parametrize("condition", queries.CONDITIONS)
def test_every_condition_can_be_asked_for(cursor: Cursor, condition: str) -> None:
    asked = queries.Search(condition=condition)
    assert 0 < _total(cursor, asked) < 64
    assert queries.find_customers(cursor, asked).rows


@pytest.mark.parametrize("sort", queries.SORTS)
def test_pages_hold_every_customer_once_in_every_order(cursor: Cursor, sort: str) -> None:
    seen = [
        row["customer_id"]
        for page in (1, 2, 3)
        for row in queries.find_customers(cursor, queries.Search(sort=sort, page=page)).rows
    ]
    assert len(seen) == len(set(seen)) == 64


def test_sorts_sort(cursor: Cursor) -> None:
    newest = queries.find_customers(cursor, queries.Search(sort="newest")).rows
    assert newest == sorted(newest, key=lambda row: row["first_seen_at"], reverse=True)
    most = queries.find_customers(cursor, queries.Search(sort="records")).rows
    assert most[0]["customer_id"] == DAVID


def test_an_unknown_sort_is_an_error_and_not_sql(cursor: Cursor) -> None:
    with pytest.raises(KeyError):
        queries.find_customers(cursor, queries.Search(sort="1; drop table customers"))


@pytest.mark.parametrize("page", [-5, 0, 41, 10**12])
def test_pages_out_of_range_show_the_nearest(cursor: Cursor, page: int) -> None:
    found = queries.find_customers(cursor, queries.Search(page=page))
    assert found.page == (1 if page < 1 else 3)
    assert found.rows


def test_an_id_leads_to_the_customer_of_today(cursor: Cursor) -> None:
    assert queries.resolve(cursor, DAVID) == queries.Resolved(DAVID)
    once = queries.resolve(cursor, MERGED_AWAY)
    assert once.customer_id == DAVID
    assert once.merged_at is not None
    assert queries.resolve(cursor, MERGED_EARLIER).customer_id == DAVID


def test_an_id_that_leads_nowhere_says_so(cursor: Cursor) -> None:
    assert queries.resolve(cursor, "kc_nobody") == queries.Resolved(None)
    assert queries.resolve(cursor, "") == queries.Resolved(None)
    assert queries.resolve(cursor, "' or 1=1 --") == queries.Resolved(None)
    retired = queries.resolve(cursor, RETIRED)
    assert retired.customer_id is None
    assert retired.retired_at is not None


def test_a_ring_of_merges_ends(cursor: Cursor) -> None:
    assert queries.resolve(cursor, "kc_ring_a") == queries.Resolved(None)


def test_a_timeline_of_thousands_comes_in_pieces(cursor: Cursor) -> None:
    assert queries.timeline_sources(cursor, BUSY) == {"hubspot": 2500, "zendesk": 2500}
    first = queries.timeline(cursor, BUSY, None, 40)
    assert [row["title"] for row in first[:2]] == ["Event number 0", "Event number 1"]
    assert len(first) == 40
    of_one = queries.timeline(cursor, BUSY, "zendesk", 3000)
    assert len(of_one) == 2500
    assert {row["source"] for row in of_one} == {"zendesk"}


def test_money_is_summed_by_currency(cursor: Cursor) -> None:
    sums = {row["currency"]: row for row in queries.money(cursor, DAVID)}
    assert float(sums["usd"]["paid"]) == 6 * 1234.5
    assert float(sums["ils"]["paid"]) == 5 * 1234.5
    assert float(sums["ils"]["refunded"]) == 200
    assert float(sums["ils"]["outstanding"]) == 1234.5
    assert queries.money(cursor, BARE) == []


def test_lists_tell_how_many_there_are_beyond_what_they_show(cursor: Cursor) -> None:
    invoices = queries.listed(cursor, "invoices", DAVID, limit=5)
    assert (len(invoices.rows), invoices.total) == (5, 12)
    assert queries.listed(cursor, "tickets", BARE) == queries.Listed([], 0)


def test_links_tell_each_comparison_that_says_something(cursor: Cursor) -> None:
    link = queries.links(cursor, DAVID)[0]
    assert {(c.name, c.weight) for c in link.comparisons} == {
        ("email", 11.5), ("family_name", 4.7), ("company", -2.0),
    }  # fmt: skip


def test_housemates_are_the_others_of_the_household(cursor: Cursor) -> None:
    found = queries.housemates(cursor, DAVID)
    assert {row["customer_id"] for row in found.rows} == {MOTHER, BARE, HOSTILE}
    assert found.total == 3
    assert queries.housemates(cursor, BUSY).rows == []


def test_a_company_tells_its_parent_and_its_group_once(cursor: Cursor) -> None:
    main, other = queries.companies(cursor, DAVID).rows
    assert (main["name"], main["parent_name"], main["top_name"]) == (
        "Orbit Labs", "Orbit Israel", "Orbit Group",
    )  # fmt: skip
    assert (other["name"], other["parent_name"], other["top_name"]) == ("Orbit Group", None, None)


def test_staff_are_counted(cursor: Cursor) -> None:
    assert [(row["staff_name"], row["meetings"]) for row in queries.staff(cursor, DAVID).rows] == [
        ("Omer Shalev", 12), ("Ruth Adler", 12),
    ]  # fmt: skip


def _of(*events: dict[str, Any]) -> Iterator[Cursor]:
    made = Made()
    for number, event in enumerate(events):
        made.add("customer_timeline", **{"event_id": f"e{number}", "customer_id": "kc_1", **event})
    with TemporaryDirectory() as folder:
        file = publish(made, Path(folder), "g")
        with duckdb.connect(str(file), read_only=True) as connection:
            yield connection


def _invoice(kind: str, invoice: str | None, days: float) -> dict[str, Any]:
    return {"kind": kind, "source": "stripe", "object_type": "invoice", "object_id": invoice,
            "happened_at": START + timedelta(days=days)}  # fmt: skip


def test_an_invoice_that_is_paid_within_a_day_is_one_event() -> None:
    for cursor in _of(
        _invoice("invoice_issued", "in_soon", 0),
        _invoice("invoice_paid", "in_soon", 1 / 24),
        _invoice("invoice_issued", "in_late", 2),
        _invoice("invoice_paid", "in_late", 9),
        _invoice("invoice_issued", "in_open", 10),
        _invoice("invoice_issued", None, 11),
        _invoice("invoice_paid", None, 11.01),
    ):
        shown = queries.timeline(cursor, "kc_1", "stripe", 50)
        assert [(row["kind"], row["object_id"]) for row in shown] == [
            ("invoice_paid", None), ("invoice_issued", None), ("invoice_issued", "in_open"),
            ("invoice_paid", "in_late"), ("invoice_issued", "in_late"),
            ("invoice_paid", "in_soon"),
        ]  # fmt: skip
        assert queries.timeline_sources(cursor, "kc_1") == {"stripe": 6}


def test_staff_are_told_with_what_they_did_and_whoever_met_the_customer_last_comes_first() -> None:
    for cursor in _of(
        {"staff_name": "Ruth", "source": "zendesk", "kind": "ticket_comment", "happened_at": START},
        {"staff_name": "Ruth", "source": "zendesk", "kind": "ticket_comment", "happened_at": START},
        {"staff_name": "Ruth", "source": "hubspot", "kind": "call", "happened_at": START},
        {"staff_name": "Omer", "source": "hubspot", "kind": "deal_created",
         "happened_at": START + timedelta(days=1)},
        {"staff_name": "", "source": "hubspot", "kind": "note", "happened_at": START},
        {"staff_name": None, "source": "hubspot", "kind": "note", "happened_at": START},
    ):  # fmt: skip
        first, second = queries.staff(cursor, "kc_1").rows
        assert (first["staff_name"], first["kinds"], first["sources"]) == (
            "Omer", ["deal_created"], "hubspot",
        )  # fmt: skip
        assert (second["staff_name"], second["kinds"], second["sources"]) == (
            "Ruth", ["ticket_comment", "call"], "hubspot,zendesk",
        )  # fmt: skip
        assert (second["meetings"], second["last_at"]) == (3, START)


def test_examples_of_a_failing_check_lead_to_customers(cursor: Cursor) -> None:
    by_id = {row["check_id"]: row for row in queries.checks(cursor)}
    customers = affected_customers(cursor, by_id["email_shape"])
    assert [identifier for identifier, _ in customers.customers] == [DAVID, HOSTILE]
    assert customers.others == ("<gone>",)
    invoices = affected_customers(cursor, by_id["invoice_sum"])
    assert [identifier for identifier, _ in invoices.customers] == [DAVID]


def test_failing_checks_come_first_and_critical_ones_before_warnings(cursor: Cursor) -> None:
    checks = queries.checks(cursor)
    assert [row["check_id"] for row in checks[:2]] == ["invoice_sum", "email_shape"]
    assert all(row["success"] for row in checks[2:])
