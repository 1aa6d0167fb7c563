"""Stripe's records as billing writes them: products, customers, charges, events."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from random import Random

from .ids import token
from .messiness import View
from .rows import Row, Sink
from .stripe_objects import CUSTOMER, EVENT, PRODUCT, SHAPES, SUBSCRIPTION
from .stripe_payments import ADDRESS_KEYS, CHARGE, REFUND

CURRENCIES = {"IL": "ils", "US": "usd", "GB": "gbp", "DE": "eur", "FR": "eur"}
# Minor units of each currency to one US cent; yen have no minor unit.
_RATES = {"usd": 1.0, "ils": 3.5, "eur": 0.95, "gbp": 0.8, "jpy": 1.5}
# name, description, price in US cents (monthly; a year costs ten months), sold as subscription
PRODUCTS = (
    ("Starter", "One workspace, community support", 1900, True),
    ("Team", "Five seats and shared inboxes", 4900, True),
    ("Business", "Unlimited seats, reports, priority support", 12900, True),
    ("מסלול משפחה", "מנוי משפחתי, עד חמישה משתמשים", 2900, True),
    ("Setup service", "Guided set-up, two hours", 24900, False),
    ("Training day", "On-site training", 89000, False),
    ("Extra storage", "100 GB, one time", 3900, False),
    ("כרטיס מתנה", "כרטיס מתנה לחנות", 15000, False),
)
_CARDS = (("visa", "4242"), ("mastercard", "4444"), ("amex", "0005"), ("visa", "1881"))
FAILURES = (
    ("card_declined", "Your card was declined.", "generic_decline"),
    ("expired_card", "Your card has expired.", "expired_card"),
    ("card_declined", "Your card has insufficient funds.", "insufficient_funds"),
    ("processing_error", "An error occurred while processing your card.", "processing_error"),
)


def price_of(product: int, currency: str, yearly: bool) -> int:
    """Return a price in minor units, rounded as price lists are."""
    cents = PRODUCTS[product][2] * _RATES[currency] * (10 if yearly else 1)
    step = 100 if currency == "jpy" else 10
    return round(cents / step) * step


@cache
def product_id(number: int) -> str:
    """Return the id of a product."""
    return f"prod_{token('product', number)}"


@cache
def price_id(number: int, yearly: bool) -> str:
    """Return the id of a product's monthly or yearly price."""
    return f"price_{token('price', number, int(yearly), 24)}"


def product_rows(created: int, sink: Sink) -> None:
    """Add the product list."""
    for number, (name, description, _, _) in enumerate(PRODUCTS):
        identity = product_id(number)
        default = price_id(number, False)
        body = PRODUCT.pack(
            identity.encode(), True, created, default.encode(), description, name, created
        )
        save(sink, "products", identity, "", created, created, "active", body, ("product.created",))


def save(
    sink: Sink,
    stream: str,
    identity: str,
    customer: str,
    created: int,
    updated: int,
    tag: str,
    body: bytes,
    events: tuple[str, ...],
) -> None:
    """Add an object, and an event of each named type if Stripe would still remember it."""
    sink.add(f"stripe.{stream}", Row(identity, customer, created, updated, tag, body))
    for event in events:
        when = created if event.endswith(".created") else updated
        if when >= sink.events_since:
            add_event(sink, event, stream, identity, when, body)


def add_event(sink: Sink, event: str, stream: str, identity: str, when: int, body: bytes) -> None:
    """Note that something happened; the event keeps the object as it was."""
    number = len(sink.rows["stripe.events"])
    event_id = f"evt_{token(f'{event}{identity}{when}', number, 0, 24)}"
    sink.add("stripe.events", Row(event_id, stream, when, when, event, body))


def event_body(row: Row) -> bytes:
    """Return an event's full JSON."""
    snapshot = SHAPES[str(row.parent)].expand(row.body)
    return EVENT.expand(
        b"\x1f".join((str(row.id).encode(), b"%d" % row.created, row.tag.encode(), snapshot))
    )


@dataclass(slots=True)
class Account:
    """A customer as billing needs it while it writes history."""

    id: str
    number: int  # a number that no other customer has, for ids
    prefix: str
    created: int
    currency: str
    country: str
    view: View
    serial: int = 0  # invoices written so far
    objects: int = 0  # objects written so far
    delinquent: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    updated: int = 0
    events: bool = True

    def next(self) -> int:
        """Return a number for one more object of this customer."""
        self.objects += 1
        return self.objects


