"""Requests that do not wait for one another, where one answer each is needed of many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST_AT_ONCE = 12
"""Threads that ask. How many requests are under way at the same time, the source's budget says."""


def in_order(ask: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    """What is answered for each item, in the order of the items, asked for several at once.

    The first error is raised in its item's place; nothing is asked for after that.
    """
    if len(items) <= 1:
        yield from map(ask, items)
        return
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(items)), "in-parallel") as pool:
        asked = [pool.submit(ask, item) for item in items]
        try:
            for answer in asked:
                yield answer.result()
        finally:
            for answer in asked:
                answer.cancel()
