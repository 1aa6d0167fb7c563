"""Fixtures for all connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from answering_vendor import Answer, LocalVendor, Request, serve

from connectors import waiting


@dataclass
class Waits:
    """A clock that jumps on where the connectors would have waited."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Nobody waits in this test; it tells who would have, and how long."""
    clock = Waits()
    monkeypatch.setattr(waiting, "now", clock.now)
    monkeypatch.setattr(waiting, "sleep", clock.sleep)
    return clock


@pytest.fixture
def local_vendor() -> Iterator[Callable[[Callable[[Request], Answer]], LocalVendor]]:
    """Call it with a function Request -> Answer; the server ends with the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serve(answer))
