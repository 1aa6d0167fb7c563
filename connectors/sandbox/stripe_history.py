"""What happens in billing: subscriptions, invoices, payments that succeed or fail, refunds."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .behaviour import BEHAVIOURS, Behaviour
from .calendar_time import DAY, add_months
from .ids import token
from .rows import Row, Sink
from .stripe_payments import INVOICE
from .stripe_records import (
    FAILURES,
    PRODUCTS,
    Account,
    Charge,
    Invoice,
    Subscription,
    add_refund,
    address_json,
    charge_body,
    customer_body,
    price_id,
    price_of,
    product_id,
    save,
)

BARGAIN = BEHAVIOURS["bargain"]
_FEEDBACK = ("too_expensive", "missing_features", "switched_service", "unused", "low_quality")


@dataclass(frozen=True, slots=True)
class Line:
    """What an invoice is for."""

    product: int
    yearly: bool
    text: str
    period_start: int
    period_end: int
    subscription: str | None
    reason: str


class Biller:
    """Writes the billing history of accounts, between two times."""

    def __init__(self, rng: Random, sink: Sink, end: int) -> None:
        self._rng = rng
        self._sink = sink
        self._end = end

    def open_account(self, account: Account) -> None:
        """Add the customer itself; call it last, since it counts its invoices."""
        body = customer_body(account)
        save(
            self._sink,
            "customers",
            account.id,
            "",
            account.created,
            account.created,
            account.view.email.lower(),
            body,
            ("customer.created",) if account.events else (),
        )

    def purchases(
        self, account: Account, kind: Behaviour, start: int, end: int, whole_start: int
    ) -> None:
        """Write single purchases from `start` to `end`; the rate drifts since `whole_start`."""
        rng = self._rng
        when = float(start)
        span = max(1, 730 * DAY)
        while True:
            drift = min(1.0, (when - whole_start) / span)
            rate = kind.purchases * kind.trend**drift
            when += rng.expovariate(max(rate, 0.01) / (30 * DAY))
            if when >= end:
                return
            product = 4 + int(rng.random() ** 1.5 * 4)
            line = Line(product, False, PRODUCTS[product][0], int(when), int(when), None, "manual")
            self.invoice(account, kind, int(when), line)

    def subscribe(self, account: Account, kind: Behaviour, start: int, leaves: int) -> None:
        """Write a subscription and its invoices from `start` until it or the window ends."""
        rng = self._rng
        product = int(rng.random() ** 1.4 * 4)
        yearly = rng.random() < kind.yearly
        number = account.next()
        identity = f"sub_{token('sub' + account.id, number, 0, 24)}"
        subscription = Subscription(
            identity, product, yearly, account.currency, start, start, start, "active"
        )
        self.renew(account, kind, subscription, leaves)
        self.save_subscription(account, subscription, new=True)

    def renew(
        self, account: Account, kind: Behaviour, subscription: Subscription, leaves: int
    ) -> bool:
        """Carry a subscription on to the end of the window; return whether it changed."""
        rng = self._rng
        changed = False
        while subscription.period_end < self._end and not subscription.ended_at:
            start = subscription.period_end
            if subscription.canceled_at or (leaves and leaves <= start):
                subscription.canceled_at = subscription.canceled_at or max(
                    subscription.created, min(leaves, start)
                )
                subscription.ended_at = max(start, subscription.canceled_at)
                subscription.status = "canceled"
                subscription.feedback = subscription.feedback or _FEEDBACK[int(rng.random() * 5)]
                changed = True
                break
            if kind.trend > 2 and subscription.product < 2 and rng.random() < 0.08:
                subscription.product += 1  # a growing customer takes the larger plan
            months = 12 if subscription.yearly else 1
            subscription.period_start = start
            subscription.period_end = add_months(start, months)
            reason = (
                "subscription_create" if start == subscription.created else "subscription_cycle"
            )
            line = Line(
                subscription.product,
                subscription.yearly,
                f"1 × {PRODUCTS[subscription.product][0]}",
                start,
                subscription.period_end,
                subscription.id,
                reason,
            )
            status, subscription.latest_invoice = self.invoice(account, kind, start, line)
            subscription.status = "active" if status == "paid" else "past_due"
            if status == "uncollectible":
                subscription.canceled_at = subscription.ended_at = min(
                    self._end - 1, start + 30 * DAY
                )
                subscription.status, subscription.reason = "canceled", "payment_failed"
            changed = True
        if leaves and not subscription.canceled_at and leaves < self._end:
            subscription.canceled_at = max(subscription.created, leaves)
            subscription.cancel_at_period_end = True
            subscription.feedback = _FEEDBACK[int(rng.random() * 5)]
            changed = True
        return changed

    def save_subscription(
        self, account: Account, subscription: Subscription, new: bool
    ) -> tuple[Row, str]:
        """Add the subscription's row (or return it for an update) with the event that fits."""
        body = subscription.pack(account)
        updated = min(
            self._end - 1,
            max(subscription.period_start, subscription.canceled_at, subscription.ended_at),
        )
        event = "deleted" if subscription.status == "canceled" else "updated"
        if new:
            save(
                self._sink,
                "subscriptions",
                subscription.id,
                account.id,
                subscription.created,
                updated,
                subscription.status,
                body,
                ("customer.subscription.created", f"customer.subscription.{event}"),
            )
        row = Row(
            subscription.id, account.id, subscription.created, updated, subscription.status, body
        )
        return row, f"customer.subscription.{event}"

    def invoice(self, account: Account, kind: Behaviour, when: int, line: Line) -> tuple[str, str]:
        """Write an invoice with its payments; return its status and id."""
        rng, end = self._rng, self._end
        account.serial += 1
        number = account.next()
        identity = f"in_{token('in' + account.id, number, 0, 24)}"
        subtotal = price_of(line.product, account.currency, line.yearly)
        discount = 0
        if kind is BARGAIN and rng.random() < 0.7:
            step = 1 if account.currency == "jpy" else 10
            discount = int(subtotal * (0.1 + rng.random() * 0.3)) // step * step
        net = subtotal - discount
        tax = round(net * 0.18) if account.country == "IL" and account.currency == "ils" else 0
        amount = net + tax
        attempt = when + 3600 if line.subscription else when + int(rng.random() * 3600) + 60
        attempts, paid_at, failed = 0, 0, False
        while attempt < end and attempts < 4:
            attempts += 1
            failed = rng.random() < (kind.fails if attempts == 1 else 0.35)
            if not failed:
                paid_at = attempt
                break
            self._charge(account, kind, identity, number, attempts, amount, attempt, False)
            attempt += 3 * DAY
        status = "paid" if paid_at else "open"
        uncollectible = 0
        if not paid_at and attempts == 4 and when + 30 * DAY < end:
            status, uncollectible = "uncollectible", when + 30 * DAY
        invoice = Invoice(identity, number, when, status, amount, attempts, paid_at, uncollectible)
        if paid_at:
            self._charge(account, kind, identity, number, attempts, amount, paid_at, True)
        elif attempts:
            account.delinquent = True
        body = self._invoice_body(account, invoice, line, subtotal, discount, tax, net)
        events = ["invoice.created", "invoice.finalized"]
        if paid_at:
            events.append("invoice.paid")
        elif uncollectible:
            events.append("invoice.marked_uncollectible")
        elif attempts:
            events.append("invoice.payment_failed")
        save(
            self._sink,
            "invoices",
            identity,
            account.id,
            when,
            max(when, paid_at, uncollectible),
            status,
            body,
            tuple(events),
        )
        return status, identity

    def _invoice_body(
        self,
        account: Account,
        invoice: Invoice,
        line: Line,
        subtotal: int,
        discount: int,
        tax: int,
        net: int,
    ) -> bytes:
        view = account.view
        paid = invoice.amount if invoice.paid_at else 0
        item = (line.subscription or "")[4:18]
        waiting = invoice.status == "open" and invoice.attempts and invoice.attempts < 4
        return INVOICE.pack(
            invoice.id.encode(),
            account.id.encode(),
            invoice.id[3:].encode(),
            f"{account.prefix}-{account.serial:04d}".encode(),
            account.currency.encode(),
            invoice.amount,
            subtotal,
            paid,
            invoice.amount - paid,
            invoice.attempts,
            invoice.attempts > 0,
            line.reason.encode(),
            invoice.created,
            address_json(view),
            view.email or None,
            view.name or None,
            view.phone or None,
            None if line.subscription else line.text,
            None,
            line.text,
            item.encode(),
            line.period_start,
            line.period_end,
            price_id(line.product, line.yearly).encode(),
            product_id(line.product).encode(),
            line.subscription,
            invoice.created + 3600 + invoice.attempts * 3 * DAY if waiting else None,
            invoice.status.encode(),
            invoice.uncollectible_at or None,
            invoice.paid_at or None,
            [{"amount": discount, "discount": f"di_{invoice.id[3:]}"}] if discount else [],
            [
                {
                    "amount": tax,
                    "tax_behavior": "exclusive",
                    "tax_rate_details": {"tax_rate": "txr_sandboxVat18"},
                    "taxability_reason": "standard_rated",
                    "taxable_amount": net,
                    "type": "tax_rate_details",
                }
            ]
            if tax
            else [],
        )

    def _charge(
        self,
        account: Account,
        kind: Behaviour,
        invoice: str,
        number: int,
        attempt: int,
        amount: int,
        when: int,
        paid: bool,
    ) -> None:
        rng = self._rng
        mark = token("pay" + account.id, number, attempt, 24)
        identity = f"ch_{mark}"
        refunded, refunded_at = 0, 0
        if paid and rng.random() < kind.refunds:
            at = when + int((1 + rng.random() * 20) * DAY)
            if at < self._end:
                whole = rng.random() < 0.7
                refunded, refunded_at = (amount if whole else max(1, amount // 2)), at
        charge = Charge(
            identity, invoice, amount, when, paid, refunded, mark[:17], account.number % 4
        )
        failure = None if paid else FAILURES[int(rng.random() * len(FAILURES))]
        body = charge_body(account, charge, failure)
        events = ("charge.succeeded" if paid else "charge.failed",)
        save(
            self._sink,
            "charges",
            identity,
            account.id,
            when,
            max(when, refunded_at),
            "succeeded" if paid else "failed",
            body,
            (*events, "charge.refunded") if refunded else events,
        )
        if refunded:
            add_refund(self._sink, rng, account.id, account.currency, charge, refunded, refunded_at)
