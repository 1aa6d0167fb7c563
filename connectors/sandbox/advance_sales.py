"""Sales while time passes: deals move on, staff call and meet people, leads become customers."""

from __future__ import annotations

import math
from typing import Any

import orjson

from .calendar_time import iso_ms
from .hubspot_objects import (
    CONTACT_BASE,
    DEAL_BASE,
    ENGAGEMENT_BASE,
    ENGAGEMENTS,
    ENTERED,
    OWNER_BASE,
    PIPELINE,
    Sales,
    modified_property,
    object_body,
)
from .rows import Row
from .texts import STAFF
from .world import World


def sell(world: World) -> None:
    """Move deals, start new ones, and write what staff did with contacts."""
    rng = world.rng
    for row in world.rows("hubspot.deals"):
        properties = orjson.loads(row.body)
        if properties["hs_is_closed"] == "false" and rng.random() < min(0.9, world.days / 20):
            _move(world, row, properties)
    sales = Sales(rng, world.sink, world.end)
    engaged = _last_numbers(world, ENGAGEMENTS, ENGAGEMENT_BASE, 64)
    dealt = _last_numbers(world, ("deals",), DEAL_BASE, 4)
    for row in world.rows("hubspot.contacts"):
        kind, left = world.behaviour(world.person_no("hubspot", row.id))
        if (left and left < world.start) or rng.random() < math.exp(-kind.talks * world.days / 30):
            continue
        contact = int(row.id)
        place, no = (contact - CONTACT_BASE) % 16, (contact - CONTACT_BASE) // 16
        if place > 3:
            continue
        number = engaged.get(no * 4 + place, -1) + 1
        if number >= 64:
            continue
        properties = orjson.loads(row.body)
        company = int(properties.get("associatedcompanyid") or 0) or None
        owner = int(properties.get("hubspot_owner_id") or OWNER_BASE + no % len(STAFF))
        deals: list[int] = []
        next_deal = dealt.get(no * 4 + place, -1) + 1
        if rng.random() < 0.25 and next_deal < 4:
            deal = DEAL_BASE + no * 16 + place * 4 + next_deal
            currency = "ILS" if properties.get("country") == "Israel" else "USD"
            sales.deal(deal, contact, company, owner, currency, world.moment(), 0.5)
            deals.append(deal)
        sales.engagement(
            (no * 4 + place) * 64 + number,
            contact,
            company,
            deals,
            owner,
            properties.get("email", ""),
            world.moment(),
        )


def _last_numbers(world: World, kinds: tuple[str, ...], base: int, places: int) -> dict[int, int]:
    """Return, by contact (person's number * 4 + place), the last number among its own objects."""
    last: dict[int, int] = {}
    for kind in kinds:
        for owner, number in world.database.execute(
            f'select (id - ?1) / ?2, max((id - ?1) % ?2) from "hubspot.{kind}" group by 1',  # noqa: S608
            (base, places),
        ):
            last[owner] = max(number, last.get(owner, -1))
    return last


def with_properties(kind: str, row: Row, when: int, properties: dict[str, Any]) -> Row:
    """Return an object's row with properties set at a time; an empty text removes one."""
    merged = {**orjson.loads(row.body), **properties}
    updated = when * 1000 + int(row.id) % 991
    return row._replace(
        updated=updated, body=object_body(kind, int(row.id), row.created, updated, merged)
    )


def touch_object(world: World, kind: str, identity: int, when: int) -> None:
    """Set the time of an object's last change, as HubSpot does when its associations change."""
    updated = when * 1000 + identity % 991
    world.database.execute(
        f'update "hubspot.{kind}" set updated = ?, body = json_set(body, ?, ?) '  # noqa: S608
        "where id = ? and updated < ?",
        (updated, f"$.{modified_property(kind)}", iso_ms(updated), identity, updated),
    )
    # json_set turns the body into text; the column holds bytes.
    world.database.execute(
        f'update "hubspot.{kind}" set body = cast(body as blob) where id = ?',  # noqa: S608
        (identity,),
    )


def _move(world: World, row: Row, properties: dict[str, Any]) -> None:
    rng = world.rng
    when = world.moment()
    stage = PIPELINE.index(properties["dealstage"])
    kind, _ = world.behaviour((int(row.id) - DEAL_BASE) // 16)
    wins = 0.7 if kind.pays else 0.25
    changes: dict[str, str] = {}
    if stage == 4 or rng.random() < 0.15:
        won = stage == 4 and rng.random() < wins
        changes = {
            "dealstage": "closedwon" if won else "closedlost",
            "hs_is_closed": "true",
            "hs_is_closed_won": "true" if won else "false",
            "closedate": iso_ms(when * 1000),
        }
    else:
        changes = {"dealstage": PIPELINE[stage + 1]}
    changes[ENTERED] = f"{properties[ENTERED]};{changes['dealstage']}:{when}"
    world.update("hubspot.deals", with_properties("deals", row, when, changes))
