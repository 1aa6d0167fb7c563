"""Identifiers: stable, unique, shaped like the vendors' own."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import blake2b, md5

_ALPHABET = bytes.maketrans(b"+/", b"Kq")


def token(kind: str, number: int, part: int = 0, length: int = 14) -> str:
    """Return letters and digits that only this (kind, number, part) has."""
    digest = blake2b(b"%s:%d:%d" % (kind.encode(), number, part), digest_size=18).digest()
    return b2a_base64(digest, newline=False).translate(_ALPHABET)[:length].decode()


def email_hash(email: str) -> str:
    """Return Mailchimp's subscriber id: MD5 of the lower-case address."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()
