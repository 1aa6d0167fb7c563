"""Runs every suite over a warehouse, by Great Expectations, and says what failed.

`run_checks` is the gate between build and publish: `CheckReport.blocks` tells whether the marts may
be published.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations.generated_suites import (
    freshness_suites,
    published_checks,
    shared_tables,
    staging_suites,
)
from expectations.report import MAX_EXAMPLES, CheckReport, CheckResult
from expectations.suite import (
    SUITES,
    Check,
    Suite,
    SuiteError,
    load_suites,
    query_over_batch,
)
from expectations.warehouse_tables import (
    PublishedCounts,
    Table,
    read_published_counts,
    read_sources_within,
    read_tables,
)

MEMORY_LIMIT = "1GB"


def run_checks(
    warehouse: Path,
    previous: Path | None = None,
    suites: Path = SUITES,
    last_syncs: Mapping[str, datetime] | None = None,
) -> CheckReport:
    """Check the marts of a warehouse. Takes some seconds, most of them the first import.

    Args:
        warehouse: The DuckDB file that dbt built; opened read-only, closed on return.
        previous: The published DuckDB file, if there is one: compares the counts with it.
        suites: Directory of the suites.
        last_syncs: Source → when it was last read without an error. A source that is not among
            them is judged by its newest record.

    Returns:
        What was found. A warehouse that cannot be read, a missing table or column is a failed
        check, not an error.

    Raises:
        SuiteError: If a suite file is wrong.
    """
    checked_at = datetime.now(UTC)
    written = load_suites(suites)
    try:
        tables = read_tables(warehouse)
        sharing = read_sources_within(warehouse, shared_tables(tables.values()))
    except duckdb.Error as error:
        return CheckReport((_unreadable(error),), checked_at)
    results: list[CheckResult] = []
    counts = PublishedCounts()
    if previous is not None:
        counts, readable = _counts_before(previous)
        results.append(readable)
    runnable: list[Suite] = []
    for suite in _with_checks(written, published_checks(counts)):
        table = tables.get((suite.schema_name, suite.mart))
        results.append(_exists(suite, found=table is not None))
        if table is not None:
            ready, broken = _split_by_columns(suite, table)
            runnable.append(ready)
            results += broken
    runnable += freshness_suites(tables.values(), last_syncs or {}, sharing)
    runnable += staging_suites(tables.values())
    results += _run(warehouse, runnable)
    return CheckReport(tuple(results), checked_at)


def _unreadable(error: duckdb.Error) -> CheckResult:
    return CheckResult(
        check_id="warehouse.readable",
        mart="warehouse",
        column=None,
        title=f"The warehouse can be opened ({_first_line(error)})",
        severity="critical",
        success=False,
    )


def _counts_before(previous: Path) -> tuple[PublishedCounts, CheckResult]:
    """Read the published counts; without them a build can still be judged by itself."""
    title = "The published generation can be read, to compare the counts with it"
    failure: duckdb.Error | None = None
    counts = PublishedCounts()
    try:
        counts = read_published_counts(previous)
    except duckdb.Error as error:
        failure = error
    result = CheckResult(
        check_id="published.readable",
        mart="published",
        column=None,
        title=f"{title} ({_first_line(failure)})" if failure else title,
        severity="warning",
        success=failure is None,
    )
    return counts, result


def _with_checks(suites: Iterable[Suite], more: dict[str, tuple[Check, ...]]) -> Iterator[Suite]:
    for suite in suites:
        checks = (*suite.checks, *more.get(suite.mart, ()))
        yield suite.model_copy(update={"checks": checks})


def _exists(suite: Suite, *, found: bool) -> CheckResult:
    title = f"The table {suite.table} is there"
    return CheckResult(
        check_id=f"{suite.mart}.exists",
        mart=suite.mart,
        column=None,
        title=title if found else f"{title} (it is missing: did the build finish?)",
        severity="critical",
        success=found,
    )


def _split_by_columns(suite: Suite, table: Table) -> tuple[Suite, list[CheckResult]]:
    """Put aside the checks whose column is missing: GX would only give a traceback for them."""
    ready, broken = [], []
    for check in suite.checks:
        needed = {*suite.key, *check.arguments.get("column_list", ())} if check.expect else set()
        if check.column:
            needed.add(check.column)
        missing = sorted(needed - set(table.columns))
        if missing:
            broken.append(_could_not_run(suite, check, f"no column {', '.join(missing)}"))
        else:
            ready.append(check)
    return suite.model_copy(update={"checks": tuple(ready)}), broken


def _could_not_run(suite: Suite, check: Check, reason: str) -> CheckResult:
    return _result(suite, check, title=f"{check.title} (could not be checked: {reason})")


def _result(suite: Suite, check: Check, title: str, **outcome: Any) -> CheckResult:
    return CheckResult(
        check_id=check.id,
        mart=suite.mart if suite.schema_name == "marts" else suite.table,
        column=check.column,
        title=title,
        severity=check.severity,
        **{"success": False, **outcome},
    )


def _run(warehouse: Path, suites: Iterable[Suite]) -> list[CheckResult]:
    """Run the suites over one read-only connection."""
    with _quiet_great_expectations() as gx, tempfile.TemporaryDirectory() as spill:
        from expectations.duckdb_execution import open_datasource

        context = gx.get_context(mode="ephemeral", project_config=_project_config())
        settings: dict[str, str | int] = {"memory_limit": MEMORY_LIMIT, "temp_directory": spill}
        source = open_datasource(context, "warehouse", warehouse, settings)
        try:
            return _run_checkpoint(gx, context, source, [suite for suite in suites if suite.checks])
        finally:
            source.close()


def _run_checkpoint(
    gx: Any, context: Any, source: Any, suites: Iterable[Suite]
) -> list[CheckResult]:
    """Ask first only what failed, by one checkpoint over all suites; then which rows, of those.

    Great Expectations needs several queries to name and count failing rows, and runs them for
    checks that pass, too: at a million customers that is most of the time.
    """
    batches = {suite.table: _batch(source, suite) for suite in suites}
    checkpoint = gx.Checkpoint(
        name="marts",
        validation_definitions=[
            _validation(gx, context, suite, batches[suite.table], suite.table) for suite in suites
        ],
        result_format="BOOLEAN_ONLY",
    )
    outcome = context.checkpoints.add(checkpoint).run()
    passed = {
        item.expectation_config.meta["check_id"]: bool(item.success)
        for validated in outcome.run_results.values()
        for item in validated.results
    }
    results: list[CheckResult] = []
    for suite in suites:
        failed = [check for check in suite.checks if not passed[check.id]]
        narrowed = suite.model_copy(update={"checks": tuple(failed)})
        details = _details(gx, context, narrowed, batches[suite.table]) if failed else {}
        rows = source.count_rows(suite.query or f"from {suite.table}")
        results += [
            _from_great_expectations(suite, check, details[check.id], rows)
            if check.id in details
            else _result(suite, check, check.title, success=True, checked_rows=rows)
            for check in suite.checks
        ]
    return results


def _batch(source: Any, suite: Suite) -> Any:
    if suite.query is None:
        asset = source.add_table_asset(
            suite.table, table_name=suite.mart, schema_name=suite.schema_name
        )
    else:
        asset = source.add_query_asset(suite.table, query=suite.query)
    return asset.add_batch_definition_whole_table("all")


def _validation(gx: Any, context: Any, suite: Suite, batch: Any, name: str) -> Any:
    expectations = [_expectation(suite, check) for check in suite.checks]
    gx_suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = gx.ValidationDefinition(name=name, data=batch, suite=gx_suite)
    return context.validation_definitions.add(definition)


def _details(gx: Any, context: Any, suite: Suite, batch: Any) -> dict[str, Any]:
    """Run failed checks once more, for counts and examples: check id → their result."""
    outcome = _validation(gx, context, suite, batch, f"{suite.table} failed").run(
        result_format={
            "result_format": "SUMMARY",
            "partial_unexpected_count": MAX_EXAMPLES,
            "unexpected_index_column_names": list(suite.key),
            "return_unexpected_index_query": False,
        }
    )
    return {item.expectation_config.meta["check_id"]: item for item in outcome.results}


@contextmanager
def _quiet_great_expectations() -> Iterator[Any]:
    """Import Great Expectations and keep its chatter (deprecations, hints) off the terminal."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL)
        try:
            import great_expectations as gx

            yield gx
        finally:
            logger.setLevel(level)


