"""The events themselves, kept for longer than Stripe keeps them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.stripe.components import EVENTS_LIVE, ListThenEvents, Page
from connectors.user_warnings import FOR_USER

logger = logging.getLogger("airbyte.stripe")


@dataclass
class EventLog(ListThenEvents):
    """Reads every event once. An event never changes, and what Stripe forgets stays read.

    State: `{"since": …}`, or `{"reading": {"since": …, "after": id}}` in the middle of the first
    list. It never says `full_read_at`, for events that do not come again were not deleted.
    """

    def told(self, pages: Sequence[Page]) -> Iterator[list[dict[str, Any]]]:
        """The events as they are."""
        for events, _ in pages:
            yield events

    def read_whole(self, since: int | None) -> dict[str, Any]:
        """The state after the first list."""
        return {"since": since}

    def must_read_again(self, since: int, started: int) -> bool:
        """Only a state of another account needs that; a gap of months cannot be filled."""
        if started - since > EVENTS_LIVE.total_seconds():
            logger.warning(
                "%s: the last sync was %d days ago, but Stripe keeps events for %d days only. "
                "Those in between are lost.",
                self.name,
                (started - since) // 86400,
                EVENTS_LIVE.days,
                extra=FOR_USER,
            )
        return self.is_of_another_account(since, started)
