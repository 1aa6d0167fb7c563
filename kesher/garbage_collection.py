"""Python's search for reference cycles, which is dear where many objects live."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_garbage_collection() -> Iterator[None]:
    """Search seldom, where objects are many and hardly a cycle among them.

    dbt keeps its whole project in memory and makes many objects more, and each page of a vendor is
    thousands of objects that go with it. At Python's own pace a quarter of a build, and a sixth of
    reading Stripe's account, goes into walking what stays. What is there at the beginning is not
    walked at all.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
