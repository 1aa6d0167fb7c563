"""Billing while time passes: renewals, single purchases, late payments."""

from __future__ import annotations

import math

import orjson

from .behaviour import Behaviour
from .calendar_time import DAY
from .ids import token
from .messiness import View
from .rows import Row
from .stripe_history import Biller, Line
from .stripe_objects import CUSTOMER, SUBSCRIPTION
from .stripe_payments import INVOICE
from .stripe_records import (
    CURRENCIES,
    PRODUCTS,
    Account,
    Charge,
    Subscription,
    add_event,
    charge_body,
    customer_body,
    product_id,
)
from .world import World

_COUNTRIES = {"ils": "IL", "usd": "US", "gbp": "GB", "eur": "DE"}


def read_account(world: World, row: Row) -> Account:
    """Return a stored customer as billing works with it."""
    stored = CUSTOMER.values(row.body)
    address = orjson.loads(stored["address"]) or {}
    locales = orjson.loads(stored["locales"])
    view = View(
        given=orjson.loads(stored["name"]) or "",
        email=orjson.loads(stored["email"]) or "",
        phone=orjson.loads(stored["phone"]) or "",
        street=address.get("line1") or "",
        flat=address.get("line2") or "",
        city=address.get("city") or "",
        region=address.get("state") or "",
        postcode=address.get("postal_code") or "",
        country=address.get("country") or "",
        language=locales[0][:2] if locales else "en",
    )
    currency = orjson.loads(stored["currency"])
    if not currency:
        currency = CURRENCIES.get(view.country, "ils" if view.language == "he" else "usd")
    return Account(
        str(row.id),
        1 if locales else 0,
        stored["prefix"].decode(),
        row.created,
        currency,
        view.country or _COUNTRIES.get(currency, "US"),
        view,
        serial=orjson.loads(stored["next_invoice"]) - 1,
        objects=world.start,  # numbers that no earlier object of this customer had
        delinquent=orjson.loads(stored["delinquent"]),
        metadata=orjson.loads(stored["metadata"]),
        description=orjson.loads(stored["description"]),
    )


def bill(world: World) -> None:
    """Carry every customer's billing through the window."""
    biller = Biller(world.rng, world.sink, world.end)
    subscriptions: dict[str, list[Row]] = {}
    for row in world.rows("stripe.subscriptions", "tag <> 'canceled'"):
        subscriptions.setdefault(str(row.parent), []).append(row)
    overdue: dict[str, list[Row]] = {}
    for row in world.rows("stripe.invoices", "tag = 'open'"):
        overdue.setdefault(str(row.parent), []).append(row)
    for row in world.rows("stripe.customers"):
        kind, left = world.behaviour(world.person_no("stripe", row.id))
        if _due(world, kind, left) or row.id in subscriptions or row.id in overdue:
            _bill_customer(
                world,
                biller,
                row,
                kind,
                left,
                subscriptions.get(str(row.id), []),
                overdue.get(str(row.id), []),
            )


def _due(world: World, kind: Behaviour, left: int) -> bool:
    if left and left < world.start:
        return False
    rate = kind.purchases * kind.trend**0.7
    return world.rng.random() > math.exp(-rate * world.days / 30)


def _bill_customer(
    world: World,
    biller: Biller,
    row: Row,
    kind: Behaviour,
    left: int,
    subscriptions: list[Row],
    overdue: list[Row],
) -> None:
    rng = world.rng
    account = read_account(world, row)
    before = (account.serial, account.delinquent)
    latest = world.start
    for invoice in overdue:
        latest = max(latest, _settle(world, account, invoice))
    for stored in subscriptions:
        subscription = read_subscription(stored)
        if not biller.renew(account, kind, subscription, left):
            continue
        changed, event = biller.save_subscription(account, subscription, new=False)
        if changed.updated <= stored.updated or changed.updated < world.start:
            changed = changed._replace(updated=world.moment())
        world.update("stripe.subscriptions", changed)
        add_event(
            world.sink, event, "subscriptions", subscription.id, changed.updated, changed.body
        )
        latest = max(latest, changed.updated)
    if not subscriptions and not (left and left < world.start):
        when = world.moment()
        product = 4 + int(rng.random() ** 1.5 * 4)
        line = Line(product, False, PRODUCTS[product][0], when, when, None, "manual")
        biller.invoice(account, kind, when, line)
        latest = max(latest, when)
    if (account.serial, account.delinquent) != before:
        changed = row._replace(updated=min(latest + 1, world.end - 1), body=customer_body(account))
        world.update("stripe.customers", changed)
        add_event(
            world.sink,
            "customer.updated",
            "customers",
            account.id,
            changed.updated,
            changed.body,
        )


def read_subscription(row: Row) -> Subscription:
    """Return a stored subscription."""
    stored = SUBSCRIPTION.values(row.body)
    products = {product_id(number): number for number in range(len(PRODUCTS))}
    return Subscription(
        str(row.id),
        products[stored["product"].decode()],
        stored["interval"] == b"year",
        stored["currency"].decode(),
        row.created,
        orjson.loads(stored["period_start"]),
        orjson.loads(stored["period_end"]),
        row.tag,
        orjson.loads(stored["canceled_at"]) or 0,
        orjson.loads(stored["ended_at"]) or 0,
        orjson.loads(stored["cancel_at_period_end"]),
        orjson.loads(stored["feedback"]),
        orjson.loads(stored["reason"]),
        orjson.loads(stored["latest_invoice"]),
    )


def _settle(world: World, account: Account, row: Row) -> int:
    """Let an open invoice be paid, or given up after a month; return when."""
    rng = world.rng
    values = INVOICE.values(row.body)
    amount = int(values["amount"])
    when = world.moment()
    if rng.random() < 0.65:
        mark = token(f"settle{row.id}", world.start, 0, 24)
        charge = Charge(
            f"ch_{mark}", str(row.id), amount, when, True, 0, mark[:17], int(amount) % 4
        )
        body = charge_body(account, charge, None)
        world.sink.add("stripe.charges", Row(charge.id, account.id, when, when, "succeeded", body))
        add_event(world.sink, "charge.succeeded", "charges", charge.id, when, body)
        changed = row._replace(
            updated=when,
            tag="paid",
            body=INVOICE.changed(
                row.body,
                status=b"paid",
                paid=amount,
                remaining=0,
                paid_at=when,
                attempts=int(values["attempts"]) + 1,
                attempted=True,
                next_attempt=None,
            ),
        )
        account.delinquent = False
        event = "invoice.paid"
    elif row.created + 30 * DAY < world.end:
        when = max(when, row.created + 30 * DAY)
        changed = row._replace(
            updated=when,
            tag="uncollectible",
            body=INVOICE.changed(
                row.body, status=b"uncollectible", uncollectible_at=when, next_attempt=None
            ),
        )
        event = "invoice.marked_uncollectible"
    else:
        return world.start
    world.update("stripe.invoices", changed)
    add_event(world.sink, event, "invoices", str(row.id), when, changed.body)
    return when
