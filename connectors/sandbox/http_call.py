"""One request as the vendor modules see it, and the answers they can give."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from starlette.datastructures import Headers, QueryParams


@dataclass(frozen=True, slots=True)
class Call:
    """A request, the database as it is at this moment, and the sandbox's present time."""

    method: str
    path: str
    params: Mapping[str, str]
    query: QueryParams
    headers: Headers
    body: bytes
    database: sqlite3.Connection
    now: int
    base_url: str

    def request_id(self) -> str:
        """Return an identifier for error bodies."""
        seed = f"{self.now}/{self.path}?{self.query}".encode()
        return str(UUID(bytes=blake2b(seed, digest_size=16).digest(), version=4))


class VendorError(Exception):
    """An error answer in the vendor's own shape."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = orjson.dumps(body)
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer."""

    body: bytes
    status: int = 200


Handler = Callable[[Call], Answer]


def json_answer(value: Any, status: int = 200) -> Answer:
    """Answer with a value as JSON."""
    return Answer(orjson.dumps(value), status)


def credentials(call: Call) -> tuple[str, str, str]:
    """Return (scheme, user or token, password) of the Authorization header, empty where missing."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    scheme, value = scheme.lower(), value.strip()
    if scheme == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return scheme, "", ""
        return scheme, user, password
    return scheme, value, ""


def integer(text: str | None, default: int) -> int | None:
    """Return a parameter as an integer, the default if it is absent, None if it is not one."""
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        return None
