"""HubSpot's object shapes, and what happens in sales: deals, calls, meetings, notes."""

from __future__ import annotations

from bisect import bisect
from random import Random

import orjson

from .behaviour import Behaviour
from .calendar_time import DAY, iso_ms
from .messiness import View
from .population import Company
from .rows import Row, Sink
from .texts import CALLS, DEALS, EMAILS, MEETINGS, NOTES, STAFF, TASKS

TYPES = ("contacts", "companies", "deals", "calls", "meetings", "notes", "tasks", "emails")
ENGAGEMENTS = ("calls", "meetings", "notes", "tasks", "emails")
_ENGAGEMENT_SHARES = (0.3, 0.42, 0.62, 0.77)  # where one kind ends and the next begins
CONTACT_BASE = 20_000_000
COMPANY_BASE = 5_000_000
DEAL_BASE = 40_000_000
ENGAGEMENT_BASE = 100_000_000
OWNER_BASE = 77_001
PORTAL = 4242424
PIPELINE = (
    "appointmentscheduled",
    "qualifiedtobuy",
    "presentationscheduled",
    "decisionmakerboughtin",
    "contractsent",
    "closedwon",
    "closedlost",
)
ENTERED = "_entered"
"""Where a stored deal keeps its stages as `stage:second;…`; no property, so never served as one."""
# (from, to) -> (type id, label); HubSpot's own numbers
ASSOCIATION_TYPES: dict[tuple[str, str], tuple[tuple[int, str | None], ...]] = {
    ("contacts", "companies"): ((1, "Primary"), (279, None)),
    ("companies", "contacts"): ((2, "Primary"), (280, None)),
    ("deals", "contacts"): ((3, None),),
    ("contacts", "deals"): ((4, None),),
    ("deals", "companies"): ((5, "Primary"), (341, None)),
    ("companies", "deals"): ((6, "Primary"), (342, None)),
    ("tickets", "contacts"): ((16, None),),
    ("contacts", "tickets"): ((15, None),),
    ("tickets", "companies"): ((26, "Primary"), (339, None)),
    ("companies", "tickets"): ((25, "Primary"), (340, None)),
    ("tickets", "deals"): ((28, None),),
    ("deals", "tickets"): ((27, None),),
    ("line_items", "deals"): ((20, None),),
    ("deals", "line_items"): ((19, None),),
    ("leads", "contacts"): ((608, None),),
    ("contacts", "leads"): ((609, None),),
    ("leads", "companies"): ((610, None),),
    ("companies", "leads"): ((611, None),),
}
for _kind, _contact, _company, _deal in (
    ("calls", 194, 182, 206),
    ("emails", 198, 186, 210),
    ("meetings", 200, 188, 212),
    ("notes", 202, 190, 214),
    ("tasks", 204, 192, 216),
):
    for _other, _number in (("contacts", _contact), ("companies", _company), ("deals", _deal)):
        ASSOCIATION_TYPES[_kind, _other] = ((_number, None),)
        ASSOCIATION_TYPES[_other, _kind] = ((_number - 1, None),)

SINGULAR = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "calls": "call",
    "meetings": "meeting",
    "notes": "note",
    "tasks": "task",
    "emails": "email",
    "tickets": "ticket",
    "line_items": "line_item",
    "products": "product",
    "leads": "lead",
}
_CREATEDATE = frozenset({"contacts", "companies", "deals", "tickets", "line_items", "products"})


def modified_property(kind: str) -> str:
    """Return the name of the property that holds the time of the last change."""
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def created_property(kind: str) -> str:
    """Return the name of the property that holds the time at which an object was made."""
    return "createdate" if kind in _CREATEDATE else "hs_createdate"


def entered_stages(deal: int, properties: dict[str, str]) -> list[tuple[str, int]]:
    """Return the stages that a deal went through with when it entered them, in milliseconds."""
    entries = [entry.split(":") for entry in properties[ENTERED].split(";")]
    first, *others = [(stage, int(at) * 1000) for stage, at in entries]
    return [
        (first[0], first[1] + deal % 997),
        *((stage, at + deal % 991) for stage, at in others),
    ]


def save(
    sink: Sink, kind: str, identity: int, created: int, updated: int, properties: dict[str, str]
) -> None:
    """Add an object; times are epoch seconds, properties without a value are left out."""
    created_ms, updated_ms = object_times(identity, created, updated)
    body = object_body(kind, identity, created_ms, updated_ms, properties)
    sink.add(f"hubspot.{kind}", Row(identity, 0, created_ms, updated_ms, "", body))


