"""Mailchimp's lists and campaigns as the API shows them."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from .calendar_time import iso_offset
from .ids import token
from .mailchimp_objects import LISTS, TRACKING, Campaign
from .rows import Row, Sink

_SENDER = {"name": "Kesher Sandbox", "email": "news@kesher.example"}


def list_rows(created: int, sink: Sink) -> None:
    """Add the lists (audiences)."""
    for number, (list_id, name, _, _) in enumerate(LISTS):
        body: dict[str, Any] = {
            "id": list_id,
            "web_id": 1001 + number,
            "name": name,
            "contact": {
                "company": "Kesher Sandbox",
                "address1": "Herzl 1",
                "address2": "",
                "city": "Tel Aviv",
                "state": "",
                "zip": "6688101",
                "country": "IL",
                "phone": "",
            },
            "permission_reminder": "You signed up on our website.",
            "use_archive_bar": False,
            "campaign_defaults": {
                "from_name": _SENDER["name"],
                "from_email": _SENDER["email"],
                "subject": "",
                "language": "he" if number else "en",
            },
            "notify_on_subscribe": "",
            "notify_on_unsubscribe": "",
            "date_created": iso_offset(created),
            "list_rating": 4,
            "email_type_option": False,
            "subscribe_url_short": f"https://eepurl.example/{list_id}",
            "subscribe_url_long": f"https://sandbox.list-manage.example/subscribe?id={list_id}",
            "beamer_address": f"us1-{list_id}@inbound.mailchimp.example",
            "visibility": "prv",
            "double_optin": False,
            "has_welcome": False,
            "marketing_permissions": False,
            "modules": [],
        }
        sink.add("mailchimp.lists", Row(list_id, "", created, created, "", orjson.dumps(body)))


def campaign_rows(campaigns: list[Campaign], sink: Sink) -> None:
    """Add sent campaigns."""
    for campaign in campaigns:
        created = campaign.sent - 2 * 3600
        body: dict[str, Any] = {
            "id": campaign.id,
            "web_id": int(token_number(campaign.id)),
            "parent_campaign_id": "",
            "type": "regular",
            "create_time": iso_offset(created),
            "archive_url": f"https://eepurl.example/{campaign.id}",
            "long_archive_url": f"https://mailchi.example/{campaign.id}",
            "status": "sent",
            "emails_sent": 0,
            "send_time": iso_offset(campaign.sent),
            "content_type": "template",
            "needs_block_refresh": False,
            "resendable": True,
            "recipients": {
                "list_id": campaign.list_id,
                "list_is_active": True,
                "list_name": campaign.list_name,
                "segment_text": "",
                "recipient_count": 0,
            },
            "settings": {
                "subject_line": campaign.subject,
                "preview_text": "",
                "title": campaign.title,
                "from_name": _SENDER["name"],
                "reply_to": _SENDER["email"],
                "use_conversation": False,
                "to_name": "*|FNAME|*",
                "folder_id": "",
                "authenticate": True,
                "auto_footer": False,
                "inline_css": False,
                "auto_tweet": False,
                "fb_comments": False,
                "timewarp": False,
                "template_id": 1,
                "drag_and_drop": True,
            },
            "tracking": TRACKING,
            "delivery_status": {"enabled": False},
        }
        sink.add(
            "mailchimp.campaigns",
            Row(campaign.id, campaign.list_id, created, campaign.sent, "sent", orjson.dumps(body)),
        )


def token_number(campaign_id: str) -> str:
    """Return a number that goes with a campaign's id."""
    return str(int(token(campaign_id, 0, 0, 8).encode().hex()[:8], 16))


def count_members(database: sqlite3.Connection) -> None:
    """Write how many members each list has, and to how many each campaign went."""
    counted: dict[str, dict[str, int]] = {}
    for list_id, status, number in database.execute(
        'select parent, tag, count(*) from "mailchimp.members" group by parent, tag'
    ):
        counted.setdefault(list_id, {})[status] = number
    for list_id, body in database.execute('select id, body from "mailchimp.lists"').fetchall():
        numbers = counted.get(list_id, {})
        data = orjson.loads(body)
        data["stats"] = {
            "member_count": numbers.get("subscribed", 0),
            "unsubscribe_count": numbers.get("unsubscribed", 0),
            "cleaned_count": numbers.get("cleaned", 0),
        }
        database.execute(
            'update "mailchimp.lists" set body = ? where id = ?', (orjson.dumps(data), list_id)
        )
    sent = dict(
        database.execute(
            'select parent, count(*) from "mailchimp.email_activity" group by parent'
        ).fetchall()
    )
    for campaign, body in database.execute('select id, body from "mailchimp.campaigns"').fetchall():
        data = orjson.loads(body)
        if data["emails_sent"] == sent.get(campaign, 0):
            continue
        data["emails_sent"] = data["recipients"]["recipient_count"] = sent.get(campaign, 0)
        database.execute(
            'update "mailchimp.campaigns" set body = ? where id = ?', (orjson.dumps(data), campaign)
        )
