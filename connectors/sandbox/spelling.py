"""Ways in which people and clerks misspell names, numbers and addresses."""

from __future__ import annotations

import re
from random import Random

from .places import CALLING_CODES

_HEBREW_NEIGHBOURS = {
    "ט": "ת",
    "ת": "ט",
    "כ": "ק",
    "ק": "כ",
    "ח": "ה",
    "ס": "ש",
    "א": "ע",
    "ע": "א",
}
_RESPELLINGS = (
    ("tz", "z"),
    ("ch", "h"),
    ("sh", "s"),
    ("ei", "ey"),
    ("ai", "ay"),
    ("ck", "k"),
    ("ph", "f"),
    ("v", "w"),
    ("i", "y"),
)


def typo(rng: Random, word: str) -> str:
    """Return the word with one slip: two letters swapped, one lost, doubled or replaced."""
    if len(word) < 4:
        return word
    place = 1 + int(rng.random() * (len(word) - 2))
    draw = rng.random()
    if draw < 0.3:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if draw < 0.55:
        return word[:place] + word[place + 1 :]
    if draw < 0.75:
        return word[:place] + word[place] + word[place:]
    letter = word[place]
    other = _HEBREW_NEIGHBOURS.get(letter) or ("ו" if "א" <= letter <= "ת" else "e")
    return word[:place] + other + word[place + 1 :]


def respell(rng: Random, word: str) -> str:
    """Return a Latin word as another ear would write it (Tzvi, Zvi)."""
    options = [pair for pair in _RESPELLINGS if pair[0] in word[1:]]
    if not options:
        return word
    old, new = options[int(rng.random() * len(options))]
    return word[0] + word[1:].replace(old, new, 1)


def email_variant(rng: Random, email: str) -> tuple[str, str]:
    """Return another spelling that reaches the same mailbox, and which kind it is."""
    local, _, domain = email.partition("@")
    draw = rng.random()
    if draw < 0.4:
        tag = ("news", "shop", "il", "kesher", "spam", "2025")[int(rng.random() * 6)]
        return f"{local}+{tag}@{domain}", "plus_tag"
    if draw < 0.75 and domain == "gmail.com" and len(local) > 4:
        if "." in local:
            return f"{local.replace('.', '')}@{domain}", "gmail_dots"
        place = 1 + int(rng.random() * (len(local) - 2))
        return f"{local[:place]}.{local[place:]}@{domain}", "gmail_dots"
    if draw < 0.9:
        return f"{local.title()}@{domain.title() if rng.random() < 0.3 else domain}", "email_case"
    return f" {email}" if rng.random() < 0.5 else f"{email.upper()}", "email_case"


def email_typo(rng: Random, email: str) -> str:
    """Return an address that does not reach its owner, with a slip in one of its parts."""
    local, _, domain = email.partition("@")
    slips = {"gmail.com": ("gmial.com", "gmail.co", "gamil.com"), "hotmail.com": ("hotmial.com",)}
    if domain in slips and rng.random() < 0.6:
        options = slips[domain]
        return f"{local}@{options[int(rng.random() * len(options))]}"
    letters = re.match(r"[a-z]+", local)
    word = letters[0] if letters else ""
    return f"{typo(rng, word)}{local[len(word) :]}@{domain}" if len(word) > 3 else email


def phone_format(
    rng: Random, number: str, country: str, plain: float = 0.3, international: bool = False
) -> str:
    """Return an E.164 number as somebody typed it; `plain` is the chance that it stays as it is.

    `international` keeps the country's code in it.
    """
    if rng.random() < plain:
        return number
    code = CALLING_CODES[country]
    if not number.startswith("+" + code):
        return number
    national = number[1 + len(code) :]
    draw = int(rng.random() * 8)
    if country == "IL":
        split = 2 if national[0] == "5" or len(national) == 9 else 1
        area, rest = national[:split], national[split:]
        return (
            f"0{area}-{rest}",
            f"0{national}",
            f"0{area}-{rest[:3]}-{rest[3:]}",
            f"0{area} {rest[:3]} {rest[3:]}",
            f"+972-{area}-{rest}",
            f"+972 {area} {rest[:3]} {rest[3:]}",
            f"00972{national}",
            f"(0{area}) {rest}",
        )[draw]
    if country == "US":
        area, exchange, line = national[:3], national[3:6], national[6:]
        return (
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"+1 {area} {exchange} {line}",
            f"1-{area}-{exchange}-{line}",
            f"+1 ({area}) {exchange}-{line}",
            f"{national}",
            f"001{national}",
        )[draw]
    grouped = f"{national[:4]} {national[4:7]} {national[7:]}"
    if international:
        return (f"+{code} {grouped}", f"00{code}{national}")[draw % 2]
    return (
        f"0{grouped}",
        f"0{national}",
        f"+{code} {grouped}",
        f"+{code} (0){grouped}",
        f"00{code}{national}",
        f"0{national[:4]}/{national[4:]}",
        f"0{national[:4]}-{national[4:]}",
        f"00{code} {grouped}",
    )[draw]
