"""What vendors' headers say about when to ask again, and whether to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

HUBSPOT_INTERVAL = "X-HubSpot-RateLimit-Interval-Milliseconds"
HUBSPOT_REMAINING = "X-HubSpot-RateLimit-Remaining"
STRIPE_SHOULD_RETRY = "Stripe-Should-Retry"

_RESET = ("ratelimit-reset", "x-rate-limit-reset")
_REMAINING = ("ratelimit-remaining", "x-rate-limit-remaining")
_ZENDESK_ENDPOINT = "zendesk-ratelimit-"
_ZENDESK_RESETS = re.compile(r"resets\s*=\s*(\d+)")
_LONGEST_RESET = 86_400
"""A "reset" beyond this is no number of seconds to wait but a point in time."""


def server_time(response: requests.Response) -> datetime | None:
    """The vendor's clock: the response's `Date` header in UTC, or `None` when it has none."""
    text = response.headers.get("Date")
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_after_seconds(response: requests.Response) -> float | None:
    """Seconds that a `Retry-After` header asks to wait, or `None` when there is none to obey.

    A date in the header is taken against the vendor's own clock, not ours.
    """
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    seconds = _number(text)
    if seconds is None:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        seconds = (until - (server_time(response) or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds)


def asked_wait(response: requests.Response) -> float | None:
    """Seconds that a refusal asks to wait, by any header known here; `None` if it does not say."""
    asked = retry_after_seconds(response)
    if asked is not None:
        return asked
    for name in _RESET:
        seconds = _reset_seconds(response, name)
        if seconds is not None:
            return seconds
    resets = [
        float(found[1])
        for name, value in response.headers.items()
        if name.lower().startswith(_ZENDESK_ENDPOINT) and (found := _ZENDESK_RESETS.search(value))
    ]
    if resets:
        return max(resets)
    return _hubspot_interval(response)


def pause_after(response: requests.Response) -> float | None:
    """Seconds to leave a vendor alone after a good answer that was the last within its limit."""
    if response.headers.get(HUBSPOT_REMAINING, "").strip() == "0":
        return _hubspot_interval(response)
    if any(response.headers.get(name, "").strip() == "0" for name in _REMAINING):
        waits = [seconds for name in _RESET if (seconds := _reset_seconds(response, name))]
        return waits[0] if waits else None
    return None


def told_to_retry(response: requests.Response) -> bool | None:
    """Whether the vendor itself says that the same request may be made again; `None`: it doesn't.

    Stripe alone does.
    """
    word = response.headers.get(STRIPE_SHOULD_RETRY, "").strip().lower()
    return {"true": True, "false": False}.get(word)


def _reset_seconds(response: requests.Response, name: str) -> float | None:
    seconds = _number(response.headers.get(name, "").strip())
    if seconds is None or seconds < 0:
        return None
    if seconds <= _LONGEST_RESET:
        return seconds
    now = server_time(response) or datetime.now(UTC)
    return max(0.0, seconds - now.timestamp())


def _hubspot_interval(response: requests.Response) -> float | None:
    milliseconds = _number(response.headers.get(HUBSPOT_INTERVAL, "").strip())
    return milliseconds / 1000 if milliseconds is not None and milliseconds >= 0 else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None