def _project_config() -> Any:
    """Configure a context that lives in memory, shows no progress bars and phones nobody."""
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


def _expectation(suite: Suite, check: Check) -> Any:
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    from expectations.failing_rows import ExpectFewFailingRows

    about: dict[str, Any] = {"severity": check.severity, "meta": {"check_id": check.id}}
    if check.failing_rows is not None:
        return ExpectFewFailingRows(
            unexpected_rows_query=query_over_batch(check.failing_rows, suite.table),
            allowed_share=check.allowed_share,
            **about,
        )
    if check.column:
        about["column"] = check.column
    try:
        return get_expectation_impl(f"expect_{check.expect}")(**check.arguments, **about)
    except ExpectationNotFoundError:
        raise SuiteError(f"{check.id}: there is no expectation `{check.expect}`") from None
    except (ValidationError, TypeError) as error:
        reasons = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}"
            for item in (error.errors() if isinstance(error, ValidationError) else ())
        )
        raise SuiteError(
            f"{check.id}: wrong arguments for `{check.expect}`: {reasons or _first_line(error)}"
        ) from None


def _from_great_expectations(suite: Suite, check: Check, item: Any, rows: int) -> CheckResult:
    reason = _exception(item.exception_info)
    if reason:
        return _could_not_run(suite, check, reason)
    return _result(
        suite,
        check,
        title=check.title,
        success=bool(item.success),
        checked_rows=rows,
        failed_rows=int(item.result.get("unexpected_count") or 0),  # None in an empty table
        examples=_examples(suite, item.result),
    )


def _examples(suite: Suite, result: dict[str, Any]) -> tuple[str, ...]:
    rows = result.get("partial_unexpected_index_list") or result.get("partial_unexpected_list", [])
    keys = [
        ":".join(str(row[column]) for column in suite.key) if isinstance(row, dict) else str(row)
        for row in rows
    ]
    return tuple(dict.fromkeys(keys))[:MAX_EXAMPLES]


def _exception(info: dict[str, Any]) -> str | None:
    """Give the reason why an expectation could not run, of the many forms that GX has for it."""
    if info.get("raised_exception") is False:
        return None
    if "exception_message" in info:
        return _first_line(info["exception_message"])
    for failure in info.values():
        if isinstance(failure, dict) and failure.get("raised_exception"):
            return _first_line(failure.get("exception_message"))
    return None


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "unknown reason"
