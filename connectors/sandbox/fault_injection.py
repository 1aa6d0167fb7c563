"""Lets things go wrong between a served sandbox and whoever reads it, as a plan says."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

import orjson

from .fault_answers import REFUSALS, Refusal
from .fault_pages import with_changed_type, with_unknown_field, without_records
from .fault_plan import Fault, FaultCounts, FaultPlan

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COUNTS_PATH = "/_faults"
"""Answers with how often what happened, as JSON."""
_DRIPS = 16
_PAGES_KEPT = 8
_CURSORS = frozenset(
    {"after", "cursor", "ending_before", "offset", "page[after]", "starting_after"}
)


class FaultInjector:
    """An ASGI application around another one.

    Requests are numbered for each path by itself; the plan decides by that number and the seed.
    """

    def __init__(self, app: App, plan: FaultPlan) -> None:
        self._app = app
        self._plan = plan
        self._counts: dict[tuple[int, str], int] = defaultdict(int)
        self._happened: dict[tuple[int, str], int] = defaultdict(int)
        self._places: dict[str, bytes] = {}
        self._pages: dict[str, list[bytes]] = defaultdict(list)
        self._under_way: dict[str, int] = defaultdict(int)
        self.told = FaultCounts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, rightly or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == COUNTS_PATH:
            told = {
                "requests": self.told.requests,
                "faults": self.told.faults,
                "at_once": self.told.at_once,
            }
            await _reply(send, Refusal(200, orjson.dumps(told)))
            return
        _, vendor, path = (*scope["path"].split("/", 2), "", "")[:3]
        path = f"/{path}"
        self.told.requests[vendor] = self.told.requests.get(vendor, 0) + 1
        self._under_way[vendor] += 1
        self.told.at_once[vendor] = max(self.told.at_once.get(vendor, 0), self._under_way[vendor])
        try:
            await self._answer(scope, receive, send, vendor, path)
        finally:
            self._under_way[vendor] -= 1

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, vendor: str, path: str
    ) -> None:
        query = dict(parse_qsl(scope.get("query_string", b"").decode()))
        for value in query.values():
            if value in self._places:
                scope["query_string"] = self._places[value]
        fault = None
        for each in self._happening(vendor, path):
            if each.kind == "slow":
                await asyncio.sleep(each.seconds)
            elif fault is None:
                fault = each
        if fault is None:
            await self._app(scope, receive, _Keeping(send, self._pages[_list_of(scope)]))
            return
        if fault.kind in REFUSALS:
            await _reply(send, REFUSALS[fault.kind](vendor, fault))
            return
        if fault.kind == "cut":
            await _cut(receive, send)
            return
        status, headers, body = await self._asked(scope, receive)
        if status not in (200, 207):
            await _reply(send, Refusal(status, body, headers))
            return
        await self._spoil(fault, scope, receive, send, vendor, headers, body)

    def _happening(self, vendor: str, path: str) -> list[Fault]:
        found = []
        decided = False
        for number, fault in enumerate(self._plan.faults):
            if not fault.concerns(vendor, path):
                continue
            key = (number, f"/{vendor}{path}")
            self._counts[key] += 1
            if decided and fault.kind != "slow":
                continue
            if not self._plan.happens(number, key[1], self._counts[key], self._happened[key]):
                continue
            self._happened[key] += 1
            self.told.faults[fault.kind] = self.told.faults.get(fault.kind, 0) + 1
            decided = decided or fault.kind != "slow"
            found.append(fault)
        return found

    async def _asked(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, str], bytes]:
        """Return what the sandbox would have said."""
        status, headers, pieces = 200, {}, []

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {
                    name.decode(): value.decode()
                    for name, value in message["headers"]
                    if name.lower() != b"content-length"
                }
            else:
                pieces.append(message.get("body", b""))

        await self._app(scope, receive, keep)
        return status, headers, b"".join(pieces)

    async def _spoil(
        self,
        fault: Fault,
        scope: Scope,
        receive: Receive,
        send: Send,
        vendor: str,
        headers: dict[str, str],
        body: bytes,
    ) -> None:
        kept = self._pages[_list_of(scope)] if scope["method"] == "GET" else []
        if fault.kind == "cut_body":
            await _cut_body(receive, send, headers, body)
        elif fault.kind == "drip":
            await _drip(send, headers, body, fault.seconds)
        elif fault.kind == "truncated_json":
            await _reply(send, Refusal(200, body[: len(body) // 2], headers))
        elif fault.kind == "malformed_json":
            page = b"<html><body>One moment, please.</body></html>"
            await _reply(send, Refusal(200, page, {**headers, "content-type": "text/html"}))
        elif fault.kind == "repeated_page" and (before := _page_before(scope, kept)):
            await _reply(send, Refusal(200, before, headers))
        elif fault.kind == "looping_cursor" and kept:
            await _reply(send, Refusal(200, kept[0], headers))
        else:
            spoiled = self._spoiled_page(fault, scope, vendor, body)
            if spoiled is body:
                _keep(kept, body)
            await _reply(send, Refusal(200, spoiled, headers))

    def _spoiled_page(self, fault: Fault, scope: Scope, vendor: str, body: bytes) -> bytes:
        page = orjson.loads(body)
        if not isinstance(page, dict):
            return body
        if fault.kind == "unknown_field":
            return orjson.dumps(with_unknown_field(page))
        if fault.kind == "changed_type":
            return orjson.dumps(with_changed_type(page, fault.field))
        is_list = scope["method"] == "GET" or scope["path"].endswith("/search")
        if fault.kind == "empty_page" and is_list:
            asked = scope.get("query_string", b"")
            seed = f"{self._plan.seed}/{scope['path']}/{len(self._places)}".encode()
            place = f"moved-{blake2b(seed, digest_size=8).hexdigest()}"
            empty = without_records(vendor, page, dict(parse_qsl(asked.decode())), place)
            if empty is not None:
                self._places[place] = asked
                return orjson.dumps(empty)
        return body


def _list_of(scope: Scope) -> str:
    """Return what the pages of one list have in common."""
    query = parse_qsl(scope.get("query_string", b"").decode())
    kept = [f"{name}={value}" for name, value in query if name not in _CURSORS]
    return "&".join([f"{scope['method']} {scope['path']}", *kept])


def _page_before(scope: Scope, kept: list[bytes]) -> bytes | None:
    """Return the page that led to this request; None for the first one of a list.

    Two streams may read one list at the same time, each at its own place: the newest page is not
    always the one that this request follows, but that one holds the place that is asked for.
    """
    query = parse_qsl(scope.get("query_string", b"").decode())
    places = [value.encode() for name, value in query if name in _CURSORS]
    if not places or not kept:
        return None
    led = [page for page in kept if any(place in page for place in places)]
    return (led or kept)[-1]


def _keep(pages: list[bytes], page: bytes) -> None:
    """Keep the first page of a list and the last few, as several streams may be reading it."""
    pages.append(page)
    del pages[1:-_PAGES_KEPT]


class _Keeping:
    """Sends on, and keeps pages of a path."""

    def __init__(self, send: Send, pages: list[bytes]) -> None:
        self._send = send
        self._pages = pages
        self._good = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._good = message["status"] == 200
        elif self._good and not message.get("more_body"):
            _keep(self._pages, message.get("body", b""))
        await self._send(message)


async def _reply(send: Send, answer: Refusal) -> None:
    headers = {"content-type": "application/json", **answer.headers}
    await send(_start(answer.status, headers, len(answer.body)))
    await send({"type": "http.response.body", "body": answer.body})


def _start(status: int, headers: dict[str, str], length: int) -> Message:
    named = {**headers, "content-length": str(length)}
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }


async def _drip(send: Send, headers: dict[str, str], body: bytes, seconds: float) -> None:
    await send(_start(200, headers, len(body)))
    size = max(1, len(body) // _DRIPS + 1)
    for begin in range(0, len(body), size):
        await asyncio.sleep(seconds / _DRIPS)
        piece = body[begin : begin + size]
        more = begin + size < len(body)
        await send({"type": "http.response.body", "body": piece, "more_body": more})


async def _cut_body(receive: Receive, send: Send, headers: dict[str, str], body: bytes) -> None:
    await send(_start(200, headers, len(body)))
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    await _cut(receive, send, flush=True)


async def _cut(receive: Receive, send: Send, *, flush: bool = False) -> None:
    # ASGI knows no way to hang up; uvicorn's own `send` knows its connection.
    transport = getattr(send, "__self__").transport  # noqa: B009 - not in the type of `send`
    if flush:
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue
