"""Epoch seconds and the vendors' ways of writing them."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime
from functools import lru_cache
from time import gmtime, strftime

DAY = 86_400


def midnight(day: date) -> int:
    """Return the epoch second at which a day begins, UTC."""
    return calendar.timegm(day.timetuple())


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return strftime("%Y-%m-%d", gmtime(number * DAY))


def iso(seconds: int) -> str:
    """Write a time as Zendesk does: `2026-06-30T08:15:00Z`."""
    day, rest = divmod(seconds, DAY)
    return f"{_day(day)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


def iso_offset(seconds: int) -> str:
    """Write a time as Mailchimp does: `2026-06-30T08:15:00+00:00`."""
    return f"{iso(seconds)[:-1]}+00:00"


def iso_ms(milliseconds: int) -> str:
    """Write a time as HubSpot does: `2026-06-30T08:15:00.123Z`."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{iso(seconds)[:-1]}.{rest:03d}Z"


def parse_time(text: str) -> int:
    """Read an ISO 8601 time; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def add_months(seconds: int, months: int) -> int:
    """Return the same time some months later, on the last day of a month that is too short."""
    moment = gmtime(seconds)
    year, month = divmod(moment.tm_year * 12 + moment.tm_mon - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    day = min(moment.tm_mday, last)
    return calendar.timegm((year, month + 1, day, moment.tm_hour, moment.tm_min, moment.tm_sec))
