"""The HTTP server: four vendors under four prefixes of one port, on loopback."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import hubspot_routes, mailchimp_routes, stripe_routes, zendesk_routes
from .errors import SandboxError
from .fault_injection import App, FaultInjector
from .fault_plan import FaultPlan
from .http_call import Call, Handler, VendorError
from .store import clock, open_store

_LOG = logging.getLogger(__name__)
VENDORS: dict[str, ModuleType] = {
    "stripe": stripe_routes,
    "zendesk": zendesk_routes,
    "mailchimp": mailchimp_routes,
    "hubspot": hubspot_routes,
}


def application(database: sqlite3.Connection) -> Starlette:
    """Return the ASGI application over an open store."""
    routes = []
    for vendor, module in VENDORS.items():
        for method, path, handler in module.ROUTES:
            routes.append(_route(database, vendor, module, method, path, handler))
        routes.append(_route(database, vendor, module, "*", "/{rest:path}", module.unknown))
    return Starlette(routes=routes)


def _route(
    database: sqlite3.Connection,
    vendor: str,
    module: ModuleType,
    method: str,
    path: str,
    handler: Handler,
) -> Route:
    async def endpoint(request: Request) -> Response:
        body = await request.body() if request.method in ("POST", "PUT", "PATCH") else b""
        # Everything one answer says comes from one state, also while `advance` commits beside it.
        database.execute("begin")
        try:
            now = clock(database)
            call = Call(
                request.method,
                request.url.path.removeprefix(f"/{vendor}"),
                request.path_params,
                request.query_params,
                request.headers,
                body,
                database,
                now,
                f"{request.url.scheme}://{request.url.netloc}/{vendor}",
            )
            headers = {"date": formatdate(now, usegmt=True)}
            try:
                module.authorize(call)
                answer = handler(call)
                status, content = answer.status, answer.body
            except VendorError as error:
                status, content = error.status, error.body
                headers |= error.headers
            except Exception:
                error_id = call.request_id()
                _LOG.exception("The sandbox failed at %s (request %s)", call.path, error_id)
                content = orjson.dumps({"error": "sandbox failure", "request": error_id})
                return Response(content, 500, headers, "application/json")
        finally:
            database.execute("commit")
        return Response(content, status, headers, "application/json")

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] if method == "*" else [method]
    return Route(f"/{vendor}{path}", endpoint, methods=methods)


def _bound_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only a socket that names its protocol gets TCP_NODELAY from asyncio; without it every small
    # answer waits 40 ms for the client to acknowledge its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise SandboxError(
            f"The sandbox cannot listen on {host}:{port}: {error.strerror or error}. "
            "Choose another port, or 0 for any free one."
        ) from error
    return listener


def serve(
    directory: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] | None = None,
    lifeline: BinaryIO | None = None,
    faults: FaultPlan | None = None,
) -> None:
    """Serve a directory's sandbox until the process is interrupted or terminated.

    `on_ready` is called with the base URL once requests are answered. The end of `lifeline`, if
    there is one, ends the server too. What `faults` says goes wrong.
    Raises SandboxError if there is no sandbox or the port is taken.
    """
    database = open_store(directory, read_only=True)
    listener = _bound_socket(host, port)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    app: App = application(database)
    if faults is not None:
        app = FaultInjector(app, faults)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, lambda: on_ready(url) if on_ready else None)
    if lifeline is not None:
        threading.Thread(target=_watch, args=(lifeline, server), daemon=True).start()
    try:
        asyncio.run(server.serve(sockets=[listener]))
    except KeyboardInterrupt:
        return  # uvicorn raises the interrupt again after it has shut down in order
    finally:
        listener.close()
        database.close()


def _watch(lifeline: BinaryIO, server: uvicorn.Server) -> None:
    while lifeline.read(1):
        continue
    server.should_exit = True
    # A request that hangs must not keep an orphan alive.
    threading.Timer(3.0, signal.raise_signal, (signal.SIGTERM,)).start()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()
