"""Zendesk's object shapes, and what happens in support: tickets, comments, ratings."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson

from .behaviour import Behaviour
from .calendar_time import DAY, iso
from .messiness import View
from .packing import Shape
from .population import Company
from .rows import Row, Sink
from .texts import ANSWERS, RATINGS, REPLIES, STAFF, TAGS, TICKETS

BASE = "https://sandbox.zendesk.com/api/v2"
USER_BASE = 10_000_000
ORGANIZATION_BASE = 7_000_000
TICKET_BASE = 1_000
AGENT_BASE = 9_000_001
AGENTS = 6
USERS_PER_PERSON = 16
TICKETS_PER_PERSON = 256

TICKET = Shape(
    {
        "url": f"{BASE}/tickets/@@id@@.json",
        "id": "@@json:id@@",
        "external_id": None,
        "via": {
            "channel": "@@channel@@",
            "source": {"from": {}, "to": {}, "rel": None},
        },
        "created_at": "@@created@@",
        "updated_at": "@@updated@@",
        "generated_timestamp": "@@json:stamp@@",
        "type": "@@json:type@@",
        "subject": "@@json:subject@@",
        "raw_subject": "@@json:subject@@",
        "description": "@@json:description@@",
        "priority": "@@json:priority@@",
        "status": "@@status@@",
        "recipient": None,
        "requester_id": "@@json:requester@@",
        "submitter_id": "@@json:requester@@",
        "assignee_id": "@@json:assignee@@",
        "organization_id": "@@json:organization@@",
        "group_id": 360000001,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": "@@json:tags@@",
        "custom_fields": [],
        "satisfaction_rating": "@@json:rating@@",
        "sharing_agreement_ids": [],
        "fields": [],
        "followup_ids": [],
        "ticket_form_id": 360000101,
        "brand_id": 360000201,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    },
    (
        "id",
        "channel",
        "created",
        "updated",
        "stamp",
        "type",
        "subject",
        "description",
        "priority",
        "status",
        "requester",
        "assignee",
        "organization",
        "tags",
        "rating",
    ),
)

COMMENT = Shape(
    {
        "id": "@@json:id@@",
        "type": "Comment",
        "author_id": "@@json:author@@",
        "body": "@@json:body@@",
        "html_body": "@@json:html@@",
        "plain_body": "@@json:body@@",
        "public": "@@json:public@@",
        "attachments": [],
        "audit_id": "@@json:audit@@",
        "via": {
            "channel": "@@channel@@",
            "source": {"from": {}, "to": {}, "rel": None},
        },
        "created_at": "@@created@@",
        "metadata": {"system": {}, "custom": {}},
    },
    ("id", "author", "body", "html", "public", "audit", "channel", "created"),
)
SHAPES = {"tickets": TICKET, "ticket_comments": COMMENT}


def user_name(view: View) -> str:
    """Return what support calls a user, whatever it knows of them."""
    return view.name or view.email or "Unknown"


def locale_of(view: View) -> str:
    """Return a user's locale."""
    return {"he": "he", "de": "de"}.get(view.language, "en-US")


def user_json(
    identity: int,
    view: View,
    created: int,
    updated: int,
    organization: int | None,
    role: str = "end-user",
) -> dict[str, Any]:
    """Return a user as Zendesk shows it."""
    return {
        "id": identity,
        "url": f"{BASE}/users/{identity}.json",
        "name": user_name(view),
        "email": view.email.strip() or None,
        "created_at": iso(created),
        "updated_at": iso(updated),
        "time_zone": "Jerusalem" if view.language == "he" else "Eastern Time (US & Canada)",
        "iana_time_zone": "Asia/Jerusalem" if view.language == "he" else "America/New_York",
        "phone": view.phone or None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 30 if view.language == "he" else 1,
        "locale": locale_of(view),
        "organization_id": organization,
        "role": role,
        "verified": bool(view.email),
        "external_id": None,
        "tags": [],
        "alias": None,
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": iso(updated) if role != "end-user" or identity % 3 == 0 else None,
        "two_factor_auth_enabled": None,
        "signature": None,
        "details": None,
        "notes": None,
        "role_type": None if role == "end-user" else 4,
        "custom_role_id": None,
        "moderator": role != "end-user",
        "ticket_restriction": "requested" if role == "end-user" else None,
        "only_private_comments": False,
        "restricted_agent": role == "end-user",
        "suspended": False,
        "default_group_id": None if role == "end-user" else 360000001,
        "report_csv": False,
        "user_fields": {},
    }


def agent_rows(created: int, sink: Sink) -> None:
    """Add the staff who answer tickets; the last of them is an admin."""
    for number, (given, family, email) in enumerate(STAFF[:AGENTS]):
        identity = AGENT_BASE + number
        view = View(given=given, family=family, email=email)
        role = "admin" if number == AGENTS - 1 else "agent"
        body = user_json(identity, view, created, created, None, role)
        sink.add("zendesk.users", Row(identity, 0, created, created, role, orjson.dumps(body)))


def organization_name(company: Company) -> str:
    """Return a company's name as support writes it."""
    return company.latin if company.no % 3 else company.name


def organization_row(company: Company, created: int, sink: Sink) -> int:
    """Add a company as an organization and return its id."""
    identity = ORGANIZATION_BASE + company.no
    body = {
        "url": f"{BASE}/organizations/{identity}.json",
        "id": identity,
        "name": organization_name(company),
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "created_at": iso(created),
        "updated_at": iso(created),
        "domain_names": [company.domain] if company.no % 4 else [],
        "details": None,
        "notes": None,
        "group_id": None,
        "tags": [],
        "organization_fields": {},
        "deleted_at": None,
    }
    sink.add("zendesk.organizations", Row(identity, 0, created, created, "", orjson.dumps(body)))
    return identity


