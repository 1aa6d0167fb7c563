"""Measures the checks over many customers: `python tests/expectations/measure_checks.py [ROWS]`.

Prints one row of a Markdown table: customers, rows in all marts, seconds to import Great
Expectations, seconds to check, and the peak memory of the process.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from warehouse import MARTS, build

from expectations.checkpoint import run_checks

GROW = """
insert into marts.customers
select
    'kc_x' || n, 'Customer ' || n, 'customer' || n || '@example.com', '+9725' || (20000000 + n),
    'Street ' || n % 999, 'IL', 2, 0
from range({rows}) as r(n);
insert into marts.customer_identities
select
    case when n % 2 = 0 then 'stripe' else 'hubspot' end, 'r' || n, 'kc_x' || n // 2,
    'same e-mail', 0.99
from range(2 * {rows}) as r(n);
insert into marts.customer_attributes
select 'kc_x' || n // 4, 'attribute_' || n % 4, 'value', 'stripe', true
from range(4 * {rows}) as r(n);
insert into marts.customer_search_tokens
select 'token' || n, 'kc_x' || n // 4, 'name' from range(4 * {rows}) as r(n);
insert into marts.customer_timeline
select 'e' || n, 'kc_x' || n // 4, timestamp '2026-01-01', 'stripe', 'invoice_paid'
from range(4 * {rows}) as r(n);
insert into marts.invoices
select
    'inx_' || n, 'kc_x' || n, 'paid', 'ils', 117, 117, 0, 117,
    timestamp '2026-01-05 10:00', timestamp '2026-01-05 10:01'
from range({rows}) as r(n);
"""


def main() -> None:
    """Build, check and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        warehouse = build(Path(folder) / "warehouse.duckdb", GROW.format(rows=rows))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            counts = [
                connection.execute(f"select count(*) from marts.{mart}").fetchall()[0][0]
                for mart in MARTS
            ]
        started = time.perf_counter()
        import great_expectations  # noqa: F401 - timed by itself, for it is most of a small run

        imported = time.perf_counter()
        report = run_checks(warehouse)
        checked = time.perf_counter()
    assert not report.failures, report.failures
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("| customers | rows in all marts | checks | import s | checking s | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {rows:,} | {sum(counts):,} | {len(report.results)} | {imported - started:.1f} "
        f"| {checked - imported:.1f} | {memory:,.0f} |"
    )


if __name__ == "__main__":
    main()
