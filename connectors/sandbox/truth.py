"""What the sandbox knows about itself: whose records are whose, how many, how much was paid."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import SandboxError
from .store import STREAMS, open_store
from .stripe_payments import INVOICE


def write_truth(directory: Path, out: Path) -> int:
    """Write source, record_id and person_id of every live record as Parquet; return how many.

    Raises SandboxError if there is no sandbox or the file cannot be written.
    """
    database = open_store(directory, read_only=True)
    try:
        rows = database.execute(
            "select source, record_id, person_id from truth order by source, record_id"
        ).fetchall()
    finally:
        database.close()
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    table = pa.table(
        [pa.array(column, pa.string()) for column in columns],
        names=["source", "record_id", "person_id"],
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = out.with_name(f".{out.name}.part")
        pq.write_table(table, beside)
        beside.replace(out)
    except OSError as error:
        raise SandboxError(f"Could not write the truth to {out}: {error}.") from error
    return len(rows)


def mess(directory: Path) -> dict[str, int]:
    """Return how many records hold each kind of mess."""
    database = open_store(directory, read_only=True)
    try:
        counts: dict[str, int] = {}
        for (kinds,) in database.execute("select kinds from truth"):
            for kind in filter(None, kinds.split(",")):
                counts[kind] = counts.get(kind, 0) + 1
        return dict(sorted(counts.items()))
    finally:
        database.close()


def counts(directory: Path) -> dict[str, dict[str, int]]:
    """Return how many live records the API serves, by source and stream.

    Deleted and archived ones do not count, nor do records that are worked out of others when they
    are asked for. `email_activity` counts actions (an open, a click), as
    its stream does.
    """
    database = open_store(directory, read_only=True)
    try:
        found: dict[str, dict[str, int]] = {}
        for source, streams in STREAMS.items():
            found[source] = {}
            for stream in streams:
                what = (
                    "ifnull(sum(cast(tag as integer)), 0)"
                    if stream == "email_activity"
                    else "count(*)"
                )
                (number,) = database.execute(
                    f'select {what} from "{source}.{stream}" where deleted = 0'  # noqa: S608
                ).fetchone()
                found[source][stream] = number
        return found
    finally:
        database.close()


def invoice_totals(directory: Path) -> dict[str, int]:
    """Return the sum of `amount_paid` of paid invoices by currency, in minor units."""
    database = open_store(directory, read_only=True)
    try:
        totals: dict[str, int] = {}
        query = "select body from \"stripe.invoices\" where deleted = 0 and tag = 'paid'"
        for (body,) in database.execute(query):
            values = INVOICE.values(body)
            currency = values["currency"].decode()
            totals[currency] = totals.get(currency, 0) + int(values["paid"])
        return dict(sorted(totals.items()))
    finally:
        database.close()
