"""HubSpot objects that follow from others or the date: products, line items, tickets, leads.

They are not stored. A server works them out when they are asked for first after time has passed,
into tables of its own connection that look like the stored ones, so that lists, searches and
associations read them in the same way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from time import gmtime
from zlib import crc32

import orjson

from .calendar_time import DAY, iso_ms, midnight
from .hubspot_objects import (
    CONTACT_BASE,
    DEAL_BASE,
    ENGAGEMENT_BASE,
    OWNER_BASE,
    entered_stages,
    object_body,
)
from .rows import Row
from .store import DELETED, LIVE, MERGED, read_meta
from .stripe_records import PRODUCTS, product_id
from .texts import DEALS, STAFF, TICKETS

DERIVED = ("tickets", "line_items", "products", "leads")
LINE_ITEM_BASE = 1_000_000_000
PRODUCT_BASE = 600_000_000
TICKET_BASE = 300_000_000
LEAD_BASE = 400_000_000
MOST_ITEMS = 3
LEAD_STAGES = (
    ("new-stage-id", 0),
    ("attempting-stage-id", 4 * DAY),
    ("connected-stage-id", 11 * DAY),
    ("qualified-stage-id", 26 * DAY),
)
_RETIRED = ("Fax gateway", "Faxes as e-mails", 900, True)
_UNQUALIFIED = "unqualified-stage-id"
_CATEGORIES = ("BILLING_ISSUE", "PRODUCT_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY")
_ARCHIVED_AFTER = 45 * DAY
_RETIRED_AFTER = 90 * DAY

_Derived = tuple[Row, int]
_Link = tuple[str, int, str, int]


def derive(database: sqlite3.Connection, now: int) -> None:
    """Work out the objects as they are at a time, unless the connection has them already."""
    database.execute("create temp table if not exists derived (now integer primary key)")
    if database.execute("select 1 from derived where now = ?", (now,)).fetchone():
        return
    for name in DERIVED:
        table = f"hubspot.{name}"
        database.execute(f'drop table if exists temp."{table}"')
        database.execute(
            f'create temp table "{table}" (id integer primary key, created integer, '
            "updated integer, deleted integer, body blob)"
        )
        database.execute(f'create index temp."{table} by updated" on "{table}" (updated, id)')
    database.execute("drop table if exists temp.derived_links")
    database.execute(
        "create temp table derived_links (from_type text, from_id integer, to_type text, "
        "to_id integer)"
    )
    _insert(database, "line_items", _line_items(database))
    made = int(read_meta(database)["start"])
    _insert(database, "products", _products(made, now))
    _insert(database, "tickets", _tickets(database, now))
    _insert(database, "leads", _leads(database, now))
    database.executemany("insert into derived_links values (?, ?, ?, ?)", _links(database))
    for side, other in (("from", "to"), ("to", "from")):
        database.execute(
            f'create index temp."derived links {side}" on derived_links '
            f"({side}_type, {side}_id, {other}_type, {other}_id)"
        )
    database.execute("delete from derived")
    database.execute("insert into derived values (?)", (now,))


def _insert(database: sqlite3.Connection, name: str, found: Iterable[_Derived]) -> None:
    database.executemany(
        f'insert into temp."hubspot.{name}" values (?, ?, ?, ?, ?)',  # noqa: S608
        [(row.id, row.created, row.updated, deleted, row.body) for row, deleted in found],
    )


def _draw(what: str, identity: int, choices: int) -> int:
    """Return a number below `choices` that is the same each time."""
    return crc32(b"%s:%d" % (what.encode(), identity)) % choices


def _rows(database: sqlite3.Connection, kind: str) -> list[tuple[int, int, int, int, bytes]]:
    return database.execute(
        f'select id, created, updated, deleted, body from "hubspot.{kind}" order by id'  # noqa: S608
    ).fetchall()


def _row(kind: str, identity: int, created: int, updated: int, properties: dict[str, str]) -> Row:
    body = object_body(kind, identity, created, updated, properties)
    return Row(identity, 0, created, updated, "", body)


# Line items: one to three a deal, which together cost what the deal is worth.


def _line_items(database: sqlite3.Connection) -> Iterator[_Derived]:
    for deal, created, updated, deleted, body in _rows(database, "deals"):
        properties = orjson.loads(body)
        cents = round(float(properties["amount"]) * 100)
        count = 1 + _draw("items", deal, MOST_ITEMS)
        won = dict(entered_stages(deal, properties)).get("closedwon")
        for place, part in enumerate(_shares(deal, cents, count)):
            identity = LINE_ITEM_BASE + (deal - DEAL_BASE) * 4 + place
            product = _draw("product", identity, len(PRODUCTS))
            quantity = next(n for n in (4, 3, 2, 1) if part % n == 0)
            changed = max(created, won or 0)
            item = _row(
                "line_items",
                identity,
                created,
                changed,
                {
                    "name": PRODUCTS[product][0],
                    "hs_product_id": str(PRODUCT_BASE + product),
                    "hs_sku": product_id(product),
                    "quantity": str(quantity),
                    "price": f"{part / quantity / 100:.2f}",
                    "amount": f"{part / 100:.2f}",
                    "hs_line_item_currency_code": properties["deal_currency_code"],
                    "hs_position_on_quote": str(place),
                    # Delivery begins when the deal is won.
                    "hs_recurring_billing_start_date": iso_ms(won)[:10] if won else "",
                    "delivery_site": ("Haifa", "Rotterdam", "Newark")[_draw("site", identity, 3)],
                },
            )
            # Who archives a deal archives its items; nothing else changes for that.
            yield (item._replace(updated=updated), DELETED) if deleted else (item, LIVE)


def _shares(deal: int, cents: int, count: int) -> list[int]:
    weights = [1 + _draw(f"share{place}", deal, 5) for place in range(count)]
    shares = [cents * weight // sum(weights) for weight in weights]
    return [cents - sum(shares[1:]), *shares[1:]]


# Products: those that Stripe sells too, dearer with every new year, and one that is sold no more.


def _products(made: int, now: int) -> Iterator[_Derived]:
    first, year = gmtime(made).tm_year, gmtime(now - 1).tm_year
    changed = max(made, midnight(date(year, 1, 1)))
    for number, (name, description, cents, recurring) in enumerate((*PRODUCTS, _RETIRED)):
        identity = PRODUCT_BASE + number
        product = _row(
            "products",
            identity,
            made * 1000 + identity % 997,
            changed * 1000 + identity % 997,
            {
                "name": name,
                "description": description,
                "hs_sku": product_id(number),
                "price": f"{cents * 1.03 ** (year - first) / 100:.2f}",
                "recurringbillingfrequency": "monthly" if recurring else "",
                "list_season": f"winter {year}",
            },
        )
        retired = made + _RETIRED_AFTER
        if number == len(PRODUCTS) and retired < now:
            yield product._replace(updated=retired * 1000), DELETED
        else:
            yield product, LIVE


# Tickets: one call in four leaves something to be done.


def ticket_of(call: int) -> int | None:
    """Return the id of the ticket that a call led to, if it did."""
    return None if _draw("ticket", call, 4) else TICKET_BASE + call - ENGAGEMENT_BASE


def _tickets(database: sqlite3.Connection, now: int) -> Iterator[_Derived]:
    for call, created, _, _, body in _rows(database, "calls"):
        identity = ticket_of(call)
        if identity is None:
            continue
        properties = orjson.loads(body)
        opened = created // 1000
        answered = opened + 7_200 + _draw("answered", identity, DAY)
        closed = answered + DAY + _draw("closed", identity, 3 * DAY)
        stage, at = next(
            (stage, at)
            for stage, at in (("4", closed), ("2", answered), ("1", opened))
            if at < now or at == opened
        )
        updated = max(created, at * 1000 + identity % 991)
        language = "he" if _draw("language", identity, 2) else "en"
        subject, content = TICKETS[language][_draw("subject", identity, len(TICKETS[language]))]
        ticket = _row(
            "tickets",
            identity,
            created,
            updated,
            {
                "subject": subject,
                "content": content,
                "hs_pipeline": "0",
                "hs_pipeline_stage": stage,
                "hs_ticket_priority": ("LOW", "MEDIUM", "HIGH")[_draw("priority", identity, 3)],
                "hs_ticket_category": _CATEGORIES[_draw("category", identity, 4)],
                "source_type": "PHONE",
                "hubspot_owner_id": properties["hubspot_owner_id"],
                "closed_date": iso_ms(updated) if stage == "4" else "",
                "affected_product": PRODUCTS[_draw("product", identity, len(PRODUCTS))][0],
            },
        )
        shelved = closed + _ARCHIVED_AFTER
        if _draw("shelved", identity, 20) == 0 and shelved < now:
            yield ticket._replace(updated=shelved * 1000), DELETED
        else:
            yield ticket, LIVE


# Leads: one contact in five once was one.


def lead_of(contact: int) -> int | None:
    """Return the id of the lead that a contact was, if it was one."""
    return None if _draw("lead", contact, 5) else LEAD_BASE + contact - CONTACT_BASE


def _leads(database: sqlite3.Connection, now: int) -> Iterator[_Derived]:
    for contact, created, gone_at, deleted, _ in _rows(database, "contacts"):
        identity = lead_of(contact)
        if identity is None:
            continue
        begun = min(created // 1000 + 3_600, now - 1)
        stage, after = next(step for step in reversed(LEAD_STAGES) if begun + step[1] < now)
        if stage == LEAD_STAGES[-1][0] and _draw("qualified", identity, 3) == 0:
            stage = _UNQUALIFIED
        opened = begun * 1000 + identity % 997
        updated = max(opened, (begun + after) * 1000 + identity % 991)
        if deleted == MERGED:
            updated = max(updated, gone_at)
        lead = _row(
            "leads",
            identity,
            opened,
            updated,
            {
                "hs_lead_name": DEALS[_draw("name", identity, len(DEALS))],
                "hs_lead_type": "NEW_BUSINESS" if _draw("type", identity, 3) else "UPSELL",
                "hs_lead_label": ("HOT", "WARM", "COLD")[_draw("label", identity, 3)],
                "hs_pipeline": "lead-pipeline-id",
                "hs_pipeline_stage": stage,
                "hubspot_owner_id": str(OWNER_BASE + _draw("owner", identity, len(STAFF))),
            },
        )
        if deleted == DELETED:
            yield lead._replace(updated=gone_at), DELETED
        else:
            yield lead, LIVE


def _links(database: sqlite3.Connection) -> list[_Link]:
    found: list[_Link] = []
    for deal, *_ in _rows(database, "deals"):
        for place in range(1 + _draw("items", deal, MOST_ITEMS)):
            item = LINE_ITEM_BASE + (deal - DEAL_BASE) * 4 + place
            found.append(("line_items", item, "deals", deal))
    for call, kind, other in database.execute(
        "select from_id, to_type, to_id from links where from_type = 'calls' order by 1, 2, 3"
    ).fetchall():
        ticket = ticket_of(call)
        if ticket is not None:
            found.append(("tickets", ticket, kind, other))
    winners = dict(database.execute("select loser, winner from merges").fetchall())
    employers = dict(
        database.execute(
            "select from_id, min(to_id) from links "
            "where from_type = 'contacts' and to_type = 'companies' group by from_id"
        ).fetchall()
    )
    for contact, _, _, deleted, _ in _rows(database, "contacts"):
        lead = lead_of(contact)
        if lead is None or deleted == DELETED:
            continue
        winner = winners.get(contact, contact)
        found.append(("leads", lead, "contacts", winner))
        if winner in employers:
            found.append(("leads", lead, "companies", employers[winner]))
    return found
