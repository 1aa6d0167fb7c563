"""Keeps airbyte-cdk's threads from evaluating literals at the same time.

What a manifest's expressions give is read by `ast.literal_eval`, in every thread that makes a
request. CPython counts how deep a syntax tree is in one place for all threads (python/cpython
issue 106905), so that two of them at once sometimes end in `SystemError: AST constructor recursion
depth mismatch`, and the stream fails.
"""

from __future__ import annotations

import threading
from typing import Any

from airbyte_cdk.sources.declarative.interpolation.jinja import JinjaInterpolation

_original = JinjaInterpolation._literal_eval
# The same thread may come again: the collection of garbage runs others' code in its middle.
_turn = threading.RLock()


def _in_turn(self: JinjaInterpolation, *arguments: Any) -> Any:
    with _turn:
        return _original(self, *arguments)


def evaluate_one_by_one() -> None:
    """Lets one thread at a time evaluate what an expression gave; to be called once or more."""
    JinjaInterpolation._literal_eval = _in_turn  # type: ignore[method-assign,assignment]
