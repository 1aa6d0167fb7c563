"""What Zendesk works out of users and tickets: memberships, measures, tags, deleted tickets."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

import orjson

from .calendar_time import DAY, iso, parse_time
from .zendesk_objects import AGENT_BASE, AGENTS, BASE, COMMENT, ORGANIZATION_BASE, TICKET

_ORGANIZATIONS = 10_000_000
"""More than there can be: a membership's id is made of its user's and its organization's."""

_KEPT_FOR = 30 * DAY
_SPAM_BASE = 1_000_000_000


def membership_user(membership: int) -> int:
    """Return the user whose membership it is."""
    return membership // _ORGANIZATIONS


def organization_memberships(
    database: sqlite3.Connection, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return the memberships behind an id, in order of their ids: who belongs where."""
    names = dict(
        database.execute(
            "select id, json_extract(body, '$.name') from \"zendesk.organizations\""
        ).fetchall()
    )
    rows = database.execute(
        "select id, created, updated, json_extract(body, '$.organization_id') "
        'from "zendesk.users" where deleted = 0 and id > ? '
        "and json_extract(body, '$.organization_id') is not null order by id limit ?",
        (membership_user(after), limit),
    )
    found = []
    for user, created, updated, organization in rows:
        identity = user * _ORGANIZATIONS + organization - ORGANIZATION_BASE
        found.append(
            {
                "url": f"{BASE}/organization_memberships/{identity}.json",
                "id": identity,
                "user_id": user,
                "organization_id": organization,
                "default": True,
                "created_at": iso(created),
                "organization_name": names.get(organization),
                "updated_at": iso(updated),
                "view_tickets": True,
            }
        )
    return found


def tags(database: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return how many live tickets bear each tag, the most used first."""
    counted: Counter[str] = Counter()
    for (body,) in database.execute('select body from "zendesk.tickets" where deleted = 0'):
        counted.update(orjson.loads(TICKET.values(body)["tags"]))
    ordered = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
    return [{"name": name, "count": count} for name, count in ordered]


def deleted_tickets(database: sqlite3.Connection, now: int) -> list[dict[str, Any]]:
    """Return the tickets that were deleted in the last 30 days, in order of their ids.

    Every third day an agent throws away spam, of which no more is kept than this.
    """
    since = now - _KEPT_FOR
    found = []
    for identity, at, body in database.execute(
        'select id, updated, body from "zendesk.tickets" '
        "where deleted != 0 and updated > ? order by id",
        (since,),
    ):
        values = TICKET.values(body)
        subject, said = (orjson.loads(values[name]) for name in ("subject", "description"))
        found.append(_deleted(identity, at, subject, said, "open"))
    for day in range(since // DAY, now // DAY + 1):
        at = day * DAY + 9 * 3600
        if day % 3 == 0 and since < at < now:
            found.append(_deleted(_SPAM_BASE + day, at, "You have won", "Click here", "new"))
    return found


def _deleted(identity: int, at: int, subject: str, said: str, state: str) -> dict[str, Any]:
    return {
        "id": identity,
        "subject": subject,
        "description": said,
        "actor": {"id": AGENT_BASE + identity % AGENTS, "name": f"Agent {identity % AGENTS + 1}"},
        "deleted_at": iso(at),
        "previous_state": state,
    }


def metric_sets(
    database: sqlite3.Connection, rows: list[tuple[Any, ...]]
) -> dict[int, dict[str, Any]]:
    """Return the measures of tickets by their ids; a deleted ticket has none.

    Args:
        database: holds their comments.
        rows: of tickets, each beginning with the packed body.
    """
    tickets = {int(values["id"]): values for values in (TICKET.values(row[0]) for row in rows)}
    said: dict[int, list[tuple[int, bool]]] = {number: [] for number in tickets}
    marks = ",".join("?" * len(tickets))
    for ticket, at, body in database.execute(
        'select parent, created, body from "zendesk.ticket_comments" '  # noqa: S608
        f"where parent in ({marks}) order by id",
        list(tickets),
    ):
        values = COMMENT.values(body)
        by_agent = 0 <= int(values["author"]) - AGENT_BASE < AGENTS
        said[ticket].append((at, by_agent and values["public"] == b"true"))
    return {
        number: _metric_set(number, values, said[number])
        for number, values in tickets.items()
        if values["status"] != b"deleted"
    }


def _metric_set(
    ticket: int, values: dict[str, bytes], said: list[tuple[int, bool]]
) -> dict[str, Any]:
    created = values["created"].decode()
    opened = parse_time(created)
    last = max((at for at, _ in said), default=opened)
    replies = [at for at, is_reply in said if is_reply]
    solved = last if values["status"] in (b"solved", b"closed") else None
    assigned = iso(replies[0] if replies else last) if values["assignee"] != b"null" else None
    identity = 900_000_000 + ticket
    return {
        "url": f"{BASE}/ticket_metrics/{identity}.json",
        "id": identity,
        "ticket_id": ticket,
        "created_at": created,
        "updated_at": values["updated"].decode(),
        "group_stations": 1,
        "assignee_stations": int(assigned is not None),
        "reopens": 0,
        "replies": len(replies),
        "assignee_updated_at": assigned,
        "requester_updated_at": iso(last),
        "status_updated_at": values["updated"].decode(),
        "initially_assigned_at": assigned,
        "assigned_at": assigned,
        "solved_at": iso(solved) if solved is not None else None,
        "latest_comment_added_at": iso(last),
        "reply_time_in_minutes": _minutes(opened, replies[0] if replies else None),
        "first_resolution_time_in_minutes": _minutes(opened, solved),
        "full_resolution_time_in_minutes": _minutes(opened, solved),
        "agent_wait_time_in_minutes": _minutes(opened, None),
        "requester_wait_time_in_minutes": _minutes(opened, solved),
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
        "custom_status_updated_at": values["updated"].decode(),
    }


def _minutes(start: int, end: int | None) -> dict[str, int | None]:
    """Return a span by the calendar and by business hours, of which an hour in three is one."""
    minutes = None if end is None else (end - start) // 60
    return {"calendar": minutes, "business": None if minutes is None else minutes // 3}
