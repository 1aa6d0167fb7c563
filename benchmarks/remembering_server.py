"""`python -m benchmarks.remembering_server SANDBOX`: a sandbox that works out each answer once.

A vendor answers on machines of its own; here it shares two cores with whoever reads. What was asked
before is answered from memory, so that reading everything a second time takes next to nothing of
the server. It prints its address and serves until it is killed.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from pathlib import Path

import uvicorn

from connectors.sandbox.fault_injection import App, Message, Receive, Scope, Send
from connectors.sandbox.server import application
from connectors.sandbox.store import open_store


class RememberedAnswers:
    """An ASGI application around another one, whose answers depend on the request alone."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._answers: dict[tuple[str, bytes, bytes, bytes], list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as before, or for the first time."""
        body = await _body(receive)
        request = (scope["method"], scope["raw_path"], scope["query_string"], body)
        if request not in self._answers:
            answer: list[Message] = []

            async def given() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            async def keep(message: Message) -> None:
                answer.append(message)

            await self._app(scope, given, keep)
            self._answers[request] = answer
        for message in self._answers[request]:
            await send(message)


async def _body(receive: Receive) -> bytes:
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
    return body


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sandbox", type=Path, help="its folder")
    options = parser.parse_args()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        app = RememberedAnswers(application(open_store(options.sandbox, read_only=True)))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="off",
            date_header=False, server_header=False,
        )  # fmt: skip
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
