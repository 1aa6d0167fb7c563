"""One customer: who it is, what happened, and why these records are one person."""

from collections import defaultdict
from typing import Any

import streamlit as st

from dashboard import address, queries, visit
from dashboard.evidence import evidence

FIRST_EVENTS = 40
MORE_EVENTS = 100
LONGEST_TITLE = 60
_FIELDS = (
    "display_name", "email", "phone", "street", "city", "region", "postcode", "country", "company",
    "job_title", "birth_date", "gender", "language",
)  # fmt: skip
_VIEWS = {
    "timeline": "customer.view_timeline",
    "records": "customer.view_records",
    "history": "customer.view_history",
}
_CONFLICTS = {
    "has_conflicting_given_names": "given_name",
    "has_conflicting_family_names": "family_name",
    "has_conflicting_birth_dates": "birth_date",
    "has_conflicting_genders": "gender",
    "has_conflicting_national_ids": "national_id",
    "has_conflicting_countries": "country",
}
_SAME_FIELD = {"display_name": ("display_name", "full_name", "name")}

_visit = visit.current()
_words = _visit.words


def _fields(customer: queries.Row, attributes: list[queries.Row]) -> list[dict[str, Any]]:
    """The values of the customer, each with where it came from and what else was said."""
    by_attribute: dict[str, list[queries.Row]] = defaultdict(list)
    for row in attributes:
        by_attribute[row["attribute"]].append(row)
    fields = []
    for name in _FIELDS:
        said = [row for key in _SAME_FIELD.get(name, (name,)) for row in by_attribute[key]]
        winner = next((row for row in said if row["is_winner"]), None)
        value = customer[name] or (winner and winner["value"])
        others = {
            row["value"]: row
            for row in reversed(said)
            if not row["is_winner"] and row["value"] and row["value"] != str(value)
        }
        if value or others:
            fields.append(
                {
                    "name": name,
                    "value": value,
                    "winner": winner,
                    "others": list(others.values())[::-1],
                }
            )
    return fields


def _comes_later(link: queries.Link, numbered: dict[tuple[str, str], queries.Row]) -> bool:
    """Whether the left record stands below the right one in the list of records."""
    left, right = numbered.get(link.left), numbered.get(link.right)
    return bool(left and right and left["number"] > right["number"])


def _records(customer_id: str, attributes: list[queries.Row]) -> None:
    """The records, numbered, and for each pair what its records say and what that weighs."""
    identities = queries.identities(_visit.cursor, customer_id)
    numbered = {
        (row["source"], row["record_id"]): {**row, "number": number}
        for number, row in enumerate(identities, start=1)
    }
    said = {(row["source"], row["record_id"], row["attribute"]): row["value"] for row in attributes}
    _visit.show(
        "customer_records.html",
        records=list(numbered.values()),
        links=[
            {
                "link": link,
                "pair": [
                    numbered.get(key, {"source": key[0], "record_name": key[1], "number": None})
                    for key in (link.left, link.right)
                ],
                "evidence": evidence(link, said),
            }
            for link in (
                link.turned() if _comes_later(link, numbered) else link
                for link in queries.links(_visit.cursor, customer_id)
            )
        ],
    )


def _timeline(customer_id: str) -> None:
    events_of = queries.timeline_sources(_visit.cursor, customer_id)
    system = None
    if len(events_of) > 1:
        key, write = address.follow("system", list(events_of))
        system = st.pills(
            _words.text("customer.system"),
            list(events_of),
            format_func=lambda source: (
                f"{_words.of('source', source)} {_visit.formats.number(events_of[source])}"
            ),
            key=key,
            on_change=write,
            wrap=True,
            label_visibility="collapsed",
        )
    there_are = events_of.get(system, 0) if system else sum(events_of.values())
    shown = f"events:{customer_id}:{system}"
    limit = st.session_state.get(shown, FIRST_EVENTS)
    events = queries.timeline(_visit.cursor, customer_id, system, limit)
    _visit.show("timeline.html", events=events)
    left = there_are - len(events)
    if left > 0:
        more = min(left, MORE_EVENTS)
        if st.button(
            _words.text("customer.more", n=_visit.formats.number(more)), key="more", width="stretch"
        ):
            st.session_state[shown] = limit + more
            st.rerun()


def _draw(customer: queries.Row, resolved: queries.Resolved, asked: str) -> None:
    cursor, customer_id = _visit.cursor, customer["customer_id"]
    name = customer["display_name"] or _words.text("customers.no_name")
    st.set_page_config(page_title=f"{name[:LONGEST_TITLE]} · {_words.text('app.name')}")
    money = queries.money(cursor, customer_id)
    staff = queries.staff(cursor, customer_id)
    attributes = queries.attributes(cursor, customer_id)
    _visit.show(
        "customer_header.html",
        customer=customer,
        conflicts=[_words.of("field", name) for flag, name in _CONFLICTS.items() if customer[flag]],
        money=money,
        staff=staff,
        merged_at=resolved.merged_at,
        asked=asked,
    )
    with st.container(key="customer"):
        left, middle, right = st.columns([27, 43, 30], gap="medium")
    with left:
        _visit.show(
            "customer_fields.html", customer_id=customer_id, fields=_fields(customer, attributes)
        )
    with middle:
        key, write = address.follow("view", list(_VIEWS), "timeline")
        view = st.segmented_control(
            _words.text("customer.view"),
            list(_VIEWS),
            required=True,
            format_func=lambda name: _words.text(_VIEWS[name]),
            key=key,
            on_change=write,
            wrap=True,
            label_visibility="collapsed",
        )
        if view == "records":
            _records(customer_id, attributes)
        elif view == "history":
            _visit.show("customer_history.html", events=queries.id_history(cursor, customer_id))
        else:
            _timeline(customer_id)
    with right:
        _visit.show(
            "customer_panels.html",
            money=money,
            staff=staff,
            housemates=queries.housemates(cursor, customer_id),
            companies=queries.companies(cursor, customer_id),
            **{table: queries.listed(cursor, table, customer_id) for table in queries.LISTED},
        )


def _draw_asked(asked: str) -> None:
    resolved = queries.resolve(_visit.cursor, asked)
    customer = (
        queries.customer(_visit.cursor, resolved.customer_id) if resolved.customer_id else None
    )
    if customer is not None:
        _draw(customer, resolved, asked)
    else:
        _visit.show("customer_missing.html", asked=asked, retired_at=resolved.retired_at)


_asked = st.query_params.get("id", "").strip()
if _asked:
    _draw_asked(_asked)
else:
    _visit.show("customer_missing.html", asked=None, retired_at=None)
