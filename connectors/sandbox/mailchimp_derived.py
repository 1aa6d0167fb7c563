"""Mailchimp's objects that are not stored: they follow from lists, members, activity and time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import orjson

from .calendar_time import DAY, iso_offset, parse_time
from .ids import token
from .mailchimp_objects import LISTS, TRACKING

Json = dict[str, Any]

_QUARTER = 91 * DAY
_FIELDS = (
    ("FNAME", "First Name", "text"),
    ("LNAME", "Last Name", "text"),
    ("ADDRESS", "Address", "address"),
    ("PHONE", "Phone Number", "phone"),
    ("BIRTHDAY", "Birthday", "birthday"),
    ("COMPANY", "Company", "text"),
)
_TOPICS = (("Topics", ("Offers", "News", "Tips")), ("נושאים", ("מבצעים", "חדשות")))
_REASONS = ("NORMAL", "No longer interested", "Did not signup for list", "Content not relevant")


def _number(*parts: Any) -> int:
    return int.from_bytes(token("/".join(map(str, parts)), 0, 0, 5).encode()[:3], "big") + 10_000


def merge_fields(list_id: str) -> list[Json]:
    """The fields that a list's members have."""
    return [
        {
            "merge_id": place,
            "tag": tag,
            "name": name,
            "type": kind,
            "required": False,
            "default_value": "",
            "public": False,
            "display_order": place + 1,
            "options": {"size": 25} if kind == "text" else {},
            "help_text": "",
            "list_id": list_id,
        }
        for place, (tag, name, kind) in enumerate(_FIELDS, start=1)
    ]


def _quarters(start: int, now: int) -> Iterator[tuple[int, int]]:
    number = 0
    while (at := start + number * _QUARTER) <= now:
        yield number, at
        number += 1


def tags(list_id: str, start: int, now: int) -> list[Json]:
    """The tags of a list: one a quarter, of which the last six are kept."""
    return [
        {"id": _number("tag", list_id, number), "name": f"Event {number + 1}"}
        for number, _ in list(_quarters(start, now))[-6:]
    ]


def segments(database: sqlite3.Connection, list_id: str, start: int, now: int) -> list[Json]:
    """A list's tags, which are static segments, and a saved one that counts its readers."""
    found: list[Json] = [
        {
            "id": tag["id"],
            "name": tag["name"],
            "member_count": 0,
            "type": "static",
            "created_at": iso_offset(at),
            "updated_at": iso_offset(at),
            "options": {"match": "any", "conditions": []},
            "list_id": list_id,
        }
        for tag, (_, at) in zip(
            tags(list_id, start, now), list(_quarters(start, now))[-6:], strict=True
        )
    ]
    count, changed = database.execute(
        'select count(*), max(updated) from "mailchimp.members" where parent = ? '
        "and tag = 'subscribed' and json_extract(cast(body as text), '$.member_rating') >= 4",
        (list_id,),
    ).fetchone()
    found.append(
        {
            "id": _number("readers", list_id),
            "name": "Readers",
            "member_count": count,
            "type": "saved",
            "created_at": iso_offset(start),
            "updated_at": iso_offset(max(start, changed or 0)),
            "options": {
                "match": "all",
                "conditions": [
                    {
                        "condition_type": "MemberRating",
                        "field": "rating",
                        "op": "greater",
                        "value": 3,
                    }
                ],
            },
            "list_id": list_id,
        }
    )
    return found


def interest_categories(list_id: str) -> list[Json]:
    """The groups in which a list's members can say what they want."""
    place = [each[0] for each in LISTS].index(list_id)
    return [
        {
            "list_id": list_id,
            "id": token("category", place, 0, 10).lower(),
            "title": _TOPICS[place][0],
            "display_order": 0,
            "type": "checkboxes",
        }
    ]


