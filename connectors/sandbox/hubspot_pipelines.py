"""HubSpot's pipelines with their stages."""

from __future__ import annotations

from typing import Any

from .calendar_time import iso_ms

_DEALS = (
    ("appointmentscheduled", "Appointment scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified to buy", "0.4"),
    ("presentationscheduled", "Presentation scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision maker bought-in", "0.8"),
    ("contractsent", "Contract sent", "0.9"),
    ("closedwon", "Closed won", "1.0"),
    ("closedlost", "Closed lost", "0.0"),
)
_TICKETS = (
    ("1", "New", "OPEN"),
    ("2", "Waiting on contact", "OPEN"),
    ("3", "Waiting on us", "OPEN"),
    ("4", "Closed", "CLOSED"),
)


def pipelines(kind: str, made: int) -> list[dict[str, Any]]:
    """Return the pipelines of a type of object, made at an epoch second; most types have none."""
    if kind == "deals":
        stages = [
            (name, label, {"isClosed": str(name.startswith("closed")).lower(), "probability": last})
            for name, label, last in _DEALS
        ]
        return [_pipeline("default", "Sales pipeline", stages, made)]
    if kind == "tickets":
        stages = [
            (name, label, {"ticketState": last, "isClosed": str(last == "CLOSED").lower()})
            for name, label, last in _TICKETS
        ]
        return [_pipeline("0", "Support pipeline", stages, made)]
    return []


def _pipeline(
    identity: str, label: str, stages: list[tuple[str, str, dict[str, str]]], made: int
) -> dict[str, Any]:
    times = {"createdAt": iso_ms(made * 1000), "updatedAt": iso_ms(made * 1000)}
    return {
        "label": label,
        "displayOrder": 0,
        "id": identity,
        "stages": [
            {
                "label": title,
                "displayOrder": place,
                "metadata": metadata,
                "id": name,
                **times,
                "archived": False,
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            }
            for place, (name, title, metadata) in enumerate(stages)
        ],
        **times,
        "archived": False,
    }
