"""A server of the benchmarks in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[str]:
    """Run `python -m MODULE ARGUMENTS`, which prints its address first; give the address."""
    server = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=_PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()
