"""People as a list, identity built over them, and the ledger written as publishing does."""

import itertools
from collections.abc import Iterable
from typing import Any

from built_warehouse import Warehouse
from written_lake import tombstone

SOURCE = "crm"
# What identity needs, and nothing of billing, support or sales.
IDENTITY = (
    "+int_identity__customer_id_events",
    "+int_identity__customer_id_changes",
    "+customer_id_history",
    "+customer_identities",
    "+customer_links",
    "+customer_attributes",
    "+customer_search_tokens",
)


class People:
    """A lake with one list of people, its warehouse, and a clock."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.lake = warehouse.lake
        self.minutes = itertools.count(1)

    def say(self, *records: dict[str, Any], source: str = SOURCE) -> None:
        """Write these versions of people records."""
        now = next(self.minutes)
        self.lake.write_records(
            source,
            "people",
            *({"updated_at": f"2025-01-01T00:{now:02}:00Z", **record} for record in records),
            minutes=now,
        )

    def forget(self, *record_ids: str, source: str = SOURCE) -> None:
        """Write that these records are gone."""
        self.lake.write_records(
            source,
            "people",
            *(tombstone(record_id=record_id) for record_id in record_ids),
            minutes=next(self.minutes),
        )

    def decide(self, left: str, right: str, verdict: str, decided_by: str = "dana") -> None:
        """Write a steward's verdict on two records."""
        now = next(self.minutes)
        self.lake.write_records(
            "steward",
            "decisions",
            {
                "decision_id": f"d{now}",
                "left_source": SOURCE,
                "left_record_id": left,
                "right_source": SOURCE,
                "right_record_id": right,
                "verdict": verdict,
                "decided_by": decided_by,
                "decided_at": f"2026-01-01T00:{now:02}:00Z",
            },
            minutes=now,
        )

    def build(self) -> None:
        """Build the models of identity and what they need."""
        self.warehouse.run(*IDENTITY)

    def publish(self) -> tuple[int, int]:
        """Write the ledger; return how many ids and events were new."""
        events = self.publish_history()
        changes = self.table("identity.int_identity__customer_id_changes")
        for change in changes:
            del change["record_key"]
        if changes:
            self.lake.write_records(
                "kesher",
                "customer_ids",
                *(
                    tombstone(source=change["source"], record_id=change["record_id"])
                    if change.pop("is_deleted")
                    else change
                    for change in changes
                ),
                minutes=next(self.minutes),
            )
        return len(changes), events

    def publish_history(self) -> int:
        """Write the part of the ledger that comes first; return how many events were new."""
        events = self.table("identity.int_identity__customer_id_events")
        if events:
            self.lake.write_records(
                "kesher",
                "customer_id_history",
                *({**event, "happened_at": event["happened_at"].isoformat()} for event in events),
                minutes=next(self.minutes),
            )
        return len(events)

    def table(self, name: str, order: str = "all") -> list[dict[str, Any]]:
        columns = [row[0] for row in self.warehouse.rows(f"describe {name}")]
        rows = self.warehouse.rows(f"select * from {name} order by {order}")
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def ids(self) -> dict[str, str]:
        """The customer id of each record."""
        return dict(
            self.warehouse.rows("select record_id, customer_id from marts.customer_identities")
        )

    def events(self) -> list[tuple[str, str, str | None]]:
        return self.warehouse.rows(
            """
            select event, customer_id, other_customer_id
            from marts.customer_id_history
            order by happened_at, event, customer_id
            """
        )

    def groups(self) -> set[frozenset[str]]:
        """Which records are one customer."""
        groups: dict[str, set[str]] = {}
        for record, customer in self.ids().items():
            groups.setdefault(customer, set()).add(record)
        return {frozenset(group) for group in groups.values()}


def person(record_id: str, full_name: str | None = None, **fields: Any) -> dict[str, Any]:
    """A people record."""
    return {"record_id": record_id, "full_name": full_name, **fields}


def together(groups: Iterable[frozenset[str]], *records: str) -> bool:
    """Whether these records, and no other ones, are one customer."""
    return frozenset(records) in set(groups)
