"""Suites that follow from what stands in the warehouse, rather than from a file.

Freshness (one check a source), values that could not be read (one a staging table), lines of files
that could not be read, and what was published before (one a source): sources differ between
companies, so YAML cannot name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from expectations.suite import Check, Suite
from expectations.warehouse_tables import PublishedCounts, Table

STALE_AFTER_HOURS = 48

# A source whose records fell by more than this share has most likely vanished or been cut short.
MAX_FALL = 0.30

# Below this, one record more or less is a large share and proves nothing.
MIN_RECORDS_TO_COMPARE = 10

_REJECTED_LINES = "stg_files__rejected_lines"

_STAGING_NAME = re.compile(r"^stg_(?P<source>[a-z0-9_]+?)__(?P<stream>[a-z0-9_]+)$")

# Kesher's own ledgers only grow when ids change.
_NEVER_STALE = frozenset({"kesher", "steward"})

# Lists in files share their tables, and so do sources that a mapping describes: there, rows bear
# the name of their source.
_FILES, _MAPPED = "files", "mapped"


def shared_tables(tables: Iterable[Table]) -> list[Table]:
    """Return the staging tables that hold rows of several sources."""
    return [
        table
        for table in tables
        if (name := _STAGING_NAME.match(table.name))
        and table.schema == "staging"
        and name["source"] in (_FILES, _MAPPED)
        and {"source", "_extracted_at"} <= table.columns.keys()
    ]


def freshness_suites(
    tables: Iterable[Table],
    last_syncs: Mapping[str, datetime],
    sharing: Mapping[str, Iterable[str]] | None = None,
) -> list[Suite]:
    """Make one check a source: it was read in the last 48 hours.

    A source without any staged row is not configured, and passes.

    Args:
        tables: All tables of the warehouse.
        last_syncs: Source → when it was last read without an error.
        sharing: Source → those of `shared_tables` that hold something of it.

    Returns:
        One suite a source: over its last sync where that is known, for a source may well have
        nothing new; else over the newest extraction of each of its staging tables. A list in a
        file is as old as its file: where no sync is known there is nothing to judge it by.
    """
    by_source: dict[str, list[str]] = {}
    for table in tables:
        name = _STAGING_NAME.match(table.name)
        if table.schema != "staging" or not name or "_extracted_at" not in table.columns:
            continue
        if name["source"] not in (*_NEVER_STALE, _FILES, _MAPPED):
            by_source.setdefault(name["source"], []).append(table.name)
    newest = {source: _newest(names, last_syncs.get(source)) for source, names in by_source.items()}
    for source, found in (sharing or {}).items():
        names = [name for name in found if not name.startswith(f"stg_{_FILES}__")]
        if source in last_syncs or names:
            newest[source] = _newest(names, last_syncs.get(source), f"where source = '{source}'")
    return [_freshness_suite(source, query) for source, query in sorted(newest.items())]


def _newest(tables: list[str], last_sync: datetime | None, where: str = "") -> str:
    if last_sync is not None:
        return f"select timestamp '{last_sync.astimezone(UTC):%Y-%m-%d %H:%M:%S}' as newest"
    return " union all ".join(
        f"select '{table}' as staging_table, "  # noqa: S608 - names come from the catalog, [a-z0-9_]
        f'cast(max(_extracted_at) as timestamp) as newest from staging."{table}" {where}'
        for table in sorted(tables)
    )


def _freshness_suite(source: str, newest: str) -> Suite:
    check = Check(
        id=f"freshness.{source}",
        title=f"{source} was read in the last {STALE_AFTER_HOURS} hours",
        severity="warning",
        column="_extracted_at",
        failing_rows=(
            f"select '{source}' as source from staging.{source} having max(newest) "  # noqa: S608
            f"< cast(now() at time zone 'UTC' as timestamp) - interval {STALE_AFTER_HOURS} hour"
        ),
    )
    return Suite(mart=source, schema="staging", key=("source",), checks=(check,), query=newest)


def staging_suites(tables: Iterable[Table]) -> list[Suite]:
    """Make the checks of single staging tables.

    Every value could be read as what it should be (where a table has ``_cast_errors``), and every
    line of the lists in files could be read; lines that were mended are gone from that table.

    Args:
        tables: All tables of the warehouse.

    Returns:
        One suite for each staging table that there is something to check in.
    """
    suites = []
    for table in sorted(tables, key=lambda table: table.name):
        checks = [_cast_errors(table)] if "_cast_errors" in table.columns else []
        if table.name == _REJECTED_LINES:
            checks.append(_rejected_lines())
        if table.schema == "staging" and checks:
            suite = Suite(mart=table.name, schema="staging", key=("key",), checks=tuple(checks))
            suites.append(suite)
    return suites


def _cast_errors(table: Table) -> Check:
    data_type = table.columns["_cast_errors"]
    key = f'"{next(iter(table.columns))}"'
    if data_type == "VARCHAR":  # the names of the columns: worth telling
        key = f"concat({key}, ' (', _cast_errors, ')')"
    name = _STAGING_NAME.match(table.name)
    what = f"{name['source']} {name['stream']}".replace("_", " ") if name else table.name
    return Check(
        id=f"cast_errors.{table.name}",
        title=f"Every date, number and amount of {what} could be read",
        severity="warning",
        column="_cast_errors",
        failing_rows=(
            f"select {key} from staging.{table.name} where {_has_cast_errors(data_type)}"  # noqa: S608
        ),
    )


def _rejected_lines() -> Check:
    return Check(
        id=f"rejected_lines.{_REJECTED_LINES}",
        title="Every line of the lists of people could be read",
        severity="warning",
        failing_rows=(
            "select concat(source, ' ', file, ' line ', line_number) "  # noqa: S608
            f"from staging.{_REJECTED_LINES} order by source, file, line_number"
        ),
    )


def _has_cast_errors(data_type: str) -> str:
    """Staging keeps the failed casts as their number or as the list of their columns."""
    if data_type.endswith("[]"):
        return "len(_cast_errors) > 0"
    if data_type.startswith("VARCHAR"):
        return "_cast_errors <> ''"
    return "_cast_errors > 0"


def published_checks(published: PublishedCounts) -> dict[str, tuple[Check, ...]]:
    """Make the checks that compare a build with the published generation.

    Args:
        published: What the published generation holds.

    Returns:
        Mart → the checks to add to its suite. The failing rows are the records that are missing.
    """
    share = f"{MAX_FALL:.0%}"
    customers = _kept(
        "customers",
        f"There are not more than {share} fewer customers than were published before",
        "customers.count.kept",
        published.customers,
    )
    records = [
        _kept(
            "customer_identities",
            f"Not more than {share} of the records of {source} are gone since the last publication",
            f"customer_identities.count.kept.{re.sub('[^a-z0-9_]', '_', source.lower())}",
            count,
            source,
        )
        for source, count in published.records.items()
    ]
    return {
        "customers": tuple(check for check in [customers] if check),
        "customer_identities": tuple(check for check in records if check),
    }


def _kept(
    mart: str, title: str, check_id: str, before: int, source: str | None = None
) -> Check | None:
    if before < MIN_RECORDS_TO_COMPARE:
        return None
    literal = (source or mart).replace("'", "''")
    where = f"where source = '{literal}'" if source else ""
    return Check(
        id=check_id,
        title=title,
        severity="critical",
        column="source" if source else None,
        failing_rows=(
            f"select '{literal}' as what "  # noqa: S608 - the literal is escaped above
            f"from (select count(*) as records from marts.{mart} {where}) as held, "
            f"range({before}) as lost(place) "
            f"where held.records < {before * (1 - MAX_FALL)} and lost.place >= held.records"
        ),
    )