def object_times(identity: int, created: int, updated: int) -> tuple[int, int]:
    """Return an object's times in milliseconds, from epoch seconds.

    Seconds alone would make objects of one import share one time; HubSpot has milliseconds.
    """
    created_ms = created * 1000 + identity % 997
    return created_ms, max(created_ms, updated * 1000 + identity % 991)


def object_body(
    kind: str, identity: int, created_ms: int, updated_ms: int, properties: dict[str, str]
) -> bytes:
    """Return the stored body: every property that has a value."""
    filled = {name: value for name, value in properties.items() if value}
    filled["hs_object_id"] = str(identity)
    filled[created_property(kind)] = iso_ms(created_ms)
    filled[modified_property(kind)] = iso_ms(updated_ms)
    return orjson.dumps(filled)


def owner_rows(created: int, sink: Sink) -> None:
    """Add the sales staff."""
    for number, (given, family, email) in enumerate(STAFF):
        identity = OWNER_BASE + number
        body = {
            "id": str(identity),
            "email": email,
            "type": "PERSON",
            "firstName": given,
            "lastName": family,
            "userId": 9_000 + number,
            "userIdIncludingInactive": 9_000 + number,
            "createdAt": iso_ms(created * 1000),
            "updatedAt": iso_ms(created * 1000),
            "archived": False,
            "teams": [{"id": "1", "name": "Sales", "primary": True}],
        }
        sink.add("hubspot.owners", Row(identity, 0, created, created, "", orjson.dumps(body)))


def company_row(
    company: Company, created: int, view: View, sink: Sink, parent: int | None = None
) -> int:
    """Add a company, a part of another one if `parent` is that one's id, and return its id."""
    identity = COMPANY_BASE + company.no
    save(
        sink,
        "companies",
        identity,
        created,
        created,
        {
            "name": company.name if company.no % 2 else company.latin,
            "domain": company.domain,
            "phone": company.phone,
            "address": view.street,
            "address2": view.flat,
            "city": view.city,
            "state": view.region,
            "zip": view.postcode,
            "country": view.country,
            "industry": company.industry,
            "numberofemployees": str(company.employees),
            "website": f"https://www.{company.domain}",
            "lifecyclestage": "customer" if company.no % 3 else "lead",
            "hubspot_owner_id": str(OWNER_BASE + company.no % len(STAFF)),
            "hs_parent_company_id": str(parent or ""),
        },
    )
    return identity


def contact_properties(view: View, second_email: str) -> dict[str, str]:
    """Return a view as contact properties."""
    # Some desks write the number under "mobile", some under "phone".
    mobile = bool(view.number) and int(view.number[-1]) < 3
    return {
        "firstname": view.given,
        "lastname": view.family,
        "email": view.email.strip().lower() if "plus_tag" not in view.kinds else view.email,
        "hs_additional_emails": second_email,
        "phone": "" if mobile else view.phone,
        "mobilephone": view.phone if mobile else "",
        "address": " ".join(part for part in (view.street, view.flat) if part),
        "city": view.city,
        "state": view.region,
        "zip": view.postcode,
        "country": {
            "IL": "Israel",
            "US": "United States",
            "GB": "United Kingdom",
            "DE": "Germany",
            "FR": "France",
        }.get(view.country, ""),
        "company": view.company,
        "jobtitle": view.title,
        "date_of_birth": view.birth_date,
        "hs_language": view.language,
    }


