"""An HTTP server that does as little as it can for a request.

Vendors answer on machines of their own; here the server shares two cores with whoever reads, so
what it takes is taken from them. It knows what the readers of the benchmarks send: HTTP/1.1,
connections that stay open, bodies with a Content-Length.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """What was asked.

    Attributes:
        line: Method, target and version, as in `GET /v1/customers?limit=100 HTTP/1.1`.
        head: The line and the headers as they came, with the empty line behind them.
        body: What came behind the headers.
    """

    line: bytes
    head: bytes
    body: bytes


#: Gives the bytes of a whole response, at once or later.
Answer = Callable[[Request], bytes | Awaitable[bytes]]


def response(body: bytes, headers: str = "", status: str = "200 OK") -> bytes:
    """Return the bytes of a response; `headers` are whole lines, without that of the length."""
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body


def serve(answer: Answer) -> None:
    """Answer on a port of its own, whose address it prints, until it is killed."""
    asyncio.run(_serve(answer))


async def _serve(answer: Answer) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(answer), "127.0.0.1", 0
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


class _Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._received = bytearray()
        self._under_way: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._answer_what_is_whole()

    def _answer_what_is_whole(self) -> None:
        while self._under_way is None and (request := self._next_request()):
            answer = self._answer(request)
            if isinstance(answer, bytes):
                self._transport.write(answer)
            else:
                self._under_way = asyncio.ensure_future(self._answer_later(answer))

    async def _answer_later(self, answer: Awaitable[bytes]) -> None:
        self._transport.write(await answer)
        self._under_way = None
        self._answer_what_is_whole()

    def _next_request(self) -> Request | None:
        end = self._received.find(b"\r\n\r\n") + 4
        if end < 4:
            return None
        head = bytes(self._received[:end])
        length = _LENGTH.search(head)
        whole = end + (int(length[1]) if length else 0)
        if len(self._received) < whole:
            return None
        body = bytes(self._received[end:whole])
        del self._received[:whole]
        return Request(head.partition(b"\r\n")[0], head, body)
