"""Stripe's objects and events that are not stored: they follow from what is, and from the clock.

So a sandbox of a hundred thousand people is no larger for them, and they are made when asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from heapq import merge
from itertools import groupby
from typing import Any

import orjson

from . import stripe_catalog as catalog
from . import stripe_followers as follow
from .calendar_time import DAY
from .rows import Row
from .stripe_records import event_body

Json = dict[str, Any]
Entry = tuple[int, str, Json | Row]
"""When, the id, and what is served: an object, or the row of a stored event."""

EVENT_DAYS = 30
_ALWAYS = 1 << 40


@dataclass(frozen=True, slots=True)
class Shop:
    """The store, its present time, and when its history begins."""

    database: sqlite3.Connection
    now: int
    start: int


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, both included, and in which direction."""

    low: int
    high: int
    down: bool = True


@dataclass(frozen=True, slots=True)
class Follower:
    """Objects of which each follows from one stored row.

    Attributes:
        table: of the rows.
        where: which of the rows.
        make: the object of a row as it was at a time; None if the row has none.
        delay: seconds from the row's time to the object's.
        moments: seconds after that, and the event of that time.
    """

    table: str
    where: str
    make: Callable[[sqlite3.Connection, Row, int], Json | None]
    delay: int = 0
    moments: tuple[tuple[int, str], ...] = ()

    def objects(self, shop: Shop, span: Span) -> Iterator[Entry]:
        """The objects of a span of time, as they are now."""
        for row in self._rows(shop, span, self.delay):
            thing = self.make(shop.database, row, shop.now)
            if thing is not None:
                yield thing["created"], thing["id"], thing

    def events(self, shop: Shop, span: Span, types: Sequence[str]) -> Iterator[Iterator[Entry]]:
        """For each kind of moment the events of a span of time."""
        for after, kind in self.moments:
            if _wanted(kind, types):
                yield self._moments(shop, span, after, kind)

    def _moments(self, shop: Shop, span: Span, after: int, kind: str) -> Iterator[Entry]:
        for row in self._rows(shop, span, self.delay + after):
            at = row.created + self.delay + after
            thing = self.make(shop.database, row, at)
            if thing is not None and not (
                kind == "credit_note.voided" and thing["status"] != "void"
            ):
                yield event_entry(at, kind, thing)

    def _rows(self, shop: Shop, span: Span, later: int) -> Iterator[Row]:
        down = " desc" if span.down else ""
        rows = shop.database.execute(
            f'select id, parent, created, updated, tag, body from "stripe.{self.table}" rows '  # noqa: S608
            f"where created between ? and ? and ({self.where}) order by created{down}, id{down}",
            (span.low - later, min(span.high, shop.now) - later),
        )
        for row in rows:
            yield Row(*row)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A few objects whose every change follows from the calendar."""

    history: Callable[[int, int], Iterator[catalog.Happening]]

    def objects(self, shop: Shop, span: Span) -> Iterator[Entry]:
        """The objects of a span of time, as they are now."""
        known: dict[str, Json] = {}
        for each in self.history(shop.start, shop.now):
            known[each.thing["id"]] = each.thing
            if each.kind.endswith(".deleted"):
                del known[each.thing["id"]]
        found = [(thing["created"], key, thing) for key, thing in known.items()]
        yield from _within(found, span)

    def events(self, shop: Shop, span: Span, types: Sequence[str]) -> Iterator[Iterator[Entry]]:
        """The events of a span of time."""
        found = [
            event_entry(each.at, each.kind, each.thing)
            for each in self.history(shop.start, shop.now)
            if _wanted(each.kind, types) and span.low <= each.at <= span.high
        ]
        yield _within(found, span)


def _within(entries: Sequence[Entry], span: Span) -> Iterator[Entry]:
    kept = [each for each in entries if span.low <= each[0] <= span.high]
    yield from sorted(kept, key=lambda each: each[:2], reverse=span.down)


def _wanted(kind: str, types: Sequence[str]) -> bool:
    return not types or any(fnmatchcase(kind, each) for each in types)


def event_entry(at: int, kind: str, thing: Json) -> Entry:
    """An event with the object as it was then."""
    identity = follow.event_id(at, kind, thing["id"])
    event: Json = {
        "id": identity,
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": at,
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    return at, identity, event


Source = Follower | Calendar

_PAID = "tag = 'succeeded'"
STREAMS: dict[str, tuple[Source, ...]] = {
    "prices": (Calendar(catalog.price_history),),
    "plans": (Calendar(catalog.plan_history),),
    "coupons": (Calendar(catalog.coupon_history),),
    "promotion_codes": (Calendar(catalog.promotion_code_history),),
    "payment_intents": (
        Follower(
            "charges", _PAID, follow.payment_intent, moments=((0, "payment_intent.succeeded"),)
        ),
        Follower(
            "charges",
            "tag = 'failed'",
            follow.payment_intent,
            moments=((0, "payment_intent.payment_failed"),),
        ),
    ),
    "balance_transactions": (
        Follower("charges", _PAID, follow.charge_transaction),
        Follower("refunds", "1", follow.refund_transaction),
    ),
    "disputes": (
        Follower(
            "charges",
            f"{_PAID} and substr(id, 4, 1) = '7'",
            follow.dispute,
            follow.DISPUTE_DELAY,
            (
                (0, "charge.dispute.created"),
                (follow.UNDER_REVIEW, "charge.dispute.updated"),
                (follow.CLOSED, "charge.dispute.closed"),
            ),
        ),
    ),
    "credit_notes": (
        Follower(
            "refunds",
            "substr(id, 4, 1) < 'h'",
            follow.credit_note,
            moments=((0, "credit_note.created"), (follow.VOIDED, "credit_note.voided")),
        ),
    ),
    "checkout/sessions": (
        Follower(
            "charges",
            f"{_PAID} and substr(id, 4, 1) < 'W'",
            follow.bought_session,
            moments=((0, "checkout.session.completed"),),
        ),
        Follower(
            "customers",
            "substr(id, 5, 1) < 'C'",
            follow.abandoned_session,
            follow.ABANDONED_DELAY,
            ((follow.EXPIRED, "checkout.session.expired"),),
        ),
    ),
}
"""The lists that are served, and what they are made of."""

_METHODS = (
    Follower(
        "charges",
        follow.FIRST_PAID,
        follow.payment_method,
        moments=((0, "payment_method.attached"),),
    ),
    Follower(
        "charges",
        follow.FIRST_PAID,
        follow.renewed_method,
        moments=((follow.RENEWED, "payment_method.automatically_updated"),),
    ),
    Follower(
        "events",
        "tag = 'customer.deleted'",
        follow.detached_method,
        moments=((0, "payment_method.detached"),),
    ),
)
"""Payment methods are listed by their customers only."""

FILTERS: dict[str, set[str]] = {
    "prices": {"active", "currency", "product", "type"},
    "plans": {"active", "product"},
    "coupons": set(),
    "promotion_codes": {"active", "code"},
    "payment_intents": {"customer"},
    "balance_transactions": {"currency", "source", "type"},
    "disputes": {"charge", "payment_intent"},
    "credit_notes": {"customer", "invoice"},
    "checkout/sessions": {"customer", "payment_intent", "status"},
}
"""What each list can be filtered by: fields of its objects."""


def objects(shop: Shop, stream: str, span: Span, filters: Mapping[str, str]) -> Iterator[Entry]:
    """A stream's objects of a span of time, as they are now, in order."""
    for entry in _merged([source.objects(shop, span) for source in STREAMS[stream]], span.down):
        thing = entry[2]
        if isinstance(thing, dict) and all(
            _text(thing.get(name)) == value for name, value in filters.items()
        ):
            yield entry


