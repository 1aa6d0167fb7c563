"""Stripe's price list and its discounts, as they are at a time: they follow from the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .calendar_time import DAY
from .ids import token
from .stripe_records import PRODUCTS, price_id, price_of, product_id

Json = dict[str, Any]

_SEASON = 45 * DAY
"""So often a new coupon comes, and the name of one retired price changes."""
_COUPON_LIFE = 120 * DAY


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that changed an object: when, the event's type, and the object then."""

    at: int
    kind: str
    thing: Json


def _price(number: int, yearly: bool, created: int) -> Json:
    amount = price_of(number, "usd", yearly)
    recurring = PRODUCTS[number][3]
    return {
        "id": price_id(number, yearly),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": "usd",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id(number),
        "recurring": {
            "interval": "year" if yearly else "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        }
        if recurring
        else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def prices(start: int) -> Iterator[Json]:
    """Every price as it was at the start: what is sold, and a retired one of each product."""
    for number, (_, _, _, recurring) in enumerate(PRODUCTS):
        yield _price(number, False, start)
        if not recurring:
            continue
        yield _price(number, True, start)
        amount = price_of(number, "usd", False) * 4 // 5
        yield _price(number, False, start) | {
            "id": f"price_{token('retired', number, 0, 24)}",
            "active": False,
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
        }


def plan(price: Json) -> Json:
    """Return a recurring price in the form of a plan."""
    rhythm = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": rhythm["interval"],
        "interval_count": rhythm["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": rhythm["usage_type"],
    }


def price_history(start: int, now: int) -> Iterator[Happening]:
    """Every change of a price, oldest first: they are made, and retired ones are renamed."""
    known = {price["id"]: price for price in prices(start)}
    for price in known.values():
        yield Happening(start, "price.created", price)
    retired = [key for key, price in known.items() if not price["active"]]
    season = 1
    while (at := start + season * _SEASON) <= now:
        key = retired[season % len(retired)]
        known[key] = known[key] | {"nickname": f"Retired, review {season}"}
        yield Happening(at, "price.updated", known[key])
        season += 1


def plan_history(start: int, now: int) -> Iterator[Happening]:
    """Every change of a plan: a plan is a recurring price."""
    for each in price_history(start, now):
        if each.thing["recurring"]:
            yield Happening(each.at, each.kind.replace("price", "plan"), plan(each.thing))


def coupon_history(start: int, now: int) -> Iterator[Happening]:
    """Every change of a coupon: one comes each season, is renamed, and is deleted in the end."""
    season = 0
    found = []
    while (at := start + season * _SEASON) <= now:
        percent = season % 2 == 0
        coupon: Json = {
            "id": token("coupon", season, 0, 8).upper(),
            "object": "coupon",
            "amount_off": None if percent else 500 + 100 * (season % 5),
            "created": at,
            "currency": None if percent else "usd",
            "duration": "once" if percent else "forever",
            "duration_in_months": None,
            "livemode": False,
            "max_redemptions": None,
            "metadata": {"season": str(season)},
            "name": f"Season {season + 1}",
            "percent_off": 10.0 + season % 4 * 5 if percent else None,
            "redeem_by": None,
            "times_redeemed": 0,
            "valid": True,
        }
        renamed = coupon | {"name": f"Season {season + 1}, last weeks"}
        found.append(Happening(at, "coupon.created", coupon))
        found.append(Happening(at + _COUPON_LIFE // 2, "coupon.updated", renamed))
        found.append(Happening(at + _COUPON_LIFE, "coupon.deleted", renamed))
        season += 1
    yield from sorted(
        (each for each in found if each.at <= now), key=lambda each: (each.at, each.thing["id"])
    )


def promotion_code_history(start: int, now: int) -> Iterator[Happening]:
    """Every change of a promotion code: one a coupon, which ends when the coupon is renamed."""
    for each in coupon_history(start, now):
        if each.kind == "coupon.deleted":
            continue
        coupon = each.thing
        ended = each.kind == "coupon.updated"
        yield Happening(
            each.at,
            "promotion_code.updated" if ended else "promotion_code.created",
            {
                "id": f"promo_{token('promo' + coupon['id'], 0, 0, 24)}",
                "object": "promotion_code",
                "active": not ended,
                "code": f"KESHER{coupon['metadata']['season']}",
                "created": coupon["created"],
                "customer": None,
                "customer_account": None,
                "expires_at": None,
                "livemode": False,
                "max_redemptions": None,
                "metadata": {},
                "promotion": {"coupon": coupon["id"], "type": "coupon"},
                "restrictions": {
                    "first_time_transaction": False,
                    "minimum_amount": None,
                    "minimum_amount_currency": None,
                },
                "times_redeemed": 0,
            },
        )
