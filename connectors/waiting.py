"""The one place where connectors look at this machine's clock and wait, so that tests need not.

Call these through the module (`waiting.sleep(…)`): a test then replaces them for all connectors.
"""

from __future__ import annotations

import random
import time

FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 30.0


def now() -> float:
    """Seconds on a clock that never goes back."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Waits."""
    time.sleep(seconds)


def backoff(attempt: int) -> float:
    """How long to wait after a failed attempt (from 1) when nobody says so.

    1, 2, 4, … seconds, at most 30, each shortened at random by up to a half, so that those who
    failed together do not come back together.
    """
    whole: float = min(FIRST_BACKOFF_SECONDS * 2 ** min(attempt - 1, 10), LONGEST_BACKOFF_SECONDS)
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
