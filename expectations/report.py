"""What a run of the checks found. Light to import: no Great Expectations here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Severity = Literal["critical", "warning"]

MAX_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check.

    Attributes:
        check_id: Stable name, e.g. ``customers.customer_id.unique``; never reused for another rule.
        mart: Table that was checked; ``staging.<source>`` for checks before the marts.
        column: Column that was checked, or None where the rule is about whole rows or the table.
        title: What must hold, as a plain English sentence. Where the check could not run, the
            reason follows in brackets.
        severity: ``critical`` blocks publishing, ``warning`` is shown and told.
        success: Whether it held.
        checked_rows: Rows that were looked at.
        failed_rows: Rows that broke the rule; 0 where the check passed, and for rules about the
            table as a whole.
        examples: Keys of up to 20 failing rows; the parts of a composite key joined by ``:``.
    """

    check_id: str
    mart: str
    column: str | None
    title: str
    severity: Severity
    success: bool
    checked_rows: int = 0
    failed_rows: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All results of one run, in the order of the suites.

    Attributes:
        results: One result a check.
        checked_at: When the run started, UTC with a time zone.
    """

    results: tuple[CheckResult, ...]
    checked_at: datetime

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The checks that failed, critical ones first."""
        failed = [result for result in self.results if not result.success]
        return tuple(sorted(failed, key=lambda result: result.severity != "critical"))

    @property
    def blocks(self) -> bool:
        """Whether a critical check failed, so that nothing may be published."""
        return any(result.severity == "critical" for result in self.failures)

    def to_table(self) -> pa.Table:
        """Return the results as a table, which publishing stores as ``quality_checks``.

        Returns:
            One row a check; ``checked_at`` is a UTC timestamp without a time zone, as everywhere
            in the published file.
        """
        import pyarrow as pa

        checked_at = self.checked_at.replace(tzinfo=None)
        schema = pa.schema(
            [
                ("check_id", pa.string()),
                ("mart", pa.string()),
                ("column", pa.string()),
                ("title", pa.string()),
                ("severity", pa.string()),
                ("success", pa.bool_()),
                ("checked_rows", pa.int64()),
                ("failed_rows", pa.int64()),
                ("examples", pa.list_(pa.string())),
                ("checked_at", pa.timestamp("us")),
            ]
        )
        rows = [
            {
                "check_id": result.check_id,
                "mart": result.mart,
                "column": result.column,
                "title": result.title,
                "severity": result.severity,
                "success": result.success,
                "checked_rows": result.checked_rows,
                "failed_rows": result.failed_rows,
                "examples": list(result.examples),
                "checked_at": checked_at,
            }
            for result in self.results
        ]
        return pa.Table.from_pylist(rows, schema=schema)
