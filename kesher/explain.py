"""`kesher explain`: why two records are one customer, or are not."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kesher.errors import KesherError
from kesher.explain_records import find_records, read_records
from kesher.explain_words import verdict
from kesher.explanation import (
    Block,
    Contradiction,
    Contribution,
    Decision,
    Explanation,
    Hop,
    Record,
    probability,
)
from kesher.strongest_path import strongest_path

if TYPE_CHECKING:
    from kesher.identity_database import IdentityDatabase
    from kesher.terminal import Terminal

#: Comparison → how people call it, and which columns of a record it looks at.
_COMPARISONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "prior": ("any two records", ()),
    "email": ("e-mail", ("email", "other_emails")),
    "phone": ("phone", ("phone", "other_phone")),
    "given_name": ("given name", ("given_name", "generation")),
    "family_name": ("family name", ("family_name",)),
    "name_order": ("order of the names", ("given_name", "family_name")),
    "name_frequency": ("how rare the name is", ()),
    "address": ("address", ("street", "postcode", "city")),
    "company": ("company", ("company",)),
    "birth_date": ("birth date", ("birth_date",)),
    "gender": ("gender", ("gender",)),
    "national_id": ("national id", ("national_id",)),
    "external_id": ("id of another system", ("external_ids",)),
    "dependence": ("counted twice", ()),
}

#: In words what has no level of its own.
_WORDS = {
    "prior": "before anything is known",
    "name_frequency": "against names on average",
    "dependence": "said by another comparison too",
}

#: What one person has only one of.
_ONE_OF_A_PERSON = ("given_name", "birth_date", "national_id")

_PAIRS_SCORED = 2_500


def explain(database: IdentityDatabase, left: str, right: str, terminal: Terminal) -> Explanation:
    """Explain two records, or the strongest pair of records between two customers.

    Args:
        database: Where the models were built.
        left: `source:record_id`, a customer id, or a record id that only one source has.
        right: Another one.
        terminal: Gets a line if the models have to be compiled first.

    Raises:
        KesherError: there is no such record or customer, or both are the same.
    """
    left_keys, right_keys = find_records(database, left), find_records(database, right)
    if set(left_keys) & set(right_keys):
        # A record and its own customer: what joins it to the others?
        left_keys, right_keys = (
            (left_keys, [key for key in right_keys if key not in left_keys])
            if len(left_keys) < len(right_keys)
            else ([key for key in left_keys if key not in right_keys], right_keys)
        )
    if not left_keys or not right_keys:
        raise KesherError(f"{left} and {right} are the same, so there is nothing to explain.")
    pair = _strongest_kept(database, left_keys, right_keys)
    if pair is None:
        (pair,) = _scored_anew(
            database, left_keys, right_keys, terminal, "match_weight desc", "true"
        )
    # In the order in which they were asked for, not in that of the models.
    first, second = ("left", "right") if pair["left_record_key"] in left_keys else ("right", "left")
    records = read_records(database, [pair[f"{first}_record_key"], pair[f"{second}_record_key"]])
    return _explained(database, records[0], records[1], pair, terminal)


def _strongest_kept(
    database: IdentityDatabase, left_keys: list[int], right_keys: list[int]
) -> dict[str, Any] | None:
    rows = database.rows(
        f"""
        select *
        from {database.table("int_identity__pair_scores")}
        where
            (left_record_key in (select unnest(cast($left as bigint[])))
            and right_record_key in (select unnest(cast($right as bigint[]))))
            or
            (left_record_key in (select unnest(cast($right as bigint[])))
            and right_record_key in (select unnest(cast($left as bigint[]))))
        order by match_weight desc, left_record_key, right_record_key
        limit 1
        """,  # noqa: S608
        {"left": left_keys, "right": right_keys},
    )
    return rows[0] if rows else None


def _scored_anew(
    database: IdentityDatabase,
    left_keys: list[int],
    right_keys: list[int],
    terminal: Terminal,
    order: str,
    condition: str,
) -> list[dict[str, Any]]:
    """Score pairs whose scores were not kept, or never made, by the SQL that scores all others.

    Returns the first pair in an order of those for which a condition holds, if there is one.
    """
    pairs = [(min(left, right), max(left, right)) for left in left_keys for right in right_keys][
        :_PAIRS_SCORED
    ]
    keys = ", ".join(str(key) for key in sorted({key for pair in pairs for key in pair}))
    listed = ", ".join(f"({left}, {right})" for left, right in pairs)
    plan = database.plan(terminal, every_pair=True)
    given = {
        "int_identity__candidate_pairs": (
            f"select * from (values {listed}) as pairs(left_record_key, right_record_key)"  # noqa: S608
        ),
        "int_identity__records": (
            f"select * from {database.table('int_identity__records')} "  # noqa: S608
            f"where record_key in ({keys})"
        ),
    }
    name = "int_identity__pair_scores"
    with database.computed_anew(plan, [name], given) as relation:
        return database.rows(
            f"select * from {relation(name)} where {condition} "  # noqa: S608
            f"order by {order}, left_record_key, right_record_key limit 1"
        )


def _explained(
    database: IdentityDatabase,
    left: Record,
    right: Record,
    pair: dict[str, Any],
    terminal: Terminal,
) -> Explanation:
    low, high = sorted((left.key, right.key))
    keys = {"low": low, "high": high}

    def of_the_pair(table: str) -> list[dict[str, Any]]:
        if not database.has(table):
            return []
        return database.rows(
            f"select * from {database.table(table)} "  # noqa: S608
            "where left_record_key = $low and right_record_key = $high",
            keys,
        )

    decided = of_the_pair("int_identity__decided_pairs")
    is_linked = bool(of_the_pair("int_identity__links"))
    is_one = left.customer_id is not None and left.customer_id == right.customer_id
    contributions = _contributions(database, left, right, pair)
    blocks = _blocks(database, left, right)
    decision = None
    if decided:
        row = decided[0]
        decision = Decision(row["verdict"], row.get("decided_by"), row.get("decided_at"))
    is_cut = (is_linked and not is_one) or bool(of_the_pair("int_identity__cuts"))
    facts = {
        "left": left,
        "right": right,
        "contributions": contributions,
        "match_weight": pair["match_weight"],
        "probability": probability(pair["match_weight"]),
        "link_weight": database.link_weight,
        "has_evidence_beyond_names": bool(pair["has_evidence_beyond_names"]),
        "was_compared": any(block.status == "compared" for block in blocks),
        "blocks": blocks,
        "decision": decision,
        "is_linked": is_linked,
        "is_cut": is_cut,
        "contradiction": (
            _contradiction(database, left, right, terminal) if is_cut and decision is None else None
        ),
        "path": _path(database, left, right) if is_one and not is_linked else (),
    }
    return Explanation(**facts, verdict=verdict(Explanation(**facts, verdict="")))


def _contributions(
    database: IdentityDatabase, left: Record, right: Record, pair: dict[str, Any]
) -> tuple[Contribution, ...]:
    words = _level_words(database)
    made = []
    total = 0.0
    for comparison in comparisons(pair):
        weight = float(pair[f"{comparison}_weight"] or 0)
        level = str(pair.get(f"{comparison}_level") or "")
        total += weight
        title, columns = _about(database, comparison)
        left_value, right_value = (
            ", ".join(record.values[column] for column in columns if column in record.values)
            or (_domain(record) if comparison == "company" else "")
            for record in (left, right)
        )
        made.append(
            Contribution(
                comparison,
                title,
                left_value,
                right_value,
                level,
                _WORDS.get(comparison)
                or _words_of_names(comparison, left, right, pair)
                or words.get((comparison, level))
                or _plain(level),
                weight,
                total,
            )
        )
    return tuple(made)


def _domain(record: Record) -> str:
    """Return the domain of a record's mailbox, which stands for a company that it does not name."""
    found = re.search(r"@([^\s@<>()\[\],;:\"\\]+)", record.values.get("email", ""))
    return found[1].lower() if found else ""