def find(shop: Shop, stream: str, identity: str) -> Entry | None:
    """One object, as it is now."""
    span = Span(-_ALWAYS, _ALWAYS)
    for source in STREAMS[stream]:
        if isinstance(source, Calendar):
            entries = source.objects(shop, span)
        else:
            row = _row_of(shop, identity)
            if row is None:
                continue
            entries = source.objects(
                shop, Span(row.created + source.delay, row.created + source.delay)
            )
        for entry in entries:
            if entry[1] == identity:
                return entry
    return None


def _row_of(shop: Shop, identity: str) -> Row | None:
    """The stored row that an object follows from: its mark is the beginning of the charge's id."""
    if identity.startswith("cs_test_b"):
        key = f"cus_{identity.removeprefix('cs_test_b')}"
        return _first(shop, "customers", "id = ?", key)
    prefix, _, mark = identity.removeprefix("cs_test_a").rpartition("_")
    of_refund = prefix == "cn" or (prefix == "txn" and len(mark) > _MARK)
    begin = f"ch_{mark[-_MARK:]}"
    charge = _first(shop, "charges", "id >= ? and id < ?", begin, f"{begin}\x7f")
    if charge is None or not of_refund:
        return charge
    return _first(shop, "refunds", "parent = ?", str(charge.id))


