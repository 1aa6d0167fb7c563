"""Find a customer."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import address, queries, visit
from dashboard.formats import country_code
from dashboard.search import LONGEST_QUERY, terms

_visit = visit.current()
_words = _visit.words


@st.cache_data(max_entries=2, show_spinner=False)
def _choices(generation: str, file: str, _cursor: Any) -> dict[str, list[str]]:
    del generation, file
    return queries.filter_values(_cursor)


def _first_page() -> None:
    st.query_params.pop("page", None)


def _word_of(group: str) -> Callable[[str], str]:
    return lambda value: _words.of(group, value)


def _choose(
    name: str,
    label: str,
    options: list[str],
    shown: Callable[[str], str],
    default: str | None = None,
) -> str | None:
    key, write = address.follow(name, options, default, then=_first_page)
    chosen: str | None = st.selectbox(
        _words.text(label),
        options,
        index=None if default is None else 0,
        placeholder=_words.text("customers.any"),
        format_func=shown,
        key=key,
        on_change=write,
    )
    return chosen


def _by_code(countries: list[str]) -> dict[str, tuple[str, ...]]:
    """One system writes `IL`, another `Israel`: each country's code with all its writings."""
    grouped: dict[str, tuple[str, ...]] = {}
    for written in countries:
        code = country_code(written)
        grouped[code] = (*grouped.get(code, ()), written)
    return grouped


_values = _choices(_visit.published.generation, str(_visit.published.file), _visit.cursor)
_visit.show("heading.html", title=_words.text("customers.title"))
_query = st.text_input(
    _words.text("customers.search"),
    type="search",
    placeholder=_words.text("customers.placeholder"),
    key="q",
    bind="query-params",
    max_chars=LONGEST_QUERY,
    live="300ms",
    on_change=_first_page,
    label_visibility="collapsed",
)
with st.container(horizontal=True, key="filters"):
    _source = _choose("source", "customers.source", _values["source"], _word_of("source"))
    _countries = _by_code(_values["country"])
    _country = _choose("country", "customers.country", list(_countries), _visit.formats.country)
    _lifecycle = _choose(
        "lifecycle", "customers.lifecycle", _values["lifecycle"], _word_of("lifecycle")
    )
    _condition = _choose(
        "status", "customers.status", list(queries.CONDITIONS), _word_of("condition")
    )
    _terms = terms(_query or "")
    # Without a query there is nothing that could match best.
    _sorts = list(queries.SORTS if _terms else queries.SORTS[1:])
    _sort = _choose("sort", "customers.sort", _sorts, _word_of("sort"), _sorts[0])

_found = queries.find_customers(
    _visit.cursor,
    queries.Search(
        _terms,
        _source,
        _countries[_country] if _country else (),
        _lifecycle,
        _condition,
        _sort or _sorts[0],
        address.chosen("page", range(1, queries.MOST_PAGES + 1), 1) or 1,
    ),
)
_pages = queries.pages_of(_found.total)
_listed = queries.PAGE_SIZE * queries.MOST_PAGES
_visit.show(
    "customers.html",
    rows=_found.rows,
    total=_found.total,
    listed=_listed,
    too_many=_found.total > _listed and _found.page == _pages,
)
if _pages > 1:
    _key, _write = address.follow("page", range(1, _pages + 1), 1)
    st.pagination(_pages, key=_key, on_change=_write)
