"""Masks personal data in what leaves the company's machines with an alert."""

from __future__ import annotations

import re

# It may begin only where an address can begin: else a long text without any costs its square.
_EMAIL = re.compile(
    r"(?<![^\s@<>,;:\"()])(?P<local>[^\s@<>,;:\"()]+)@(?P<domain>[^\s@<>,;:\"'()]+)"
)

# A number as people write phones: not a part of an id such as in_0012345 or kc_12ab34.
_PHONE = re.compile(r"(?<![\w@])\+?\(?\d[\d\s().\-/]{5,}\d(?!\w)")

_STARS = "***"


def mask(text: str) -> str:
    """Mask e-mail addresses and phone numbers; everything else, such as customer ids, stands.

    Args:
        text: Any text, in any script.

    Returns:
        The text with ``maria@example.com`` as ``m***@e***.com`` and ``+972 52-123-4567`` as
        ``***67``.
    """
    return _PHONE.sub(_masked_phone, _EMAIL.sub(_masked_email, text))


def _masked_email(match: re.Match[str]) -> str:
    name, dot, ending = match["domain"].rpartition(".")
    domain = f"{name[0]}{_STARS}{dot}{ending}" if name else _STARS
    return f"{match['local'][0]}{_STARS}@{domain}"


def _masked_phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    # Fewer than seven digits is a count or a short number of a ticket, not somebody's phone.
    return f"{_STARS}{digits[-2:]}" if len(digits) >= 7 else match[0]
