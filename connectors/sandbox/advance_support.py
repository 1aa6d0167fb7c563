"""Support while time passes: answers, solutions, ratings, new tickets."""

from __future__ import annotations

import math

import orjson

from .calendar_time import DAY, iso
from .rows import Row
from .texts import REPLIES
from .world import World
from .zendesk_objects import (
    TICKET,
    TICKET_BASE,
    TICKETS_PER_PERSON,
    USER_BASE,
    USERS_PER_PERSON,
    Desk,
)


def support(world: World) -> None:
    """Work on the open tickets, close the old ones, and let people write new ones."""
    desk = Desk(world.rng, world.sink, world.end)
    for row in world.rows("zendesk.tickets", "tag in ('new', 'open', 'pending')"):
        if world.rng.random() < 0.7:
            answer(world, desk, row)
    for row in world.rows(
        "zendesk.tickets", "tag = 'solved' and updated < ?", world.end - 28 * DAY
    ):
        when = max(world.start + 60, row.updated + 28 * DAY)
        world.update("zendesk.tickets", with_values(row, when, status=b"closed"))
    counts = dict(
        world.database.execute(
            'select parent, count(*) from "zendesk.tickets" group by parent'
        ).fetchall()
    )
    for row in world.rows("zendesk.users", "tag = 'end-user'"):
        no = world.person_no("zendesk", row.id)
        kind, left = world.behaviour(no)
        if left and left < world.start:
            continue
        if world.rng.random() > math.exp(-kind.tickets * world.days / 30):
            number = counts.get(row.id, 0)
            place = (int(row.id) - USER_BASE) % USERS_PER_PERSON
            if number >= 60 or place > 3:
                continue
            owner = (int(row.id) - USER_BASE) // USERS_PER_PERSON
            first = TICKET_BASE + owner * TICKETS_PER_PERSON + place * 64 + number
            user = orjson.loads(row.body)
            desk.write_ticket(
                first,
                int(row.id),
                user["organization_id"],
                kind,
                user["locale"],
                world.moment(),
            )


def answer(world: World, desk: Desk, row: Row) -> None:
    """Answer a ticket, and more often than not solve it."""
    rng = world.rng
    values = {name: value.decode() for name, value in TICKET.values(row.body).items()}
    when = world.moment()
    language = "he" if "א" <= orjson.loads(values["subject"])[:1] <= "ת" else "en"
    assignee = orjson.loads(values["assignee"]) or 9_000_001 + int(rng.random() * 6)
    (place,) = world.database.execute(
        'select count(*) from "zendesk.ticket_comments" where parent = ?', (row.id,)
    ).fetchone()
    if place >= 60:
        return
    text = REPLIES[language][int(rng.random() * 5)]
    desk.comment(int(row.id), place, assignee, text, values["channel"], when)
    solved = rng.random() < 0.75
    rating = orjson.loads(values["rating"])
    if solved:
        rating = {"score": "offered"}
        kind, _ = world.behaviour(world.person_no("zendesk", row.parent))
        if rng.random() < 0.35:
            rating = desk.rate(int(row.id), int(row.parent), assignee, kind, language, when)
    world.update(
        "zendesk.tickets",
        with_values(
            row,
            when,
            status=b"solved" if solved else b"pending",
            assignee=assignee,
            rating=rating,
        ),
    )


def with_values(row: Row, when: int, **values: object) -> Row:
    """Return a ticket's row with values replaced and the time of the change set."""
    body = TICKET.changed(row.body, updated=iso(when).encode(), stamp=when, **values)
    tag = values.get("status", row.tag)
    return row._replace(
        updated=when, tag=tag.decode() if isinstance(tag, bytes) else str(tag), body=body
    )