def interests(list_id: str, category: str) -> list[Json] | None:
    """What can be chosen in a group; None if there is no such group."""
    place = [each[0] for each in LISTS].index(list_id)
    if category != interest_categories(list_id)[0]["id"]:
        return None
    return [
        {
            "category_id": category,
            "list_id": list_id,
            "id": token("interest", place, number, 10).lower(),
            "name": name,
            "subscriber_count": "0",
            "display_order": number + 1,
        }
        for number, name in enumerate(_TOPICS[place][1])
    ]


# SQLite takes a cross join in the order in which it is written: the other way round it would look
# through all that was ever sent, for each member who left.
_LEFT = """
select a.parent, m.id, m.body, a.created from "mailchimp.members" m
join "mailchimp.campaigns" c on c.parent = m.parent
join "mailchimp.email_activity" a on a.parent = c.id and a.id = m.id
where m.tag = 'unsubscribed' and {where}
and not exists (
    select 1 from "mailchimp.campaigns" c2
    cross join "mailchimp.email_activity" a2 on a2.parent = c2.id and a2.id = m.id
    where c2.parent = m.parent and a2.created > a.created
)
order by a.parent, m.id
"""


def unsubscribes(database: sqlite3.Connection, campaign: str, now: int) -> list[Json]:
    """Who left after a campaign: it was the last one that they got."""
    (list_id,) = database.execute(
        'select parent from "mailchimp.campaigns" where id = ?', (campaign,)
    ).fetchone()
    found = []
    for _, email_id, body, sent in database.execute(_LEFT.format(where="c.id = ?"), (campaign,)):
        member = orjson.loads(body)
        found.append(
            {
                "email_id": email_id,
                "email_address": member["email_address"],
                "merge_fields": member["merge_fields"],
                "vip": False,
                "timestamp": iso_offset(min(now - 1, sent + 7200)),
                "reason": _REASONS[int(email_id[0], 16) % len(_REASONS)],
                "campaign_id": campaign,
                "list_id": list_id,
                "list_is_active": True,
            }
        )
    return found


_COUNTED = """
select parent, count(*), {opens}, {opened}, {clicks}, {clicked}, {hard}, {soft} from (
    select parent, cast(body as text) as told from "mailchimp.email_activity" {where}
) group by parent
"""


def _times(text: str) -> str:
    return f"sum((length(told) - length(replace(told, '{text}', ''))) / {len(text)})"


def _anyone(text: str) -> str:
    return f"sum(instr(told, '{text}') > 0)"


_OPEN, _CLICK = '"action":"open"', '"action":"click"'


def reports(database: sqlite3.Connection, campaign: str | None = None) -> list[Json]:
    """What came of each sent campaign, or of one."""
    where, values = ("where parent = ?", (campaign,)) if campaign else ("", ())
    query = _COUNTED.format(
        opens=_times(_OPEN),
        opened=_anyone(_OPEN),
        clicks=_times(_CLICK),
        clicked=_anyone(_CLICK),
        hard=_anyone('"type":"hard"'),
        soft=_anyone('"type":"soft"'),
        where=where,
    )
    counted = {row[0]: row[1:] for row in database.execute(query, values)}
    left: dict[str, int] = {}
    for row in database.execute(_LEFT.format(where="c.id = ?" if campaign else "1"), values):
        left[row[0]] = left.get(row[0], 0) + 1
    found = []
    for identity, body in database.execute(
        "select id, body from \"mailchimp.campaigns\" where tag = 'sent' order by updated, id"
    ).fetchall():
        if campaign in (None, identity):
            numbers = counted.get(identity, (0,) * 7)
            found.append(_report(orjson.loads(body), numbers, left.get(identity, 0)))
    return found