def _words_of_names(
    comparison: str, left: Record, right: Record, pair: dict[str, Any]
) -> str | None:
    """Say what a name's level does not: that it is exchanged, or a father's and a son's."""
    if pair.get("name_order_level") == "swapped":
        return {
            "given_name": "the other's family name",
            "family_name": "the other's given name",
            "name_order": "given and family name exchanged",
        }.get(comparison)
    generations = [record.values.get("generation") for record in (left, right)]
    if comparison == "given_name" and None not in generations and len(set(generations)) == 2:
        return "of different generations"
    return None


def comparisons(pair: Iterable[str]) -> list[str]:
    """Return the comparisons whose weights a pair's columns hold, in their order."""
    ending = "_weight"
    return [
        column.removesuffix(ending)
        for column in pair
        if column.endswith(ending) and column != "match_weight"
    ]


def _about(database: IdentityDatabase, comparison: str) -> tuple[str, tuple[str, ...]]:
    if comparison in _COMPARISONS:
        return _COMPARISONS[comparison]
    number = comparison.removeprefix("also_")
    if comparison.startswith("also_") and number.isdecimal():
        return database.also[int(number) - 1], (comparison,)
    return comparison.replace("_", " "), (comparison,)


def _level_words(database: IdentityDatabase) -> dict[tuple[str, str], str]:
    return {
        (row["comparison"], row["level"]): row["words"]
        for row in database.rows(
            f"select comparison, level, words from {database.table('int_identity__weights')}"  # noqa: S608
        )
        if row["words"]
    }


def _plain(level: str) -> str:
    return (
        ""
        if level == "straight"
        else "not known of both"
        if level == "missing"
        else (level.replace("_", " "))
    )


