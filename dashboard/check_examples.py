"""From the examples of a failing quality check to the customers they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from dashboard import queries


@dataclass(frozen=True)
class Affected:
    """What a failing check names.

    Attributes:
        customers: Customer ids and their names, as far as the examples lead to customers.
        others: Examples that lead to none.
    """

    customers: tuple[tuple[str, str | None], ...]
    others: tuple[str, ...]


def affected_customers(cursor: duckdb.DuckDBPyConnection, check: queries.Row) -> Affected:
    """Find the customers behind the examples of one check.

    Args:
        cursor: A cursor on the published file.
        check: A row of `quality_checks`.
    """
    examples: Sequence[str] = [str(example) for example in check["examples"] or ()]
    owners = queries.owners(cursor, str(check["mart"]), examples)
    ids = list(dict.fromkeys(owners.get(example, example) for example in examples))
    names = queries.named_customers(cursor, ids)
    return Affected(
        tuple((identifier, names[identifier]) for identifier in ids if identifier in names),
        tuple(example for example in examples if owners.get(example, example) not in names),
    )