_MARK = 17
"""Characters of a charge's id that the ids of what follows from it share."""


def _first(shop: Shop, table: str, where: str, *values: str) -> Row | None:
    found = shop.database.execute(
        f'select id, parent, created, updated, tag, body from "stripe.{table}" where {where}',  # noqa: S608
        values,
    ).fetchone()
    return Row(*found) if found else None


def events(shop: Shop, span: Span, types: Sequence[str]) -> Iterator[Entry]:
    """The events of a span of time that Stripe still remembers, in order."""
    span = Span(max(span.low, shop.now - EVENT_DAYS * DAY), min(span.high, shop.now), span.down)
    parts = [_stored_events(shop, span, types)]
    for source in (*(each for sources in STREAMS.values() for each in sources), *_METHODS):
        parts.extend(source.events(shop, span, types))
    return _merged(parts, span.down)


def _stored_events(shop: Shop, span: Span, types: Sequence[str]) -> Iterator[Entry]:
    down = " desc" if span.down else ""
    wanted = " or ".join(["tag glob ?"] * len(types)) or "1"
    rows = shop.database.execute(
        'select id, parent, created, updated, tag, body from "stripe.events" '  # noqa: S608
        f"where created between ? and ? and ({wanted}) order by created{down}, id{down}",
        (span.low, span.high, *types),
    )
    for row in rows:
        yield row[2], row[0], Row(*row)


def find_event(shop: Shop, identity: str) -> Entry | None:
    """One event that Stripe still remembers."""
    found = shop.database.execute(
        'select created from "stripe.events" where id = ?', (identity,)
    ).fetchone()
    at = found[0] if found else follow.event_time(identity)
    if at is None:
        return None
    return next((each for each in events(shop, Span(at, at), ()) if each[1] == identity), None)


def payment_methods(shop: Shop, customer: str) -> list[Json]:
    """The payment methods of a customer."""
    charge = follow.first_paid(shop.database, customer)
    return [] if charge is None else [follow.payment_method(shop.database, charge, shop.now)]


def served(entry: Entry) -> bytes:
    """The JSON of an entry."""
    body = entry[2]
    return orjson.dumps(body) if isinstance(body, dict) else event_body(body)


def _merged(parts: Sequence[Iterator[Entry]], down: bool) -> Iterator[Entry]:
    """Entries of several ordered sources in one order: by time, and by id within a second."""
    ordered = merge(*parts, key=lambda each: each[0], reverse=down)
    for _, same in groupby(ordered, key=lambda each: each[0]):
        yield from sorted(same, key=lambda each: each[1], reverse=down)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