class Desk:
    """Writes the tickets of users, between two times."""

    def __init__(self, rng: Random, sink: Sink, end: int) -> None:
        self._rng = rng
        self._sink = sink
        self._end = end

    def tickets(
        self,
        user: int,
        first: int,
        organization: int | None,
        kind: Behaviour,
        language: str,
        start: int,
        end: int,
    ) -> int:
        """Write a user's tickets, numbered from `first`; return the next number."""
        rng = self._rng
        when = float(start)
        number = first
        while True:
            when += rng.expovariate(kind.tickets / (30 * DAY))
            if when >= end or number - first >= TICKETS_PER_PERSON // 4:
                return number
            self.write_ticket(number, user, organization, kind, language, int(when))
            number += 1

    def write_ticket(
        self,
        number: int,
        user: int,
        organization: int | None,
        kind: Behaviour,
        language: str,
        when: int,
    ) -> None:
        """Write one ticket, opened at `when`, with what followed."""
        rng = self._rng
        language = "he" if language == "he" else "en"
        subject, description = TICKETS[language][int(rng.random() * 12)]
        channel = ("email", "web", "chat", "api")[int(rng.random() ** 1.8 * 4)]
        assignee = AGENT_BASE + int(rng.random() * AGENTS)
        self.comment(number, 0, user, description, channel, when)
        count, at = 1, when
        for turn in range(1 + int(rng.random() ** 2 * 5)):
            at += int(rng.expovariate(1 / (9 * 3600))) + 300
            if at >= self._end:
                break
            by_agent = turn % 2 == 0
            lines = (REPLIES if by_agent else ANSWERS)[language]
            text = lines[int(rng.random() * len(lines))]
            public = not by_agent or rng.random() < 0.92
            self.comment(number, count, assignee if by_agent else user, text, channel, at, public)
            count += 1
        updated = min(at, self._end - 1)
        age = self._end - updated
        status = "new" if count == 1 else "open" if count % 2 else "pending"
        if count > 1 and (age > 6 * DAY or rng.random() < 0.4):
            status = "closed" if age > 28 * DAY else "solved"
        rating: dict[str, Any] = {"score": "unoffered"}
        if status in ("solved", "closed"):
            rating = {"score": "offered"}
            if rng.random() < 0.35:
                rated = min(self._end - 1, updated + int(rng.random() * 2 * DAY))
                rating = self.rate(number, user, assignee, kind, language, rated)
                updated = rated
        self.ticket(
            number,
            user,
            assignee if count > 1 else None,
            organization,
            when,
            updated,
            status,
            subject,
            description,
            channel,
            ("question", "incident", "problem", "task", None)[int(rng.random() ** 1.5 * 5)],
            ("normal", "low", "high", "urgent", None)[int(rng.random() ** 1.5 * 5)],
            [TAGS[int(rng.random() * 8)]] if rng.random() < 0.7 else [],
            rating,
        )

    def ticket(
        self,
        number: int,
        user: int,
        assignee: int | None,
        organization: int | None,
        created: int,
        updated: int,
        status: str,
        subject: str,
        description: str,
        channel: str,
        type_: str | None,
        priority: str | None,
        tags: list[str],
        rating: dict[str, Any],
    ) -> None:
        """Add a ticket's row."""
        body = TICKET.pack(
            b"%d" % number,
            channel.encode(),
            iso(created).encode(),
            iso(updated).encode(),
            updated,
            type_,
            subject,
            description,
            priority,
            status.encode(),
            user,
            assignee,
            organization,
            tags,
            rating,
        )
        self._sink.add("zendesk.tickets", Row(number, user, created, updated, status, body))

    def comment(
        self,
        ticket: int,
        place: int,
        author: int,
        text: str,
        channel: str,
        when: int,
        public: bool = True,
    ) -> None:
        """Add a comment; a ticket has at most 64."""
        identity = 500_000_000 + ticket * 64 + place
        body = COMMENT.pack(
            identity,
            author,
            text,
            f'<div class="zd-comment" dir="auto">{text}</div>',
            public,
            identity + 20_000_000_000,
            channel.encode(),
            iso(when).encode(),
        )
        self._sink.add("zendesk.ticket_comments", Row(identity, ticket, when, when, "", body))

    def rate(
        self,
        ticket: int,
        user: int,
        assignee: int | None,
        kind: Behaviour,
        language: str,
        when: int,
    ) -> dict[str, Any]:
        """Add a rating of a ticket and return what the ticket says of it."""
        rng = self._rng
        score = "bad" if rng.random() < kind.unhappy else "good"
        options = RATINGS[score][language]
        comment = options[int(rng.random() * len(options))] or None
        identity = 800_000_000 + ticket
        body = {
            "url": f"{BASE}/satisfaction_ratings/{identity}.json",
            "id": identity,
            "assignee_id": assignee,
            "group_id": 360000001,
            "requester_id": user,
            "ticket_id": ticket,
            "score": score,
            "created_at": iso(when),
            "updated_at": iso(when),
            "comment": comment,
            "reason": "No reason provided" if score == "bad" else None,
            "reason_id": 1000 if score == "bad" else None,
            "reason_code": 1000 if score == "bad" else None,
        }
        self._sink.add(
            "zendesk.satisfaction_ratings",
            Row(identity, ticket, when, when, score, orjson.dumps(body)),
        )
        return {"score": score, "id": identity, "comment": comment}
