"""The dashboard's tokens against those of a real build of `customer_search_tokens`."""

from collections import defaultdict
from typing import Any

import duckdb
import pytest

from dashboard import queries, search

pytestmark = pytest.mark.slow
_FIELDS = {"display_name": "name", "given_name": "name", "family_name": "name"}


@pytest.fixture(scope="module")
def real(published_demo: Any) -> Any:
    with duckdb.connect(str(published_demo.serving), read_only=True) as connection:
        yield connection


def _tokens(real: duckdb.DuckDBPyConnection) -> dict[str, dict[str, set[str]]]:
    tokens: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows = real.execute("select token, customer_id, field from customer_search_tokens").fetchall()
    assert len(rows) > 1000
    for token, customer_id, field in rows:
        tokens[customer_id][field].add(token)
    return tokens


def test_both_sides_hear_the_same_consonants_in_every_name(real: Any) -> None:
    for customer_id, fields in _tokens(real).items():
        heard = {key for word in fields["name"] if len(word) > 1 for key in search.name_keys(word)}
        assert heard == fields["name_key"], (customer_id, fields["name"])


def test_both_sides_cut_every_text_into_the_same_words(real: Any) -> None:
    tokens = _tokens(real)
    values = real.execute(
        "select customer_id, attribute, value from customer_attributes where attribute in "
        "('display_name', 'given_name', 'family_name', 'company', 'city')"
    ).fetchall()
    for customer_id, attribute, value in values:
        field = _FIELDS.get(attribute, attribute)
        assert set(search.words_of(value)) <= tokens[customer_id][field], value


def test_every_customer_is_found_by_each_name_mail_and_phone_a_system_knows(real: Any) -> None:
    values = real.execute(
        "select distinct customer_id, value from customer_attributes "
        "where attribute in ('display_name', 'email', 'phone') order by md5(value) limit 150"
    ).fetchall()
    assert values
    for customer_id, value in values:
        asked = queries.Search(search.terms(value))
        assert asked.terms, value
        found = [
            row["customer_id"]
            for page in range(1, queries.MOST_PAGES + 1)
            for row in _page(real, asked, page)
        ]
        assert customer_id in found, value


def _page(real: Any, asked: queries.Search, page: int) -> list[queries.Row]:
    found = queries.find_customers(real, queries.Search(asked.terms, page=page))
    return found.rows if found.page == page else []


def test_a_customer_named_in_hebrew_is_found_by_a_latin_spelling_of_another_record(
    real: Any,
) -> None:
    named = real.execute(
        "select h.customer_id, h.value, list(distinct l.value) from customer_attributes h "
        "join customer_attributes l using (customer_id) where h.attribute = 'family_name' "
        # Some systems take one name for the other.
        "and l.attribute in ('family_name', 'given_name') "
        "and regexp_matches(h.value, '^[א-ת]{2,}$') "
        "and regexp_matches(l.value, '^[A-Za-z]{2,}$') group by all"
    ).fetchall()
    assert len(named) >= 5
    found = 0
    for _, hebrew, spellings in named:
        (term,) = search.terms(hebrew)
        keys = {key for latin in spellings for key in search.terms(latin)[0].keys}
        found += bool(set(term.keys) & keys)
    # Some people changed their name or spell it freely.
    assert found >= 0.8 * len(named)