def _blocks(database: IdentityDatabase, left: Record, right: Record) -> tuple[Block, ...]:
    """Return the blocking keys that two records share, those first that had them compared."""
    rows = database.rows(
        f"""
        with
            members as (select * from {database.table("int_identity__block_members")}),

            compared as (
                select left_member.whole_block_key as block_key
                from members as left_member
                inner join members as right_member using (block_key)
                where left_member.record_key = $left and right_member.record_key = $right
            )

        select
            blocks.blocking_key,
            blocks.record_count,
            case
                when blocks.block_key in (select block_key from compared)
                then 'compared'
                when blocks.status = 'refined'
                then 'parted'
                else 'over_full'
            end as status
        from {database.table("int_identity__blocking_keys")} as left_key
        inner join {database.table("int_identity__blocking_keys")} as right_key using (block_key)
        inner join {database.table("int_identity__blocks")} as blocks using (block_key)
        where left_key.record_key = $left and right_key.record_key = $right
        order by status <> 'compared', blocks.record_count, blocks.blocking_key
        """,  # noqa: S608
        {"left": left.key, "right": right.key},
    )
    # Of a company with several names, say, each one is a block of its own; the smallest is told.
    smallest: dict[tuple[str, str], Block] = {}
    for row in rows:
        key = row["blocking_key"]
        words = _about(database, key)[0] if key.startswith("also_") else key.replace("_", " ")
        block = Block(words, row["record_count"], row["status"])
        smallest.setdefault((words, block.status), block)
    return tuple(smallest.values())


def _contradiction(
    database: IdentityDatabase, left: Record, right: Record, terminal: Terminal
) -> Contradiction | None:
    """Find what one customer would contain that it can't, if two records were one."""
    left_keys, right_keys = (_cluster_of(database, record) for record in (left, right))
    kept_apart = database.rows(
        f"""
        with
            sides as (
                select unnest(cast($left as bigint[])) as record_key, 'left' as side
                union all
                select unnest(cast($right as bigint[])) as record_key, 'right' as side
            )

        select decided.left_record_key, decided.right_record_key
        from {database.table("int_identity__decided_pairs")} as decided
        inner join sides as one on one.record_key = decided.left_record_key
        inner join sides as other on other.record_key = decided.right_record_key
        where decided.verdict = 'different' and one.side <> other.side
        order by 1, 2
        limit 1
        """,  # noqa: S608
        {"left": left_keys, "right": right_keys},
    )
    if kept_apart:
        (pair,) = kept_apart
        first, second = read_records(database, list(pair.values()))
        return Contradiction(first.name, second.name, "a steward decided that they are two")
    differ = [f"{comparison}_level = 'different'" for comparison in _ONE_OF_A_PERSON]
    weights = [f"least({comparison}_weight, 0)" for comparison in _ONE_OF_A_PERSON]
    found = _scored_anew(
        database, left_keys, right_keys, terminal, " + ".join(weights), f"({' or '.join(differ)})"
    )
    if not found:
        return None
    (scored,) = found
    first, second = read_records(database, [scored["left_record_key"], scored["right_record_key"]])
    words = [
        f"{part.words} ({part.left} and {part.right})"
        for part in _contributions(database, first, second, scored)
        if part.comparison in _ONE_OF_A_PERSON and part.level == "different"
    ]
    return Contradiction(first.name, second.name, "; ".join(words))


def _cluster_of(database: IdentityDatabase, record: Record) -> list[int]:
    clusters = database.table("int_identity__clusters")
    rows = database.rows(
        f"""
        select members.record_key
        from {clusters} as members
        inner join {clusters} as this using (cluster_key)
        where this.record_key = $key
        order by members.record_key
        """,  # noqa: S608
        {"key": record.key},
    )
    return [row["record_key"] for row in rows]


def _path(database: IdentityDatabase, left: Record, right: Record) -> tuple[Hop, ...]:
    """Find the way from one record to the other whose weakest link is the strongest."""
    members = f"""
        select members.record_key
        from {database.table("int_identity__clusters")} as members
        inner join {database.table("int_identity__clusters")} as this using (cluster_key)
        where this.record_key = $key
    """  # noqa: S608
    links = database.rows(
        f"""
        select left_record_key, right_record_key, match_weight
        from {database.table("int_identity__links")}
        where left_record_key in ({members}) and right_record_key in ({members})
        order by match_weight desc, left_record_key, right_record_key
        """,  # noqa: S608
        {"key": left.key},
    )
    way = strongest_path(
        [(row["left_record_key"], row["right_record_key"], row["match_weight"]) for row in links],
        left.key,
        right.key,
    )
    if len(way) < 2:
        return ()
    records = {record.key: record for record in read_records(database, way)}
    hops = []
    for start, end in itertools.pairwise(way):
        low, high = sorted((start, end))
        scored = _strongest_kept(database, [low], [high])
        weight = next(
            row["match_weight"]
            for row in links
            if (row["left_record_key"], row["right_record_key"]) == (low, high)
        )
        said = "decided by a steward"
        if scored is not None:
            said = "; ".join(
                part.words
                for part in _contributions(database, records[start], records[end], scored)
                if part.weight > 0 and part.level
            )
        hops.append(Hop(records[start].name, records[end].name, weight, said))
    return tuple(hops)
