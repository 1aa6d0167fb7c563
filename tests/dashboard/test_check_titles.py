"""Readers of the Hebrew pages see every check in Hebrew."""

import re
from datetime import UTC, datetime

from expectations.generated_suites import freshness_suites, published_checks, staging_suites
from expectations.report import CheckReport, CheckResult
from expectations.suite import Check, load_suites
from expectations.warehouse_tables import PublishedCounts, Table

STAGED = (
    Table("staging", "stg_stripe__customers", {"id": "VARCHAR", "_extracted_at": "TIMESTAMP"}),
    Table("staging", "stg_zendesk__tickets", {"id": "VARCHAR", "_cast_errors": "VARCHAR"}),
    Table("staging", "stg_files__rejected_lines", {"source": "VARCHAR"}),
)


def _result(check: Check, mart: str, title: str | None = None) -> CheckResult:
    return CheckResult(
        check.id, mart, check.column, title or check.title, check.severity, title is None
    )


def _titles(*results: CheckResult) -> dict[str, str | None]:
    table = CheckReport(results, datetime.now(UTC)).to_table().to_pylist()
    return {row["check_id"]: row["title_he"] for row in table}


def test_every_check_of_every_suite_has_a_hebrew_title() -> None:
    for suite in load_suites():
        for check in suite.checks:
            assert check.title_he is not None, check.id
            assert re.search("[א-ת]", check.title_he), check.id
            # What stands in brackets at a title's end is why a check could not run.
            assert not check.title.endswith(")"), check.id


def test_hebrew_titles_name_the_same_numbers_and_columns_as_the_english_ones() -> None:
    for suite in load_suites():
        for check in suite.checks:
            for told in (r"\d+%?", r"\w+_id\b"):
                # A number behind a plus sign would turn round within Hebrew.
                written = set(re.findall(rf"(?<![+\d]){told}", check.title))
                assert written == set(re.findall(told, check.title_he or "")), check.id


def test_every_check_that_no_file_names_has_a_hebrew_title() -> None:
    suites = [*freshness_suites(STAGED, {}), *staging_suites(STAGED)]
    before = published_checks(PublishedCounts(customers=100, records={"trade_fair": 50}))
    checks = [(check, suite.mart) for suite in suites for check in suite.checks]
    checks += [(check, mart) for mart, found in before.items() for check in found]
    made = [
        CheckResult(check_id, mart, None, "It is there", "critical", True)
        for check_id, mart in (
            ("customers.exists", "customers"), ("published.readable", "published"),
            ("warehouse.readable", "warehouse"),
        )
    ]  # fmt: skip
    titles = _titles(*(_result(check, mart) for check, mart in checks), *made)
    assert len(titles) == 8
    for check_id, title in titles.items():
        assert re.search("[א-ת]", title or ""), check_id
    assert "trade_fair" in (titles["customer_identities.count.kept.trade_fair"] or "")
    assert "zendesk tickets" in (titles["cast_errors.stg_zendesk__tickets"] or "")
    assert "customers" in (titles["customers.exists"] or "")


def test_why_a_check_could_not_run_stands_behind_the_hebrew_title_too() -> None:
    suite = load_suites()[0]
    check = suite.checks[0]
    reason = "(could not be checked: no column customer_id)"
    titles = _titles(_result(check, suite.mart, f"{check.title} {reason}"))
    assert titles == {check.id: f"{check.title_he} {reason}"}


def test_a_check_without_a_hebrew_title_has_none() -> None:
    assert _titles(CheckResult("own.rule", "own", None, "Our own rule", "warning", True)) == {
        "own.rule": None
    }
