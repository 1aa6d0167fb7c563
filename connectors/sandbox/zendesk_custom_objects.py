"""Zendesk's custom objects: what customers have on loan, and where they can come by."""

from __future__ import annotations

import sqlite3
from typing import Any
from zlib import crc32

from .calendar_time import iso
from .zendesk_objects import AGENT_BASE, BASE

DEVICES, SHOWROOMS = "device", "showroom"
_TITLES = {DEVICES: ("Device", "Devices"), SHOWROOMS: ("Showroom", "Showrooms")}
_MODELS = ("Router R2", "Router R4", "Display D1")
_CITIES = ("Haifa", "תל אביב", "Rotterdam")


def custom_objects(made: int) -> list[dict[str, Any]]:
    """Return what kinds of records the account made for itself."""
    return [
        {
            "url": f"{BASE}/custom_objects/{key}.json",
            "key": key,
            "title": title,
            "title_pluralized": plural,
            "raw_title": title,
            "raw_title_pluralized": plural,
            "description": "",
            "raw_description": "",
            "include_in_list_view": True,
            "allows_photos": False,
            "allows_attachments": False,
            **_stamps(made, made),
        }
        for key, (title, plural) in _TITLES.items()
    ]


def custom_object_records(
    database: sqlite3.Connection, made: int, key: str, after: int, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """Return the records of an object behind a number, each with its number, in their order."""
    if key == SHOWROOMS:
        places = list(enumerate(_CITIES, 1))[after : after + limit]
        return [
            (number, _record(key, number, city, {"city": city}, made, made))
            for number, city in places
        ]
    found: list[tuple[int, dict[str, Any]]] = []
    for user, created, updated in database.execute(
        'select id, created, updated from "zendesk.users" where deleted = 0 and id > ? order by id',
        (after,),
    ):
        if crc32(b"device:%d" % user) % 4:  # One user in four has one.
            continue
        model = _MODELS[user % len(_MODELS)]
        values = {"customer": str(user), "model": model, "serial": f"K{user % 99_991:05d}"}
        found.append((user, _record(key, user, model, values, created, updated)))
        if len(found) == limit:
            break
    return found


def _record(
    key: str, number: int, name: str, values: dict[str, Any], created: int, updated: int
) -> dict[str, Any]:
    identity = f"01{number:024d}"  # Zendesk's ids are 26 characters: letters and digits.
    return {
        "url": f"{BASE}/custom_objects/{key}/records/{identity}.json",
        "id": identity,
        "name": name,
        "custom_object_key": key,
        "custom_object_fields": values,
        "external_id": None,
        **_stamps(created, updated),
    }


def _stamps(created: int, updated: int) -> dict[str, str]:
    return {
        "created_by_user_id": str(AGENT_BASE),
        "updated_by_user_id": str(AGENT_BASE),
        "created_at": iso(created),
        "updated_at": iso(updated),
    }
