"""A vendor on loopback whose every answer the test decides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson


@dataclass
class Request:
    """What the connector asked for."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def one(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[0] if values else None


@dataclass
class Answer:
    """What the vendor says: JSON when `body` is not bytes."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    date: int | None = None
    cut_at: int | None = None


@dataclass
class LocalVendor:
    """A running server; `requests` holds what came, in order."""

    base_url: str
    requests: list[Request]

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


@contextmanager
def serve(answer: Callable[[Request], Answer]) -> Iterator[LocalVendor]:
    seen: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                parts.path,
                parse_qs(parts.query),
                dict(self.headers.items()),
                self.rfile.read(length),
            )
            seen.append(request)
            result = answer(request)
            payload = result.body if isinstance(result.body, bytes) else orjson.dumps(result.body)
            self.send_response_only(result.status)
            moment = datetime.fromtimestamp(result.date, UTC) if result.date else datetime.now(UTC)
            headers = {
                "Date": format_datetime(moment, usegmt=True),
                "Content-Type": "application/json",
                "Content-Length": str(len(payload)),
                **result.headers,
            }
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload[: result.cut_at])
            if result.cut_at is not None:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent: the requests are in `requests`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield LocalVendor(f"http://127.0.0.1:{server.server_address[1]}", seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
