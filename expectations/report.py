"""What a run of the checks found. Light to import: no Great Expectations here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Severity = Literal["critical", "warning"]

MAX_EXAMPLES = 20

# A check that failed as a whole ends its title with the reason.
_REASON = re.compile(r" \(.*\)$", re.DOTALL)


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
            in the published file. ``title_he`` is the title in Hebrew, null where there is none.
        """
        import pyarrow as pa

        checked_at = self.checked_at.replace(tzinfo=None)
        titles = _hebrew_titles()
        schema = pa.schema(
            [
                ("check_id", pa.string()),
                ("mart", pa.string()),
                ("column", pa.string()),
                ("title", pa.string()),
                ("title_he", pa.string()),
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
                "title_he": _in_hebrew(result, titles),
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


def _hebrew_titles() -> dict[str, str | None]:
    """The titles of the checks that stand in files, by their ids."""
    from expectations.suite import load_suites

    return {check.id: check.title_he for suite in load_suites() for check in suite.checks}


def _in_hebrew(result: CheckResult, titles: dict[str, str | None]) -> str | None:
    title = titles.get(result.check_id) or _generated_title(result)
    reason = None if result.success else _REASON.search(result.title)
    return f"{title}{reason[0]}" if title and reason else title


def _generated_title(result: CheckResult) -> str | None:
    """The Hebrew title of a check that no file names: these follow from what there is."""
    from expectations.generated_suites import MAX_FALL, STALE_AFTER_HOURS

    about = result.check_id.rpartition(".")[2]
    stream = about.removeprefix("stg_").replace("_", " ").replace("  ", " ")
    titles = {
        "{mart}.exists": f"הטבלה {result.mart} קיימת",
        "customers.count.kept": f"מספר הלקוחות לא ירד ביותר מ־{MAX_FALL:.0%} מאז הפרסום הקודם",
        "customer_identities.count.kept.{about}": (
            f"לא נעלמו יותר מ־{MAX_FALL:.0%} מהרשומות של {about} מאז הפרסום הקודם"
        ),
        "freshness.{about}": f"המקור {about} נקרא ב־{STALE_AFTER_HOURS} השעות האחרונות",
        "cast_errors.{about}": f"כל התאריכים, המספרים והסכומים של {stream} נקראו כהלכה",
        "rejected_lines.{about}": "כל השורות ברשימות האנשים נקראו כהלכה",
        "published.readable": "ניתן לקרוא את מה שפורסם קודם, כדי להשוות אליו את המספרים",
        "warehouse.readable": "ניתן לפתוח את מחסן הנתונים",
    }
    filled = {key.format(mart=result.mart, about=about): title for key, title in titles.items()}
    return filled.get(result.check_id)
