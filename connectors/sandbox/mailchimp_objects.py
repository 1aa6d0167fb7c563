"""Mailchimp's object shapes, and what happens in e-mail: opens, clicks, bounces, leaving."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import log
from random import Random
from typing import Any

import orjson

from .behaviour import Behaviour
from .calendar_time import DAY, add_months, iso_offset
from .ids import email_hash, token
from .messiness import View
from .packing import Shape
from .rows import Row, Sink
from .texts import CAMPAIGNS

_DEAD_ADDRESS = 0.0016  # chance, each campaign, that the mailbox is gone
_FULL_MAILBOX = 0.0024  # chance, each campaign, that it bounces and the next one may not
#: What is counted of whatever is sent.
TRACKING = {
    "opens": True,
    "html_clicks": True,
    "text_clicks": False,
    "goal_tracking": False,
    "ecomm360": False,
    "google_analytics": "",
    "clicktale": "",
}
# id, name, chance that a subscriber is on it, months between campaigns
LISTS = (
    ("a1f0newslt", "Newsletter", 0.9, 1),
    ("b2c7custom", "לקוחות Customers", 0.3, 3),
)


ACTIVITY = Shape(
    {
        "campaign_id": "@@campaign@@",
        "list_id": "@@list@@",
        "list_is_active": True,
        "email_id": "@@email_id@@",
        "email_address": "@@json:email@@",
        "activity": "@@json:activity@@",
    },
    ("campaign", "email_id", "list", "email", "activity"),
)


def pack_activity(email: str, list_id: str, actions: list[dict[str, Any]]) -> bytes:
    """Pack what a recipient did with a campaign; campaign and hash are columns of the row."""
    return b"\x1f".join((list_id.encode(), orjson.dumps(email), orjson.dumps(actions)))


def expand_activity(campaign: str, email_id: str, body: bytes) -> bytes:
    """Return the full JSON of a packed activity."""
    return ACTIVITY.expand(b"\x1f".join((campaign.encode(), email_id.encode(), body)))


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign sent to one list at one time (epoch seconds)."""

    id: str
    list_id: str
    list_name: str
    number: int
    sent: int
    subject: str
    title: str


def campaigns_between(first: int, start: int, end: int) -> list[Campaign]:
    """Return the campaigns sent from `start` to `end`; the calendar begins at `first`."""
    sent = []
    for place, (list_id, list_name, _, months) in enumerate(LISTS):
        number = 0
        while True:
            when = add_months(first + (9 + 5 * place) * DAY, number * months) + 8 * 3600
            if when >= end:
                break
            if when >= start:
                english, hebrew = CAMPAIGNS[(number + place) % len(CAMPAIGNS)]
                subject = hebrew if (number + place) % 2 else english
                sent.append(
                    Campaign(
                        token("campaign", place, number, 10).lower(),
                        list_id,
                        list_name,
                        number,
                        when,
                        subject,
                        f"{english} #{number + 1}",
                    )
                )
            number += 1
    return sorted(sent, key=lambda campaign: campaign.sent)


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a member leaves a list: `cleaned` (the address is dead) or `unsubscribed`, and when."""

    campaign: str  # the id of the last campaign that they get
    status: str
    when: int


def draw_leaving(
    rng: Random, campaigns: list[Campaign], kind: Behaviour, since: int, end: int
) -> Leaving | None:
    """Draw after which of one list's campaigns a member who joined at `since` leaves, if ever.

    Every campaign is a chance to leave, so the number of those that pass by is geometric.
    """
    chance = _DEAD_ADDRESS + (1 - _DEAD_ADDRESS) * kind.unsubscribes
    passed = int(log(1 - rng.random()) / log(1 - chance))
    cleaned = rng.random() * chance < _DEAD_ADDRESS
    place = bisect_left(campaigns, since, key=lambda campaign: campaign.sent) + passed
    if place >= len(campaigns):
        return None
    last = campaigns[place]
    if cleaned:
        return Leaving(last.id, "cleaned", last.sent + 30)
    return Leaving(last.id, "unsubscribed", min(end - 1, last.sent + 7200))


def merge_fields(view: View) -> dict[str, Any]:
    """Return a view as the list's merge fields."""
    address: Any = ""
    if view.city:
        address = {
            "addr1": view.street,
            "addr2": view.flat,
            "city": view.city,
            "state": view.region,
            "zip": view.postcode,
            "country": view.country,
        }
    return {
        "FNAME": view.given,
        "LNAME": view.family,
        "ADDRESS": address,
        "PHONE": view.phone,
        "BIRTHDAY": f"{view.birth_date[5:7]}/{view.birth_date[8:]}" if view.birth_date else "",
        "COMPANY": view.company,
    }