def _report(campaign: Json, numbers: tuple[int, ...], left: int) -> Json:
    sent, opens, opened, clicks, clicked, hard, soft = numbers
    reached = max(1, sent - hard - soft)
    return {
        "id": campaign["id"],
        "campaign_title": campaign["settings"]["title"],
        "type": campaign["type"],
        "list_id": campaign["recipients"]["list_id"],
        "list_is_active": True,
        "list_name": campaign["recipients"]["list_name"],
        "subject_line": campaign["settings"]["subject_line"],
        "preview_text": campaign["settings"]["preview_text"],
        "emails_sent": sent,
        "abuse_reports": 0,
        "unsubscribed": left,
        "send_time": campaign["send_time"],
        "bounces": {"hard_bounces": hard, "soft_bounces": soft, "syntax_errors": 0},
        "forwards": {"forwards_count": 0, "forwards_opens": 0},
        "opens": {
            "opens_total": opens,
            "unique_opens": opened,
            "open_rate": round(opened / reached, 4),
        },
        "clicks": {
            "clicks_total": clicks,
            "unique_clicks": clicked,
            "unique_subscriber_clicks": clicked,
            "click_rate": round(clicked / reached, 4),
        },
        "facebook_likes": {"recipient_likes": 0, "unique_likes": 0, "facebook_likes": 0},
        "delivery_status": {"enabled": False},
    }


def automations(database: sqlite3.Connection, start: int) -> list[Json]:
    """A welcome to everybody who joins a list."""
    found = []
    for place, (list_id, name, _, _) in enumerate(LISTS):
        (joined,) = database.execute(
            'select count(*) from "mailchimp.members" where parent = ? and created >= ?',
            (list_id, start),
        ).fetchone()
        found.append(
            {
                "id": token("automation", place, 0, 10).lower(),
                "create_time": iso_offset(start),
                "start_time": iso_offset(start + DAY),
                "status": "sending",
                "emails_sent": joined,
                "recipients": {
                    "list_id": list_id,
                    "list_is_active": True,
                    "list_name": name,
                    "segment_opts": {},
                    "store_id": "",
                },
                "settings": {
                    "title": f"Welcome to {name}",
                    "from_name": "Kesher Sandbox",
                    "reply_to": "news@kesher.example",
                    "use_conversation": False,
                    "to_name": "*|FNAME|*",
                    "authenticate": True,
                    "auto_footer": False,
                    "inline_css": False,
                },
                "tracking": TRACKING,
                "trigger_settings": {
                    "workflow_type": "welcomeSeries",
                    "workflow_title": "Welcome new subscribers",
                    "runtime": {"days": [], "hours": {"type": "send_asap"}},
                    "workflow_emails_count": 1,
                },
                "report_summary": {},
            }
        )
    return found


def landing_pages(start: int, now: int) -> list[Json]:
    """A page every other quarter; it is taken from the net a year later, and deleted after two."""
    found = []
    for number, at in _quarters(start, now):
        if number % 2 or now >= at + 8 * _QUARTER:
            continue
        over = at + 4 * _QUARTER
        published = now < over
        found.append(
            {
                "id": token("landing", number, 0, 10).lower(),
                "name": f"Offer {number + 1}",
                "title": f"Offer {number + 1}",
                "description": "",
                "template_id": 1,
                "status": "published" if published else "unpublished",
                "list_id": LISTS[0][0],
                "store_id": "",
                "web_id": _number("landing", number),
                "created_by_source": "web",
                "url": f"https://mailchi.example/offer-{number + 1}",
                "created_at": iso_offset(at),
                "published_at": iso_offset(at + 3600),
                "unpublished_at": "" if published else iso_offset(over),
                "updated_at": iso_offset(at + 3600 if published else over),
                "tracking": {
                    "track_with_mailchimp": True,
                    "enable_restricted_data_processing": False,
                },
            }
        )
    return found


def sent_within(found: list[Json], since: int | None, before: int | None) -> list[Json]:
    """Those reports whose campaign was sent in a span of time."""
    return [
        each
        for each in found
        if (since is None or parse_time(each["send_time"]) > since)
        and (before is None or parse_time(each["send_time"]) < before)
    ]