def address_json(view: View) -> dict[str, str | None] | None:
    """Return a view's address as Stripe shows it, or None."""
    if not view.city:
        return None
    values = (view.city, view.country, view.street, view.flat, view.postcode, view.region)
    return {key: value or None for key, value in zip(ADDRESS_KEYS, values, strict=True)}


def preferred_locales(view: View, number: int) -> list[str]:
    """Return the languages that the customer with this account number asks for."""
    if view.language == "en" and number % 3 == 0:
        return []
    return [{"he": "he-IL", "de": "de-DE"}.get(view.language, "en-US")]


def customer_body(account: Account) -> bytes:
    """Pack a customer."""
    view = account.view
    return CUSTOMER.pack(
        account.id.encode(),
        address_json(view),
        0,
        account.created,
        account.currency if account.serial else None,
        account.delinquent,
        account.description,
        view.email or None,
        account.prefix.encode(),
        account.metadata,
        view.name or None,
        account.serial + 1,
        view.phone or None,
        preferred_locales(view, account.number),
    )


@dataclass(frozen=True, slots=True)
class Invoice:
    """The changing facts of an invoice."""

    id: str
    number: int
    created: int
    status: str
    amount: int
    attempts: int
    paid_at: int
    uncollectible_at: int


@dataclass(frozen=True, slots=True)
class Charge:
    """The changing facts of a charge."""

    id: str
    invoice: str
    amount: int
    created: int
    paid: bool
    refunded: int
    mark: str
    card: int


def charge_body(account: Account, charge: Charge, failure: tuple[str, str, str] | None) -> bytes:
    """Pack a charge; `failure` is (code, message, reason) of one that failed."""
    brand, last4 = _CARDS[charge.card]
    captured = charge.amount if charge.paid else 0
    return CHARGE.pack(
        charge.id.encode(),
        account.id.encode(),
        charge.invoice.encode(),
        charge.amount,
        captured,
        charge.refunded,
        f"txn_{charge.mark}" if charge.paid else None,
        account.view.email or None,
        account.view.name or None,
        account.view.phone or None,
        charge.paid,
        charge.created,
        account.currency.encode(),
        "Payment for invoice",
        failure[0] if failure else None,
        failure[1] if failure else None,
        failure[2] if failure else None,
        charge.mark.encode(),
        charge.mark.encode(),
        brand.encode(),
        account.country.encode(),
        last4.encode(),
        charge.refunded == charge.amount,
        b"succeeded" if charge.paid else b"failed",
    )


def add_refund(
    sink: Sink, rng: Random, customer: str, currency: str, charge: Charge, amount: int, when: int
) -> None:
    """Add a refund of a charge."""
    identity = f"re_{token('re' + charge.id, 0, 0, 24)}"
    body = REFUND.pack(
        identity.encode(),
        amount,
        charge.mark.encode(),
        charge.id.encode(),
        when,
        currency.encode(),
        customer.encode(),
        charge.mark.encode(),
        charge.mark.encode(),
        ("requested_by_customer", "duplicate", None)[int(rng.random() ** 2 * 3)],
    )
    save(sink, "refunds", identity, charge.id, when, when, "succeeded", body, ("refund.created",))


@dataclass(slots=True)
class Subscription:
    """A subscription while time passes over it; 0 stands for never."""

    id: str
    product: int
    yearly: bool
    currency: str
    created: int
    period_start: int
    period_end: int
    status: str
    canceled_at: int = 0
    ended_at: int = 0
    cancel_at_period_end: bool = False
    feedback: str | None = None
    reason: str | None = None
    latest_invoice: str | None = None

    def pack(self, account: Account) -> bytes:
        """Pack it."""
        interval = "year" if self.yearly else "month"
        price = price_id(self.product, self.yearly)
        reason = self.reason or ("cancellation_requested" if self.canceled_at else None)
        return SUBSCRIPTION.pack(
            self.id.encode(),
            account.id.encode(),
            self.id[4:18].encode(),
            price.encode(),
            product_id(self.product).encode(),
            self.currency.encode(),
            interval.encode(),
            price_of(self.product, self.currency, self.yearly),
            self.created,
            self.created,
            self.period_start,
            self.period_end,
            self.status.encode(),
            self.period_end if self.cancel_at_period_end and not self.ended_at else None,
            self.cancel_at_period_end and not self.ended_at,
            self.canceled_at or None,
            self.feedback,
            reason,
            self.ended_at or None,
            self.latest_invoice,
        )
