"""Columns in which one person's records often differ lose weight, in `kesher match`.

What tells two people apart is shipped as reliable, for in most lists it is. Where the records
themselves show that it is not, they are believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kesher.match_plan import DATABASE, MatchPlan
from kesher.trained_weights import STAGED

if TYPE_CHECKING:
    import duckdb

    from kesher.terminal import Terminal

#: The model that tells how reliable columns are.
RELIABILITY = "int_identity__reliability"

#: Fewer records with a national id can't tell.
_LEAST_IDS = 100

_FOUND = {
    "given_name": "given_name: {share:.0%} of {known:,} people with one national id and birth date "
    "have plainly different ones; other given names weigh less here",
    "birth_date": "birth_date: {share:.0%} of {known:,} people with one national id and name have "
    "plainly different ones; other birth dates weigh less here",
    "national_id": "national_id: {share:.0%} of {known:,} people with one name, birth date and "
    "home have plainly different ones; other national ids weigh less here",
    "household": "street: at {one:,.0f} of {known:,} addresses with two given names of one family "
    "these are one person's, by national id and birth date; a common address is no household here",
}


def weigh_by_reliability(
    connection: duckdb.DuckDBPyConnection, plan: MatchPlan, terminal: Terminal
) -> None:
    """Stage other weights for what is unreliable here, and tell it.

    Args:
        connection: Has the standardised records and the weights.
        plan: The compiled models.
        terminal: Where it is told.
    """
    records = plan.step("int_identity__records").relation
    ((ids,),) = connection.execute(f"select count(national_id) from {records}").fetchall()  # noqa: S608
    if ids < _LEAST_IDS:
        return
    rows = connection.execute(
        f"""
        select comparison, level, known, seen, m
        from ({plan.step(RELIABILITY).sql})
        where m is not null
        order by comparison
        """  # noqa: S608
    ).fetchall()
    for comparison, level, known, seen, m in rows:
        connection.execute(
            f"""
            insert into {DATABASE}.staging.{STAGED}
                (version, comparison, level, m, u, is_in_force)
            select '1', comparison, level, $m, u, true
            from {plan.step("int_identity__weights").relation}
            where comparison = $comparison and level = $level
            """,  # noqa: S608
            {"m": m, "comparison": comparison, "level": level},
        )
        terminal.warning(_FOUND[comparison].format(known=known, one=known - seen, share=m))
