"""Identifiers: stable, unique, shaped like the vendors' own."""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b, md5


def token(kind: str, number: int, part: int = 0, length: int = 14) -> str:
    """Return letters and digits that only this (kind, number, part) has."""
    digest = blake2b(b"%s:%d:%d" % (kind.encode(), number, part), digest_size=18).digest()
    return b64encode(digest, b"Kq").decode()[:length]


def email_hash(email: str) -> str:
    """Return Mailchimp's subscriber id: MD5 of the lower-case address."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()