def member_language(view: View) -> str:
    """Return the language code that the list keeps."""
    return {"he": "he", "de": "de"}.get(view.language, "en")


def member_json(
    list_id: str, view: View, number: int, joined: int, updated: int, status: str
) -> dict[str, Any]:
    """Return a list member as Mailchimp shows it."""
    email = view.email.strip()
    return {
        "id": email_hash(email),
        "email_address": email,
        "unique_email_id": token("unique", number, 0, 10).lower(),
        "contact_id": email_hash(f"contact{number}"),
        "full_name": view.name,
        "web_id": number,
        "email_type": "html",
        "status": status,
        "consents_to_one_to_one_messaging": True,
        "merge_fields": merge_fields(view),
        "interests": {},
        "stats": {"avg_open_rate": 0, "avg_click_rate": 0},
        "ip_signup": "",
        "timestamp_signup": iso_offset(joined),
        "ip_opt": f"203.0.113.{number % 254 + 1}",
        "timestamp_opt": iso_offset(joined),
        "member_rating": 2,
        "last_changed": iso_offset(updated),
        "language": member_language(view),
        "vip": False,
        "email_client": "",
        "location": {
            "latitude": 0,
            "longitude": 0,
            "gmtoff": 0,
            "dstoff": 0,
            "country_code": view.country,
            "timezone": "",
            "region": "",
        },
        "source": "API - Generic",
        "tags_count": 0,
        "tags": [],
        "list_id": list_id,
    }


class Mailer:
    """Sends campaigns to members and writes what they did with them."""

    def __init__(self, rng: Random, sink: Sink, campaigns: list[Campaign], end: int) -> None:
        self._rng = rng
        self._sink = sink
        self._campaigns: dict[str, list[Campaign]] = {}
        for campaign in campaigns:
            self._campaigns.setdefault(campaign.list_id, []).append(campaign)
        self._end = end

    def leaving(self, list_id: str, kind: Behaviour, since: int) -> Leaving | None:
        """Draw how a member who is subscribed at `since` leaves, if they do."""
        return draw_leaving(self._rng, self._campaigns.get(list_id, []), kind, since, self._end)

    def send(
        self, list_id: str, email: str, kind: Behaviour, since: int, leaving: Leaving | None
    ) -> tuple[int, int, int]:
        """Send a member all after `since` until they leave; return sends, opens and clicks."""
        rng = self._rng
        identity = email_hash(email)
        sends = opened = clicked = 0
        for campaign in self._campaigns.get(list_id, ()):
            if campaign.sent < since:
                continue
            sends += 1
            last_one = leaving is not None and campaign.id == leaving.campaign
            at = campaign.sent + int(rng.expovariate(1 / (14 * 3600))) + 60
            actions: list[dict[str, Any]] = []
            draw = rng.random()
            if last_one and leaving and leaving.status == "cleaned":
                actions.append(_action("bounce", leaving.when, soft=False))
            elif draw < _FULL_MAILBOX:
                actions.append(_action("bounce", campaign.sent + 30, soft=True))
            elif draw < _FULL_MAILBOX + kind.opens and at < self._end:
                opened += 1
                ip = f"198.51.100.{int(rng.random() * 254) + 1}"
                actions.append(_action("open", at, ip))
                while rng.random() < 0.18 and len(actions) < 4:
                    at += int(rng.expovariate(1 / (30 * 3600))) + 60
                    if at < self._end:
                        actions.append(_action("open", at, ip))
                if rng.random() < 0.22 and at + 40 < self._end:
                    clicked += 1
                    url = f"https://shop.kesher.example/offer/{campaign.number + 1}"
                    actions.append(_action("click", at + 40, ip, url))
            last = max((action.pop("at") for action in actions), default=campaign.sent)
            body = pack_activity(email, list_id, actions)
            self._sink.add(
                "mailchimp.email_activity",
                Row(identity, campaign.id, campaign.sent, last, str(len(actions)), body),
            )
            if last_one:
                break
        return sends, opened, clicked


def _action(
    name: str, when: int, ip: str | None = None, url: str | None = None, soft: bool | None = None
) -> dict[str, Any]:
    action: dict[str, Any] = {"action": name, "timestamp": iso_offset(when), "at": when}
    if soft is not None:
        action["type"] = "soft" if soft else "hard"
    if url:
        action["url"] = url
    if ip:
        action["ip"] = ip
    return action


def rate_member(body: dict[str, Any], sends: int, opened: int, clicked: int) -> None:
    """Set a member's open and click rates and the stars that follow from them."""
    if sends:
        body["stats"] = {
            "avg_open_rate": round(opened / sends, 4),
            "avg_click_rate": round(clicked / sends, 4),
        }
        body["member_rating"] = 1 + min(4, round(opened / sends * 4 + clicked / sends * 4))
