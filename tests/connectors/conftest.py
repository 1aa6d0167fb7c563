"""Fixtures for all connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from answering_vendor import Answer, LocalVendor, Request, serve


@pytest.fixture
def local_vendor() -> Iterator[Callable[[Callable[[Request], Answer]], LocalVendor]]:
    """Call it with a function Request -> Answer; the server ends with the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serve(answer))
