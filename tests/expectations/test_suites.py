"""Suites are data that people edit: what they get wrong is told by file, check and reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from warehouse import build

from expectations.checkpoint import run_checks
from expectations.suite import SuiteError, load_suites, query_over_batch

CHECK = """
mart: deals
key: deal_id
checks:
  - id: deals.amount.small
    title: No deal is larger than a million
    severity: warning
"""


def suites(tmp_path: Path, text: str) -> Path:
    directory = tmp_path / "suites"
    directory.mkdir(exist_ok=True)
    (directory / "deals.yml").write_text(text, encoding="utf-8")
    return directory


def test_a_suite_written_as_the_readme_says_runs(tmp_path: Path) -> None:
    directory = suites(
        tmp_path,
        CHECK + "    failing_rows: select deal_id from marts.deals where amount > 999\n",
    )
    report = run_checks(build(tmp_path / "warehouse.duckdb"), suites=directory)
    assert [(r.check_id, r.examples) for r in report.failures] == [("deals.amount.small", ("d1",))]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mart: [", "not YAML"),
        ("- just\n- a list", "deals.yml"),
        (CHECK, "give either `expect` or `failing_rows`"),
        (CHECK.replace("warning", "serious") + "    expect: x\n", "severity"),
        (CHECK.replace("deals.amount", "Deals amount") + "    expect: x\n", "id"),
        (CHECK.replace("id: deals.", "id: other.") + "    expect: x\n", "must begin with `deals.`"),
        (CHECK + "    expect: x\n    mostly: 0.9\n", "deals.amount.small › mostly"),
        (CHECK + "    failing_rows: select 1 from marts.invoices\n", "marts.deals"),
        (CHECK + "    expect: x\n    allowed_share: 0.5\n", "use `mostly`"),
    ],
)
def test_a_wrong_suite_is_refused_with_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SuiteError) as raised:
        load_suites(suites(tmp_path, text))
    assert told in str(raised.value)
    assert "deals.yml" in str(raised.value)


@pytest.mark.parametrize(
    ("expectation", "told"),
    [
        ("expect: column_values_to_be_nice", "there is no expectation `column_values_to_be_nice`"),
        ("expect: column_values_to_be_in_set", "value_set"),
        ("expect: column_values_to_be_between\n    arguments: {minimum: 3}", "minimum"),
    ],
)
def test_an_expectation_that_great_expectations_refuses_is_told_by_check(
    tmp_path: Path, expectation: str, told: str
) -> None:
    directory = suites(tmp_path, f"{CHECK}    column: amount\n    {expectation}\n")
    with pytest.raises(SuiteError) as raised:
        run_checks(build(tmp_path / "warehouse.duckdb"), suites=directory)
    assert "deals.amount.small" in str(raised.value)
    assert told in str(raised.value)


def test_two_checks_may_not_share_an_id(tmp_path: Path) -> None:
    check = CHECK + "    expect: x\n"
    text = check + check[check.index("  - id") :]
    with pytest.raises(SuiteError, match="deals\\.amount\\.small"):
        load_suites(suites(tmp_path, text))


@pytest.mark.parametrize(
    ("sql", "query"),
    [
        ("select x from marts.deals", "select x from {batch}"),
        ("select x from marts.deals_old, marts.deals", "select x from marts.deals_old, {batch}"),
        ("from marts.deals where a ~ 'x{3}'", "from {batch} where a ~ 'x{{3}}'"),
        ("from marts.deals where a = ':b'", "from {batch} where a = '\\:b'"),
        ("select a::text from marts.deals", "select a::text from {batch}"),
        ("from marts.deals where t > time '10:30'", "from {batch} where t > time '10:30'"),
    ],
)
def test_sql_as_one_types_it_becomes_sql_as_great_expectations_runs_it(
    sql: str, query: str
) -> None:
    assert query_over_batch(sql, "marts.deals") == query
