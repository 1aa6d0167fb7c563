"""How many customers there are, where they come from, how fresh and how good the data are."""

from collections import defaultdict
from typing import Any

import streamlit as st

from dashboard import queries, visit
from dashboard.check_examples import affected_customers


@st.cache_data(max_entries=2, show_spinner=False)
def _figures(generation: str, file: str, _cursor: Any) -> dict[str, Any]:
    """The figures of one generation never change, so one reader pays for all."""
    del generation, file
    checks = queries.checks(_cursor)
    return {
        "totals": queries.totals(_cursor),
        "streams": queries.streams(_cursor),
        "growth": queries.monthly_customers(_cursor),
        "activity": queries.monthly_activity(_cursor),
        "checks": checks,
        "affected": {
            check["check_id"]: affected_customers(_cursor, check)
            for check in checks
            if not check["success"]
        },
    }


def _by_source(streams: list[queries.Row]) -> list[dict[str, Any]]:
    grouped: dict[str, list[queries.Row]] = defaultdict(list)
    for stream in streams:
        grouped[stream["source"]].append(stream)
    return [
        {
            "source": source,
            "streams": rows,
            "records": sum(row["records"] or 0 for row in rows),
            "rejected": sum(row["rejected"] or 0 for row in rows),
            "last": max(
                (row["last_extracted_at"] for row in rows if row["last_extracted_at"]),
                default=None,
            ),
        }
        for source, rows in grouped.items()
    ]


def _stacked(activity: list[queries.Row]) -> dict[str, Any]:
    months: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in activity:
        months[row["month"]][row["source"]] = row["events"]
    totals = {month: sum(events.values()) for month, events in months.items()}
    peak = max(totals, key=lambda month: totals[month], default=None)
    return {
        "sources": sorted({row["source"] for row in activity}),
        "months": sorted(months.items()),
        "peak": peak,
        "most": totals.get(peak, 0),
    }


_visit = visit.current()
_all = _figures(_visit.published.generation, str(_visit.published.file), _visit.cursor)
_visit.show(
    "overview.html",
    totals=_all["totals"],
    sources=_by_source(_all["streams"]),
    growth=_all["growth"],
    activity=_stacked(_all["activity"]),
    failing=[check for check in _all["checks"] if not check["success"]],
    passing=[check for check in _all["checks"] if check["success"]],
    affected=_all["affected"],
)
