"""Transactions of the balance: they have no events, and change once, from pending to available."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.stripe.components import OVERLAP, VENDOR, ListThenEvents
from connectors.vendor_clock import vendor_seconds


@dataclass
class BalanceTransactions(ListThenEvents):
    """Reads all transactions first; later those that are new, and those that were pending.

    The list can only be asked for by the time of creation. So the state holds when the oldest
    transaction that was pending was created, from where the list is read again, and from when on
    one of them was to become available, which tells those that may have changed from the others.

    State, in seconds of Stripe's clock: `{"until", "created_from", "available_from",
    "full_read_at"}`; in the middle of a list the same of what is being read, with `after`, under
    `reading` (all of it) or `listing` (what is new).
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of transactions; the state follows them."""
        state = dict(self.checkpoint.state)
        if not isinstance(state.get("until"), int):
            yield from self._read(None, state.get("reading") or {})
        else:
            yield from self._read(state, state.pop("listing", None) or {})

    def _read(
        self, known: dict[str, Any] | None, place: Mapping[str, Any]
    ) -> Iterator[list[dict[str, Any]]]:
        after: str | None = place.get("after")
        until: int | None = place.get("since")
        pending: int | None = place.get("created_from")
        available: int | None = place.get("available_from")
        more = {"created[gte]": known["created_from"]} if known else {}
        for transactions, response in self.list_pages(after, more):
            now = vendor_seconds(VENDOR, response)
            if known and self.is_of_another_account(known["until"], now):
                yield from self._read(None, {})
                return
            until = now - int(OVERLAP.total_seconds()) if until is None else until
            records = [each for each in transactions if known is None or _is_news(each, known)]
            for each in transactions:
                if each.get("status") == "pending":
                    pending = min(pending or each["created"], each["created"])
                    if isinstance(each.get("available_on"), int):
                        available = min(available or each["available_on"], each["available_on"])
            yield records
            if transactions:
                here = {
                    "since": until,
                    "after": transactions[-1]["id"],
                    "created_from": pending,
                    "available_from": available,
                }
                state = {"reading": here} if known is None else {**known, "listing": here}
                self.checkpoint.offer(state, len(records))
        if until is not None:
            self.checkpoint.save(
                {
                    "until": until,
                    "created_from": min(pending or until, until),
                    "available_from": available,
                    "full_read_at": until if known is None else known.get("full_read_at"),
                }
            )


def _is_news(transaction: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether a transaction is new, or may have become available since the state."""
    if transaction["created"] >= known["until"]:
        return True
    due = known.get("available_from")
    return (
        due is not None
        and transaction.get("status") != "pending"
        and transaction.get("available_on", due) >= due
    )
