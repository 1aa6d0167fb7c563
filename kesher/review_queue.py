"""The review queue as it is published, less what was decided since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from decisions.decision import Decision, RecordName
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.serving import published_file, serving_problem

#: Of a decision: what the queue is compared with.
_DECIDED = pa.schema(
    [
        (name, pa.string())
        for name in (
            "left_source",
            "left_record_id",
            "right_source",
            "right_record_id",
            "verdict",
            "evidence",
        )
    ]
)

# A decision about two records of two customers answers every question about the two customers; one
# about two records of the same customer, that about these records. A skip answers until the records
# compare differently. The model int_identity__review_pairs says the same for the next build.
_OPEN_PAIRS = """
create or replace temp table open_pairs as
with
    decided_customers as (
        select
            decided.*,
            least(left_record.customer_id, right_record.customer_id) as low_customer_id,
            greatest(left_record.customer_id, right_record.customer_id) as high_customer_id
        from decided
        inner join customer_identities as left_record
            on left_record.source = decided.left_source
            and left_record.record_id = decided.left_record_id
        inner join customer_identities as right_record
            on right_record.source = decided.right_source
            and right_record.record_id = decided.right_record_id
    )

select queue.queue_position
from match_review_queue as queue
where
    not exists (
        select 1
        from decided_customers
        where
            decided_customers.low_customer_id
            = least(queue.left_customer_id, queue.right_customer_id)
            and decided_customers.high_customer_id
            = greatest(queue.left_customer_id, queue.right_customer_id)
            and (
                queue.left_customer_id <> queue.right_customer_id
                or (
                    decided_customers.left_source = queue.left_source
                    and decided_customers.left_record_id = queue.left_record_id
                    and decided_customers.right_source = queue.right_source
                    and decided_customers.right_record_id = queue.right_record_id
                )
            )
            and (
                decided_customers.verdict <> 'skip'
                or coalesce(decided_customers.evidence, queue.evidence) = queue.evidence
            )
    )
"""


class UnknownRecordError(KesherError):
    """A record was named that is not among the published ones."""

    exit_code = 2


@dataclass(frozen=True)
class PublishedRecord:
    """A record, the customer it belongs to, and its name as it stands there."""

    name: RecordName
    customer_id: str
    person: str | None


class ReviewQueue:
    """The queue of one published generation, and the records that it is about."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def open_pairs(
        self, standing: Iterable[Decision], limit: int | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """Return the rows of `match_review_queue` that no decision answers, in their order.

        Args:
            standing: The decisions that hold.
            limit: How many rows at most.

        Returns:
            The rows, and how many there would be without the limit.
        """
        self._register(standing)
        self._connection.execute(_OPEN_PAIRS)
        rows = self._rows(
            """
            select *
            from match_review_queue
            where queue_position in (
                select queue_position from open_pairs order by queue_position limit $limit
            )
            order by queue_position
            """,
            {"limit": limit},
        )
        counted = self._rows("select count(*) as open_count from open_pairs")
        return rows, int(counted[0]["open_count"])

    def record(self, name: RecordName) -> PublishedRecord:
        """Look up a record.

        Raises:
            UnknownRecordError: it is not published; names the sources there are if it's of none.
        """
        found = self._rows(
            """
            select customer_id, record_name
            from customer_identities
            where source = $source and record_id = $record_id
            """,
            {"source": name.source, "record_id": name.record_id},
        )
        if found:
            return PublishedRecord(name, found[0]["customer_id"], found[0]["record_name"])
        sources = [
            row["source"]
            for row in self._rows("select distinct source from customer_identities order by source")
        ]
        if name.source not in sources:
            raise UnknownRecordError(
                f"There is no source {name.source}; there are {', '.join(sources) or 'none'}."
            )
        raise UnknownRecordError(
            f"{name.source} has no record {name.record_id} in what is published: it was deleted, "
            "came after the last kesher run, or is written differently."
        )

    def evidence(self, left: PublishedRecord, right: PublishedRecord) -> str | None:
        """Return how two records compare, if the queue asks about them or their customers."""
        names = sorted([left.name, right.name])
        found = self._rows(
            """
            select evidence
            from match_review_queue
            where
                least(left_customer_id, right_customer_id) = $low
                and greatest(left_customer_id, right_customer_id) = $high
                and (
                    $low <> $high
                    or (
                        left_source = $left_source
                        and left_record_id = $left_record_id
                        and right_source = $right_source
                        and right_record_id = $right_record_id
                    )
                )
            """,
            {
                "low": min(left.customer_id, right.customer_id),
                "high": max(left.customer_id, right.customer_id),
                "left_source": names[0].source,
                "left_record_id": names[0].record_id,
                "right_source": names[1].source,
                "right_record_id": names[1].record_id,
            },
        )
        return found[0]["evidence"] if found else None

    def attributes(self, record: PublishedRecord) -> dict[str, str]:
        """Return everything that a record says about its person, by attribute."""
        rows = self._rows(
            """
            select attribute, string_agg(distinct "value", '; ' order by "value") as found
            from customer_attributes
            where customer_id = $customer_id and source = $source and record_id = $record_id
            group by attribute
            """,
            {
                "customer_id": record.customer_id,
                "source": record.name.source,
                "record_id": record.name.record_id,
            },
        )
        return {row["attribute"]: row["found"] for row in rows}

    def _register(self, standing: Iterable[Decision]) -> None:
        rows = [
            {
                "left_source": decision.left.source,
                "left_record_id": decision.left.record_id,
                "right_source": decision.right.source,
                "right_record_id": decision.right.record_id,
                "verdict": decision.verdict,
                "evidence": decision.evidence,
            }
            for decision in standing
        ]
        self._connection.register("decided", pa.Table.from_pylist(rows, schema=_DECIDED))

    def _rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        found = self._connection.execute(query, parameters or {})
        columns = [column[0] for column in found.description or []]
        return [dict(zip(columns, values, strict=True)) for values in found.fetchall()]


@contextmanager
def published_queue(data: DataDirectory) -> Iterator[ReviewQueue]:
    """Open the queue of the generation that is published now.

    Raises:
        KesherError: nothing is published, or by a Kesher that had no queue, or the file is damaged.
    """
    if problem := serving_problem(data):
        raise KesherError(problem)
    file = published_file(data)
    if file is None:
        raise KesherError("There is nothing to review yet: kesher run publishes the customers.")
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            tables = {row[0] for row in connection.execute("show tables").fetchall()}
            if "match_review_queue" not in tables:
                raise KesherError(
                    "What is published has no review queue yet: kesher run publishes one."
                )
            yield ReviewQueue(connection)
    except duckdb.Error as error:
        raise KesherError(
            f"{file} can't be read ({' '.join(str(error).split())}): kesher publish writes it anew."
        ) from error
