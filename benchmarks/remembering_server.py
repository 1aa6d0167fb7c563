"""`python -m benchmarks.remembering_server SANDBOX`: a sandbox that works out each answer once.

What was asked before is answered from memory, byte by byte as it was then, so that reading
everything a second time takes next to nothing of the server. It prints its address and serves until
it is killed.
"""

from __future__ import annotations

import argparse
import asyncio
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.bare_server import Request, response, serve
from connectors import sandbox

_OF_THE_CONNECTION = {"connection", "content-length", "transfer-encoding"}


class RememberedAnswers:
    """Answers of another server, whose answers depend on the request line and the body alone."""

    def __init__(self, address: str) -> None:
        self._server = urlsplit(address).netloc
        self._answers: dict[tuple[bytes, bytes], bytes] = {}

    def __call__(self, request: Request) -> bytes | asyncio.Future[bytes]:
        """Answer as before, or for the first time."""
        known = self._answers.get((request.line, request.body))
        if known is not None:
            return known
        return asyncio.get_running_loop().run_in_executor(None, self._ask, request)

    def _ask(self, request: Request) -> bytes:
        method, target, _ = request.line.decode().split(" ")
        connection = HTTPConnection(self._server)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for header in request.head.decode("latin-1").splitlines()[1:-1]:
                # The host as it was asked for, so that links lead here as well.
                name, _, value = header.partition(": ")
                connection.putheader(name, value)
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            headers = "".join(
                f"{name}: {value}\r\n"
                for name, value in answer.getheaders()
                if name.lower() not in _OF_THE_CONNECTION
            )
            known = response(answer.read(), headers, f"{answer.status} {answer.reason}")
        finally:
            connection.close()
        self._answers[request.line, request.body] = known
        return known


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sandbox", type=Path, help="its folder")
    options = parser.parse_args()
    with sandbox.running(options.sandbox) as address:
        serve(RememberedAnswers(address))


if __name__ == "__main__":
    main()