class Sales:
    """Writes deals and engagements of contacts, between two times."""

    def __init__(self, rng: Random, sink: Sink, end: int) -> None:
        self._rng = rng
        self._sink = sink
        self._end = end

    def link(self, kind: str, identity: int, other: str, other_id: int) -> None:
        """Associate two objects."""
        self._sink.links.append((kind, identity, other, other_id))

    def deal(
        self,
        identity: int,
        contact: int,
        company: int | None,
        owner: int,
        currency: str,
        created: int,
        wins: float,
    ) -> None:
        """Write a deal that walks through the pipeline as time allows."""
        rng = self._rng
        at, stage, closed = created, 0, 0
        entered = [f"{PIPELINE[0]}:{created}"]
        while stage < 5:
            step = int(rng.expovariate(1 / (16 * DAY))) + DAY
            if at + step >= self._end:
                break
            at += step
            if rng.random() < 0.12 or stage == 4:
                stage, closed = (5 if stage == 4 and rng.random() < wins else 6), at
                entered.append(f"{PIPELINE[stage]}:{at}")
                break
            stage += 1
            entered.append(f"{PIPELINE[stage]}:{at}")
        amount = round(400 / (0.02 + rng.random()), -1) * (3.5 if currency == "ILS" else 1)
        save(
            self._sink,
            "deals",
            identity,
            created,
            at,
            {
                "dealname": DEALS[int(rng.random() * len(DEALS))],
                "amount": f"{amount:.2f}",
                "deal_currency_code": currency,
                "dealstage": PIPELINE[stage],
                "pipeline": "default",
                "closedate": iso_ms((closed or created + 90 * DAY) * 1000),
                "hs_is_closed": "true" if closed else "false",
                "hs_is_closed_won": "true" if stage == 5 else "false",
                "hubspot_owner_id": str(owner),
                "dealtype": "newbusiness" if rng.random() < 0.6 else "existingbusiness",
                ENTERED: ";".join(entered),
            },
        )
        self.link("deals", identity, "contacts", contact)
        if company:
            self.link("deals", identity, "companies", company)

    def engagements(
        self,
        first: int,
        contact: int,
        company: int | None,
        deals: list[int],
        owner: int,
        email: str,
        kind: Behaviour,
        start: int,
        end: int,
    ) -> int:
        """Write what staff did with a contact, numbered from `first`; return the next number."""
        rng = self._rng
        when, number = float(start), first
        while number - first < 32:
            when += rng.expovariate(kind.talks / (30 * DAY))
            if when >= end:
                break
            self.engagement(number, contact, company, deals, owner, email, int(when))
            number += 1
        return number

    def engagement(
        self,
        number: int,
        contact: int,
        company: int | None,
        deals: list[int],
        owner: int,
        email: str,
        at: int,
    ) -> None:
        """Write one thing that staff did with a contact."""
        rng = self._rng
        type_ = ENGAGEMENTS[bisect(_ENGAGEMENT_SHARES, rng.random())]
        identity = ENGAGEMENT_BASE + number
        properties = self._properties(type_, at, owner, email)
        save(self._sink, type_, identity, at, at, properties)
        self.link(type_, identity, "contacts", contact)
        if company and rng.random() < 0.6:
            self.link(type_, identity, "companies", company)
        if deals and rng.random() < 0.4:
            self.link(type_, identity, "deals", deals[int(rng.random() * len(deals))])

    def _properties(self, type_: str, at: int, owner: int, email: str) -> dict[str, str]:
        rng = self._rng
        properties = {"hs_timestamp": iso_ms(at * 1000), "hubspot_owner_id": str(owner)}
        staff = STAFF[owner - OWNER_BASE]
        outgoing = rng.random() < 0.7
        if type_ == "calls":
            title, body = CALLS[int(rng.random() * len(CALLS))]
            done = rng.random() < 0.85
            properties |= {
                "hs_call_title": title,
                "hs_call_body": body,
                "hs_call_direction": "OUTBOUND" if outgoing else "INBOUND",
                "hs_call_duration": str(int(rng.expovariate(1 / 240)) * 1000) if done else "0",
                "hs_call_status": "COMPLETED" if done else "NO_ANSWER",
            }
        elif type_ == "meetings":
            title, body = MEETINGS[int(rng.random() * len(MEETINGS))]
            length = (1800, 2700, 3600)[int(rng.random() * 3)]
            properties |= {
                "hs_meeting_title": title,
                "hs_meeting_body": body,
                "hs_meeting_start_time": iso_ms(at * 1000),
                "hs_meeting_end_time": iso_ms((at + length) * 1000),
                "hs_meeting_outcome": "COMPLETED" if rng.random() < 0.8 else "NO_SHOW",
                "hs_meeting_location": "Zoom" if rng.random() < 0.6 else "Office",
            }
        elif type_ == "notes":
            properties["hs_note_body"] = NOTES[int(rng.random() * len(NOTES))]
        elif type_ == "tasks":
            done = rng.random() < 0.75
            properties |= {
                "hs_task_subject": TASKS[int(rng.random() * len(TASKS))],
                "hs_task_body": "",
                "hs_task_status": "COMPLETED" if done else "NOT_STARTED",
                "hs_task_priority": ("LOW", "MEDIUM", "HIGH")[int(rng.random() * 3)],
                "hs_task_type": ("TODO", "CALL", "EMAIL")[int(rng.random() * 3)],
            }
        else:
            subject, body = EMAILS[int(rng.random() * len(EMAILS))]
            properties |= {
                "hs_email_subject": subject,
                "hs_email_text": body,
                "hs_email_direction": "EMAIL" if outgoing else "INCOMING_EMAIL",
                "hs_email_status": "SENT",
                "hs_email_from_email": staff[2] if outgoing else email,
                "hs_email_to_email": email if outgoing else staff[2],
            }
        return properties
