"""What an account's administrators set up in Zendesk: groups, who is in them, and custom fields."""

from __future__ import annotations

import re
from typing import Any
from zlib import crc32

import orjson

from .calendar_time import iso
from .zendesk_objects import AGENT_BASE, AGENTS, BASE

GROUP_BASE = 360_000_001
_GROUPS = ("Support", "Billing")
_FIRST_FIELD = 360_000_300
_AREA, _ORDER = _FIRST_FIELD + 20, _FIRST_FIELD + 21
_AREAS = ("billing", "product", "shipping", "other")
_TIERS = ("bronze", "silver", "gold")
_REGIONS = ("israel", "europe", "america")
_SYSTEM_TICKET_FIELDS = (
    ("subject", "Subject"),
    ("description", "Description"),
    ("status", "Status"),
    ("tickettype", "Type"),
    ("priority", "Priority"),
    ("group", "Group"),
    ("assignee", "Assignee"),
)
_IDENTITY = re.compile(rb'"id":(\d+)')
_EMPTY = {
    "users": b'"user_fields":{}',
    "organizations": b'"organization_fields":{}',
}


def groups(made: int) -> list[dict[str, Any]]:
    """Return the groups of agents."""
    return [
        {
            "url": f"{BASE}/groups/{GROUP_BASE + number}.json",
            "id": GROUP_BASE + number,
            "is_public": True,
            "name": name,
            "description": "",
            "default": number == 0,
            "deleted": False,
            "created_at": iso(made),
            "updated_at": iso(made),
        }
        for number, name in enumerate(_GROUPS)
    ]


def group_memberships(made: int) -> list[dict[str, Any]]:
    """Return which agents are in which groups: all in the first, every third in the second."""
    pairs = [(agent, 0) for agent in range(AGENTS)] + [(agent, 1) for agent in range(0, AGENTS, 3)]
    return [
        {
            "url": f"{BASE}/group_memberships/{4_000_000 + number}.json",
            "id": 4_000_000 + number,
            "user_id": AGENT_BASE + agent,
            "group_id": GROUP_BASE + group,
            "default": group == 0,
            "created_at": iso(made),
            "updated_at": iso(made),
        }
        for number, (agent, group) in enumerate(pairs)
    ]


def ticket_fields(made: int) -> list[dict[str, Any]]:
    """Return the fields of tickets, Zendesk's own and two of the account's."""
    own = [
        _field("ticket_fields", place, kind, title, made, removable=False)
        for place, (kind, title) in enumerate(_SYSTEM_TICKET_FIELDS)
    ]
    return [
        *own,
        {
            **_field("ticket_fields", _AREA - _FIRST_FIELD, "tagger", "Product area", made),
            "custom_field_options": _options(_AREAS),
        },
        _field("ticket_fields", _ORDER - _FIRST_FIELD, "text", "Order number", made),
    ]


def user_fields(made: int) -> list[dict[str, Any]]:
    """Return the account's fields of users."""
    return [
        {
            **_field("user_fields", 40, "dropdown", "Loyalty tier", made, "loyalty_tier"),
            "custom_field_options": _options(_TIERS),
        },
        _field("user_fields", 41, "checkbox", "Wants news", made, "wants_news"),
    ]


def organization_fields(made: int) -> list[dict[str, Any]]:
    """Return the account's fields of organizations."""
    return [
        {
            **_field("organization_fields", 60, "dropdown", "Sales region", made, "sales_region"),
            "custom_field_options": _options(_REGIONS),
        },
        _field("organization_fields", 61, "integer", "Seats", made, "seats"),
    ]


def _field(
    path: str,
    place: int,
    kind: str,
    title: str,
    made: int,
    key: str | None = None,
    removable: bool = True,
) -> dict[str, Any]:
    identity = _FIRST_FIELD + place
    return {
        "url": f"{BASE}/{path}/{identity}.json",
        "id": identity,
        "type": kind,
        **({"key": key} if key else {"removable": removable, "required": False}),
        "title": title,
        "raw_title": title,
        "description": "",
        "raw_description": "",
        "position": place,
        "active": True,
        "regexp_for_validation": None,
        "created_at": iso(made),
        "updated_at": iso(made),
    }


def _options(values: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"id": 7_000 + place, "name": value.title(), "raw_name": value.title(), "value": value}
        for place, value in enumerate(values)
    ]


def with_custom_values(stream: str, body: bytes) -> bytes:
    """Return a user, organization or ticket with the values of the account's fields."""
    found = _IDENTITY.search(body)
    if found is None:
        return body
    identity = int(found[1])
    drawn = crc32(b"%s:%d" % (stream.encode(), identity))
    if stream == "tickets":
        order = f"A-{10_000 + drawn % 90_000}" if drawn % 3 == 0 else None
        values = orjson.dumps(
            [{"id": _AREA, "value": _AREAS[drawn % 4]}, {"id": _ORDER, "value": order}]
        )
        for name in (b"custom_fields", b"fields"):
            body = body.replace(b'"%b":[]' % name, b'"%b":%b' % (name, values), 1)
        return body
    if stream == "users":
        tier = _TIERS[drawn % 3] if drawn % 5 else None
        named: dict[str, Any] = {"loyalty_tier": tier, "wants_news": drawn % 2 == 0}
    elif stream == "organizations":
        named = {"sales_region": _REGIONS[drawn % 3], "seats": 1 + drawn % 200}
    else:
        return body
    empty = _EMPTY[stream]
    return body.replace(empty, empty[:-2] + orjson.dumps(named), 1)
