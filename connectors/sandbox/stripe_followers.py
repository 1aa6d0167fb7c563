"""Stripe's objects that follow from charges and refunds: what a payment leaves behind.

None of them is stored. Each is made of the row that it follows from, as it was at a given time.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from .calendar_time import DAY
from .ids import token
from .rows import Row
from .stripe_objects import CUSTOMER
from .stripe_payments import ADDRESS_KEYS, CHARGE, INVOICE, REFUND

Json = dict[str, Any]

DISPUTE_DELAY, UNDER_REVIEW, CLOSED = 10 * DAY, 7 * DAY, 30 * DAY
VOIDED = 5 * DAY
RENEWED = 200 * DAY
"""When the bank sends a new card, and Stripe learns of it."""
ABANDONED_DELAY, EXPIRED = 2 * DAY, DAY


def _texts(values: dict[str, bytes], *names: str) -> list[str]:
    return [values[name].decode() for name in names]


def _json(value: bytes) -> Any:
    return orjson.loads(value)


def payment_intent(_: sqlite3.Connection, charge: Row, _at: int) -> Json:
    """The intent of a charge: each attempt to be paid has its own."""
    values = CHARGE.values(charge.body)
    mark, currency, customer, method = _texts(values, "intent", "currency", "customer", "method")
    amount, paid = int(values["amount"]), charge.tag == "succeeded"
    error = None
    if not paid:
        error = {
            "charge": str(charge.id),
            "code": _json(values["failure_code"]),
            "decline_code": _json(values["decline"]),
            "message": _json(values["failure_message"]),
            "type": "card_error",
        }
    return {
        "id": f"pi_{mark}",
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": amount if paid else 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"pi_{mark}_secret_sandbox",
        "confirmation_method": "automatic",
        "created": charge.created,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "description": _json(values["description"]),
        "excluded_payment_method_types": None,
        "last_payment_error": error,
        "latest_charge": str(charge.id),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": f"pm_{method}" if paid else None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": _json(values["email"]),
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge_transaction(_: sqlite3.Connection, charge: Row, at: int) -> Json:
    """What a charge brings, less the fee."""
    values = CHARGE.values(charge.body)
    (currency,) = _texts(values, "currency")
    amount = int(values["amount"])
    fee = round(amount * 0.029) + 30
    return _transaction(
        _json(values["transaction"]), "charge", str(charge.id), charge, currency, amount, fee, at
    )


def refund_transaction(_: sqlite3.Connection, refund: Row, at: int) -> Json:
    """What a refund takes away."""
    values = REFUND.values(refund.body)
    mark, currency = _texts(values, "transaction", "currency")
    amount = -int(values["amount"])
    return _transaction(f"txn_rf{mark}", "refund", str(refund.id), refund, currency, amount, 0, at)


def _transaction(
    identity: str, kind: str, source: str, row: Row, currency: str, amount: int, fee: int, at: int
) -> Json:
    # Refunds leave at once; what is paid can be had on the eighth day.
    available = row.created if kind == "refund" else (row.created // DAY + 8) * DAY
    details = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return {
        "id": identity,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available,
        "balance_type": "payments",
        "created": row.created,
        "currency": currency,
        "description": "Payment for invoice" if kind == "charge" else "REFUND FOR PAYMENT",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source,
        "status": "available" if available <= at else "pending",
        "type": kind,
    }


def dispute(_: sqlite3.Connection, charge: Row, at: int) -> Json:
    """A bank's inquiry about a charge; inquiries move no money."""
    values = CHARGE.values(charge.body)
    mark, currency, brand = _texts(values, "intent", "currency", "brand")
    created = charge.created + DISPUTE_DELAY
    age = at - created
    status = "warning_needs_response"
    if age >= CLOSED:
        status = "warning_closed"
    elif age >= UNDER_REVIEW:
        status = "warning_under_review"
    told = age >= UNDER_REVIEW
    evidence = dict.fromkeys(_EVIDENCE)
    return {
        "id": f"dp_{mark}",
        "object": "dispute",
        "amount": int(values["amount"]),
        "balance_transactions": [],
        "charge": str(charge.id),
        "created": created,
        "currency": currency,
        "enhanced_eligibility_types": [],
        "evidence": {
            **evidence,
            "enhanced_evidence": {},
            "product_description": "Subscription to Kesher Sandbox" if told else None,
        },
        "evidence_details": {
            "due_by": created + 14 * DAY,
            "enhanced_eligibility": {},
            "has_evidence": told,
            "past_due": False,
            "submission_count": int(told),
        },
        "is_charge_refundable": True,
        "livemode": False,
        "metadata": {},
        "payment_intent": f"pi_{mark}",
        "payment_method_details": {
            "card": {
                "brand": brand,
                "case_type": "inquiry",
                "network": brand,
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": "general",
        "status": status,
    }


_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def credit_note(database: sqlite3.Connection, refund: Row, at: int) -> Json | None:
    """The note on the invoice whose payment was refunded; some are taken back later."""
    values = REFUND.values(refund.body)
    mark, currency, customer = _texts(values, "transaction", "currency", "customer")
    found = database.execute(
        'select body from "stripe.charges" where id = ?', (refund.parent,)
    ).fetchone()
    invoice = CHARGE.values(found[0])["invoice"].decode() if found else ""
    lines = database.execute(
        'select body from "stripe.invoices" where id = ?', (invoice,)
    ).fetchone()
    if lines is None:
        return None
    billed = INVOICE.values(lines[0])
    amount = int(values["amount"])
    voided = mark[1] < "W" and at >= refund.created + VOIDED
    reason = _json(values["reason"])
    return {
        "id": f"cn_{mark}",
        "object": "credit_note",
        "amount": amount,
        "amount_shipping": 0,
        "created": refund.created,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": refund.created,
        "invoice": invoice,
        "lines": {
            "object": "list",
            "data": [
                {
                    "id": f"cnli_{mark}",
                    "object": "credit_note_line_item",
                    "amount": amount,
                    "description": _json(billed["line_text"]),
                    "discount_amount": 0,
                    "discount_amounts": [],
                    "invoice_line_item": f"il_{billed['line'].decode()}",
                    "livemode": False,
                    "metadata": None,
                    "pretax_credit_amounts": [],
                    "quantity": 1,
                    "tax_rates": [],
                    "taxes": [],
                    "type": "invoice_line_item",
                    "unit_amount": None,
                    "unit_amount_decimal": None,
                }
            ],
            "has_more": False,
            "url": f"/v1/credit_notes/cn_{mark}/lines",
        },
        "livemode": False,
        "memo": None,
        "metadata": {},
        "number": f"{billed['number'].decode()}-CN-01",
        "out_of_band_amount": None,
        "pdf": f"https://pay.stripe.com/credit_notes/sandbox/cn_{mark}/pdf",
        "post_payment_amount": amount,
        "pre_payment_amount": 0,
        "pretax_credit_amounts": [],
        "reason": "duplicate" if reason == "duplicate" else "order_change",
        "refunds": [
            {
                "amount_refunded": amount,
                "payment_record_refund": None,
                "refund": str(refund.id),
                "type": "refund",
            }
        ],
        "shipping_cost": None,
        "status": "void" if voided else "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "post_payment",
        "voided_at": refund.created + VOIDED if voided else None,
    }


def payment_method(_: sqlite3.Connection, charge: Row, at: int) -> Json:
    """The card that stays with a customer: the one of their first payment."""
    values = CHARGE.values(charge.body)
    mark, brand, country, last4, customer = _texts(
        values, "method", "brand", "country", "last4", "customer"
    )
    return {
        "id": f"pm_{mark}",
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": dict.fromkeys(ADDRESS_KEYS),
            "email": _json(values["email"]),
            "name": _json(values["name"]),
            "phone": _json(values["phone"]),
            "tax_id": None,
        },
        "card": {
            "brand": brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": country,
            "display_brand": brand,
            "exp_month": 8,
            "exp_year": 2033 if at >= charge.created + RENEWED else 2030,
            "fingerprint": mark,
            "funding": "credit",
            "generated_from": None,
            "last4": last4,
            "networks": {"available": [brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": charge.created,
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


FIRST_PAID = (
    "tag = 'succeeded' and not exists (select 1 from \"stripe.charges\" earlier "
    "where earlier.parent = rows.parent and earlier.tag = 'succeeded' "
    "and (earlier.created, earlier.id) < (rows.created, rows.id))"
)
"""Which charges left a card with their customer."""


def first_paid(database: sqlite3.Connection, customer: str) -> Row | None:
    """The charge that left its card with a customer."""
    found = database.execute(
        'select id, parent, created, updated, tag, body from "stripe.charges" '
        "where parent = ? and tag = 'succeeded' order by created, id limit 1",
        (customer,),
    ).fetchone()
    return Row(*found) if found else None


def renewed_method(database: sqlite3.Connection, charge: Row, at: int) -> Json | None:
    """A customer's card after the bank sent a new one; None if the customer is gone by then."""
    gone = database.execute(
        'select 1 from "stripe.customers" where id = ? and deleted <> 0 and updated <= ?',
        (charge.parent, at),
    ).fetchone()
    return None if gone else payment_method(database, charge, at)


def detached_method(database: sqlite3.Connection, event: Row, at: int) -> Json | None:
    """The card of a customer whose deletion a stored event tells."""
    charge = first_paid(database, CUSTOMER.values(event.body)["id"].decode())
    if charge is None:
        return None
    return payment_method(database, charge, at) | {"customer": None}


def bought_session(database: sqlite3.Connection, charge: Row, _at: int) -> Json | None:
    """The visit to the payment page by which a single purchase was paid, if it was so."""
    values = CHARGE.values(charge.body)
    mark, currency, customer, invoice = _texts(values, "intent", "currency", "customer", "invoice")
    found = database.execute(
        'select body from "stripe.invoices" where id = ?', (invoice,)
    ).fetchone()
    if found is None or INVOICE.values(found[0])["reason"] != b"manual":
        return None
    amount = int(values["amount"])
    billed = INVOICE.values(found[0])
    return _session(f"cs_test_a{mark}", customer, charge.created) | {
        "amount_subtotal": int(billed["subtotal"]),
        "amount_total": amount,
        "currency": currency,
        "invoice": invoice,
        "payment_intent": f"pi_{mark}",
        "payment_status": "paid",
        "status": "complete",
        "total_details": {
            "amount_discount": _sum(billed["discount_amounts"]),
            "amount_shipping": 0,
            "amount_tax": _sum(billed["taxes"]),
        },
    }


def _sum(amounts: bytes) -> int:
    return sum(each["amount"] for each in _json(amounts))


def abandoned_session(_: sqlite3.Connection, customer: Row, at: int) -> Json:
    """A visit that ended without a purchase; the page stays open for a day."""
    created = customer.created + ABANDONED_DELAY
    expired = at >= created + EXPIRED
    identity = f"cs_test_b{str(customer.id).removeprefix('cus_')}"
    amount = 3_900
    return _session(identity, str(customer.id), created) | {
        "amount_subtotal": amount,
        "amount_total": amount,
        "currency": "usd",
        "status": "expired" if expired else "open",
        "url": None if expired else f"https://checkout.stripe.com/c/pay/{identity}",
    }


def _session(identity: str, customer: str, created: int) -> Json:
    return {
        "id": identity,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": None,
        "amount_total": None,
        "automatic_tax": {
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_address_collection": None,
        "cancel_url": "https://shop.kesher.example/cart",
        "client_reference_id": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": created,
        "currency": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": customer,
        "customer_account": None,
        "customer_creation": None,
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "expires_at": created + EXPIRED,
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": {
            "enabled": True,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": None,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": {
            "allow_redisplay_filters": ["always"],
            "payment_method_remove": None,
            "payment_method_save": None,
        },
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": "https://shop.kesher.example/thanks",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": None,
        "wallet_options": None,
    }


def event_id(created: int, kind: str, identity: str) -> str:
    """The id of an event that is not stored; it can be found again by the time in it."""
    return f"evt_0{created:08x}{token(kind + identity, created, 0, 15)}"


def event_time(identity: str) -> int | None:
    """When the event of such an id happened; None if it is none."""
    try:
        return int(identity[5:13], 16) if identity.startswith("evt_0") else None
    except ValueError:
        return None
