"""E-mail while time passes: new campaigns, late openings, people who leave."""

from __future__ import annotations

from typing import Any

import orjson

from .calendar_time import DAY, iso_offset, parse_time
from .mailchimp_campaigns import campaign_rows
from .mailchimp_objects import Mailer, campaigns_between
from .rows import Row
from .world import World


def mail(world: World) -> None:
    """Send what is due, and let some read what was sent before."""
    _late_openings(world)
    campaigns = campaigns_between(world.first, world.start, world.end)
    campaign_rows(campaigns, world.sink)
    if not campaigns:
        return
    mailer = Mailer(world.rng, world.sink, campaigns, world.end)
    for row in world.rows("mailchimp.members", "tag = 'subscribed'"):
        list_id = str(row.parent)
        no = world.person_no("mailchimp", f"{list_id}:{row.id}")
        kind, _ = world.behaviour(no)
        body = orjson.loads(row.body)
        leaving = mailer.leaving(list_id, kind, world.start)
        sends, opened, _ = mailer.send(list_id, body["email_address"], kind, world.start, leaving)
        if not sends or not (opened or leaving):
            continue
        status = leaving.status if leaving else "subscribed"
        when = max(leaving.when if leaving else 0, world.start + 60)
        if opened:
            body["member_rating"] = min(5, body["member_rating"] + 1)
            body["stats"]["avg_open_rate"] = round(
                body["stats"]["avg_open_rate"] * 0.95 + 0.05 * opened / sends, 4
            )
        world.update("mailchimp.members", with_status(row, body, status, when))


def with_status(row: Row, body: dict[str, Any], status: str, when: int) -> Row:
    """Return a member's row with its status and the time of the change set."""
    body |= {"status": status, "last_changed": iso_offset(when)}
    return row._replace(updated=when, tag=status, body=orjson.dumps(body))


def _late_openings(world: World) -> None:
    recent = world.database.execute(
        'select id, updated from "mailchimp.campaigns" where updated >= ? order by id',
        (world.start - 14 * DAY,),
    ).fetchall()
    for campaign, _ in recent:
        rows = world.database.execute(
            'select seq, updated, tag, body from "mailchimp.email_activity" '
            "where parent = ? order by seq",
            (campaign,),
        ).fetchall()
        for seq, updated, tag, body in rows:
            if world.rng.random() >= 0.04:
                continue
            list_id, email, text = body.split(b"\x1f")
            actions = orjson.loads(text)
            if any(action["action"] == "bounce" for action in actions):
                continue
            when = max(updated + 60, world.start + 60 + int(world.rng.random() * 3 * DAY))
            if when >= world.end:
                continue
            actions.append({"action": "open", "timestamp": iso_offset(when), "ip": "198.51.100.77"})
            actions.sort(key=lambda action: parse_time(action["timestamp"]))
            world.database.execute(
                'update "mailchimp.email_activity" set updated = ?, tag = ?, body = ? '
                "where seq = ?",
                (
                    when,
                    str(int(tag) + 1),
                    b"\x1f".join((list_id, email, orjson.dumps(actions))),
                    seq,
                ),
            )
