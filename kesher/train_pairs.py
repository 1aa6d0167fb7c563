"""The pairs of records that match weights are learned from, scored by the models' own SQL.

Pairs that compare alike weigh alike, so candidate pairs are put together by how they compare: what
is computed again and again is computed once a pattern, not once a pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from kesher.match_plan import DATABASE, MatchPlan
from kesher.trained_weights import STAGED

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CANDIDATE_PAIRS = "int_identity__candidate_pairs"
PAIR_SCORES = "int_identity__pair_scores"
WEIGHTS = "int_identity__weights"
RECORDS = "int_identity__records"
RECORD_COUNT = "int_identity__record_count"
FREQUENCIES = "int_identity__record_frequencies"
DECIDED_PAIRS = "int_identity__decided_pairs"

#: The shipped prior is that of so many records and more; see `prior_of_size`.
_SHIPPED_FOR_RECORDS = 1 << 17

#: The models whose SQL is run here, and those whose tables are read besides.
RUN = (CANDIDATE_PAIRS, PAIR_SCORES, WEIGHTS)
READ = (RECORDS, FREQUENCIES, DECIDED_PAIRS, WEIGHTS)

#: The database that the tables made here are in.
_PLACE = "training"

#: Levels of what one record lacks, or has in letters that cannot be compared.
_UNKNOWN = ("missing", "other_alphabet")

#: Where a comparison's level stands for no level, see `Patterns.levels`.
UNWEIGHED, MISSING = -1, -2

#: The column whose values a level that goes by frequency is about, unless it is the comparison.
_FREQUENCY_COLUMNS = {
    ("address", "same_postcode"): "postcode",
    ("address", "same_city"): "city_key",
    ("company", "same"): "company_key",
}


@dataclass(frozen=True)
class Level:
    """A level of a comparison, with the m and u that ship."""

    comparison: str
    level: str
    m: float
    u: float
    uses_frequency: bool


@dataclass(frozen=True)
class Patterns:
    """How candidate pairs compare. Arrays have an element, or a row, a pattern.

    Attributes:
        levels: A column a comparison: the level's number, UNWEIGHED or MISSING.
        pairs: How many candidate pairs compare like this; parts of a pair where a sample stands
            for all.
        verdict: 1 where stewards said that they are one customer, 0 where they said two, NaN where
            they said nothing.
        has_evidence: Whether more than the names speaks for them.
        has_full_name: Whether the frequency of the whole name counts.
        has_names: Whether both records have a given name and a family name.
        shares_street: Whether they have the same street address.
        shares_home: Whether they have that and the family name in common, and other given names.
        shipped_weight: Their match weight by the weights that ship.
    """

    levels: Whole
    pairs: Floats
    verdict: Floats
    has_evidence: Flags
    has_full_name: Flags
    has_names: Flags
    shares_street: Flags
    shares_home: Flags
    shipped_weight: Floats


@dataclass(frozen=True)
class RandomPairs:
    """How random pairs that are no candidates compare. Arrays have an element a level.

    Attributes:
        seen: Pairs that have the level.
        known: Pairs of which both records have what is compared.
        drawn: How many were drawn, candidates among them too.
        share: Which share of all pairs that is.
    """

    seen: Floats
    known: Floats
    drawn: int
    share: float


@dataclass(frozen=True)
class ValueFrequency:
    """How common the values of one column are.

    Attributes:
        typical: Which share of the records has the value that a record has: between the mean,
            which a few very common values make, and the geometric mean, which the many rare ones
            make.
        known: Which share of the records has a value.
    """

    typical: float
    known: float


class TrainingPairs:
    """Candidate pairs and random pairs of one database, in tables beside it."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        plan: MatchPlan,
        *,
        candidates: str | None = None,
    ) -> None:
        """Prepare; nothing is compared yet.

        Args:
            connection: Has a database with the identity models attached under the plan's name.
            plan: Of the variant that keeps every pair.
            candidates: A relation with all candidate pairs; made anew if None.
        """
        self._connection = connection
        self._plan = plan
        self._given_candidates = candidates

    def __enter__(self) -> TrainingPairs:
        execute = self._connection.execute
        execute(f"attach ':memory:' as {_PLACE}")
        candidates = self._given_candidates
        if candidates is None:
            candidates = self._table("candidates")
            execute(f"create table {candidates} as {self._plan.step(CANDIDATE_PAIRS).sql}")
        self._candidates = candidates
        execute(
            f"""
            create table {self._table("no_weights")} as
            select * from {DATABASE}.staging.{STAGED} where false
            """  # noqa: S608
        )
        # The prior as it ships: how it follows the number of records is what is estimated.
        execute(
            f"""
            create table {self._table("record_count")} as
            select {_SHIPPED_FOR_RECORDS} as record_count
            """
        )
        shipped = self._rewritten(
            WEIGHTS,
            {
                f'"{DATABASE}"."staging"."{STAGED}"': self._table("no_weights"),
                self._plan.step(RECORD_COUNT).relation: self._table("record_count"),
            },
        )
        rows = execute(
            f"select comparison, level, m, u, uses_frequency from ({shipped})"  # noqa: S608
        ).fetchall()
        #: In the order of the weights table.
        self.levels = tuple(Level(*row) for row in rows)
        self._numbers = {
            (level.comparison, level.level): number for number, level in enumerate(self.levels)
        }
        execute(
            f"create table {self._table('weights')} as select * from ({shipped}) where false"  # noqa: S608
        )
        self.records = self._count(self._plan.step(RECORDS).relation)
        self.candidate_pairs = self._count(self._candidates)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.execute(f"detach {_PLACE}")

    @property
    def all_pairs(self) -> int:
        """How many pairs of records there are."""
        return self.records * (self.records - 1) // 2

    def number(self, comparison: str, level: str) -> int:
        """Return a level's number."""
        return self._numbers[comparison, level]

    def weights_in_force(self) -> tuple[Floats, Floats]:
        """Return m and u of each level as they are in force in the database."""
        rows = self._connection.execute(
            f"select comparison, level, m, u from {self._plan.step(WEIGHTS).relation}"  # noqa: S608
        ).fetchall()
        found = {(comparison, level): (m, u) for comparison, level, m, u in rows}
        both = [
            found.get((level.comparison, level.level), (level.m, level.u)) for level in self.levels
        ]
        return np.array([m for m, _ in both]), np.array([u for _, u in both])

    def compare_candidates(self, most: int) -> Patterns:
        """Compare the candidate pairs and those that stewards decided.

        Args:
            most: If there are more candidate pairs, about so many stand for all.
        """
        execute = self._connection.execute
        every = max(1, -(-self.candidate_pairs // most))
        pairs, compared = self._table("candidate_sample"), self._table("compared")
        decided = self._plan.step(DECIDED_PAIRS).relation
        execute(
            f"""
            create table {pairs} as
            select
                left_record_key,
                right_record_key,
                cast(null as double) as verdict,
                cast({every} as double) as pairs
            from {self._candidates} as candidates
            anti join {decided} as decided using (left_record_key, right_record_key)
            where hash(left_record_key, right_record_key) % {every} = 0
            union all
            select
                left_record_key,
                right_record_key,
                case when verdict = 'same' then 1 else 0 end,
                1
            from {decided}
            """  # noqa: S608
        )
        self.used_candidate_pairs = self._count(pairs)
        self._use_weights(
            np.array([level.m for level in self.levels]),
            np.array([level.u for level in self.levels]),
        )
        execute(f"create table {compared} as {self._scoring(pairs)}")
        comparisons = [
            name.removesuffix("_level")
            for name, *_ in execute(f"describe {compared}").fetchall()
            if name.endswith("_level")
        ]
        #: In the order of the columns of `Patterns.levels`.
        self.comparisons = tuple(comparisons)
        level_columns = [f"compared.{name}_level" for name in comparisons]
        by_frequency = sorted({level.comparison for level in self.levels if level.uses_frequency})
        # Of what goes by frequency, pairs of about the same weight are put together.
        rounded = [
            f"round(2 * compared.{name}_weight)" for name in by_frequency if name in comparisons
        ]
        execute(
            f"""
            create table {self._table("patterns")} as
            with
                patterns as (
                    select
                        {", ".join(level_columns)},
                        {"".join(f"{column}, " for column in rounded)}
                        round(2 * compared.name_frequency_weight) as name_frequency,
                        compared.has_evidence_beyond_names as has_evidence,
                        pairs.verdict,
                        sum(pairs.pairs) as pairs,
                        min(
                            (
                                compared.left_record_key,
                                compared.right_record_key,
                                compared.match_weight
                            )
                        ) as example
                    from {compared} as compared
                    inner join {pairs} as pairs using (left_record_key, right_record_key)
                    group by all
                )
            select
                row_number() over (order by example, verdict) - 1 as number,
                struct_extract(example, 1) as left_record_key,
                struct_extract(example, 2) as right_record_key,
                struct_extract(example, 3) as shipped_weight,
                patterns.* exclude (example)
            from patterns
            """  # noqa: S608
        )
        execute(
            f"""
            create table {self._table("examples")} as
            select distinct left_record_key, right_record_key from {self._table("patterns")}
            """  # noqa: S608
        )
        self._copy_records("example_records", self._table("examples"))
        execute(f"drop table {compared}")
        execute(f"drop table {pairs}")
        return self._patterns()

    def _patterns(self) -> Patterns:
        columns = ", ".join(f"{name}_level" for name in self.comparisons)
        found = self._connection.execute(
            f"""
            select {columns}, pairs, verdict, has_evidence, name_frequency, shipped_weight
            from {self._table("patterns")}
            order by number
            """  # noqa: S608
        ).fetchall()
        width = len(self.comparisons)
        levels = np.array(
            [
                [
                    MISSING
                    if level in _UNKNOWN
                    else self._numbers.get((comparison, level), UNWEIGHED)
                    for comparison, level in zip(self.comparisons, row[:width], strict=True)
                ]
                for row in found
            ],
            dtype=np.int64,
        ).reshape(len(found), width)
        given, family = (self.comparisons.index(name) for name in ("given_name", "family_name"))
        shares_street = self._has(levels, "address", "same_street")
        return Patterns(
            levels=levels,
            pairs=np.array([row[width] for row in found], dtype=np.float64),
            verdict=np.array(
                [np.nan if row[width + 1] is None else row[width + 1] for row in found],
                dtype=np.float64,
            ),
            has_evidence=np.array([row[width + 2] for row in found], dtype=np.bool_),
            has_full_name=np.array([bool(row[width + 3]) for row in found], dtype=np.bool_),
            shares_street=shares_street,
            shares_home=shares_street
            & self._has(levels, "given_name", "different")
            & self._has(levels, "family_name", "same", "other_script", "same_sound"),
            has_names=(levels[:, given] != MISSING)
            & (levels[:, family] != MISSING)
            & ~self._has(levels, "given_name", "organisation"),
            shipped_weight=np.array([row[width + 4] for row in found], dtype=np.float64),
        )

    def _has(self, levels: Whole, comparison: str, *names: str) -> Flags:
        """Tell which patterns have one of a comparison's levels."""
        numbers = [self._numbers.get((comparison, name)) for name in names]
        wanted = [number for number in numbers if number is not None]
        found: Flags = np.isin(levels[:, self.comparisons.index(comparison)], wanted)
        return found

    def score(self, m: Floats, u: Floats) -> Floats:
        """Return each pattern's match weight by given weights.

        Args:
            m: An element a level.
            u: An element a level.
        """
        self._use_weights(m, u)
        scored = self._scoring(self._table("examples"), self._table("example_records"))
        rows = self._connection.execute(
            f"""
            select scored.match_weight
            from {self._table("patterns")} as patterns
            inner join ({scored}) as scored using (left_record_key, right_record_key)
            order by patterns.number
            """  # noqa: S608
        ).fetchall()
        return np.array([weight for (weight,) in rows], dtype=np.float64)

    def compare_random(self, most: int) -> RandomPairs:
        """Draw and compare random pairs, always the same of the same records.

        Args:
            most: How many are drawn; all pairs if there are fewer.
        """
        execute = self._connection.execute
        numbered, pairs = self._table("numbered"), self._table("random_pairs")
        execute(
            f"""
            create table {numbered} as
            select record_key, row_number() over (order by record_key) - 1 as number
            from {self._plan.step(RECORDS).relation}
            """  # noqa: S608
        )
        drawing = (
            f"""
            select left_record.record_key as one, right_record.record_key as other
            from {numbered} as left_record
            inner join
                {numbered} as right_record on right_record.number > left_record.number
            """  # noqa: S608
            if self.all_pairs <= most
            else f"""
            select distinct
                least(left_record.record_key, right_record.record_key) as one,
                greatest(left_record.record_key, right_record.record_key) as other
            from
                (
                    select
                        cast(hash(draw, 'left') % {self.records} as bigint) as left_number,
                        cast(hash(draw, 'right') % {self.records} as bigint) as right_number
                    from range({most}) as draws(draw)
                ) as drawn
            inner join {numbered} as left_record on left_record.number = drawn.left_number
            inner join {numbered} as right_record on right_record.number = drawn.right_number
            where drawn.left_number <> drawn.right_number
            """  # noqa: S608
        )
        execute(
            f"create table {pairs} as "  # noqa: S608
            f"select one as left_record_key, other as right_record_key from ({drawing})"
        )
        drawn = self._count(pairs)
        execute(
            f"""
            create table {self._table("random_others")} as
            select pairs.*
            from {pairs} as pairs
            anti join {self._candidates} as candidates
                using (left_record_key, right_record_key)
            """  # noqa: S608
        )
        others, scored = self._table("random_others"), self._table("random_scores")
        self._copy_records("random_records", others)
        execute(f"create table {scored} as {self._scoring(others, self._table('random_records'))}")
        seen, known = np.zeros(len(self.levels)), np.zeros(len(self.levels))
        for comparison in self.comparisons:
            counts: dict[str, int] = dict(
                execute(
                    f"select {comparison}_level, count(*) from {scored} group by all"  # noqa: S608
                ).fetchall()
            )
            total = sum(count for level, count in counts.items() if level not in _UNKNOWN)
            for number, level in enumerate(self.levels):
                if level.comparison == comparison:
                    seen[number] = counts.get(level.level, 0)
                    known[number] = total
        for table in (numbered, pairs, others, scored, self._table("random_records")):
            execute(f"drop table {table}")
        return RandomPairs(seen, known, drawn, drawn / self.all_pairs)

    def value_frequencies(self) -> dict[int, ValueFrequency]:
        """Return, of levels that go by frequency, what is known of their values."""
        columns = {name for name, *_ in self._described(FREQUENCIES)}
        found = {}
        for number, level in enumerate(self.levels):
            column = _FREQUENCY_COLUMNS.get((level.comparison, level.level), level.comparison)
            if not level.uses_frequency or f"{column}_count" not in columns:
                continue
            ((typical, known),) = self._connection.execute(
                f"""
                select
                    power(
                        avg(sqrt(frequencies.{column}_count / frequencies.all_count))
                            filter (records.{column} is not null),
                        2
                    ),
                    avg(case when records.{column} is not null then 1 else 0 end)
                from {self._plan.step(RECORDS).relation} as records
                inner join
                    {self._plan.step(FREQUENCIES).relation} as frequencies using (record_key)
                """  # noqa: S608
            ).fetchall()
            if typical:
                found[number] = ValueFrequency(float(typical), float(known))
        return found

    def _copy_records(self, table: str, pairs: str) -> None:
        """Copy the records of some pairs, so that scoring them does not read all the others."""
        self._connection.execute(
            f"""
            create table {self._table(table)} as
            select *
            from {self._plan.step(RECORDS).relation}
            where record_key in (
                select left_record_key from {pairs}
                union
                select right_record_key from {pairs}
            )
            """  # noqa: S608
        )

    def _described(self, model: str) -> list[Any]:
        return self._connection.execute(f"describe {self._plan.step(model).relation}").fetchall()

    def _use_weights(self, m: Floats, u: Floats) -> None:
        weights = self._table("weights")
        self._connection.execute(f"delete from {weights}")  # noqa: S608
        self._connection.executemany(
            f"insert into {weights} (comparison, level, m, u, uses_frequency) "  # noqa: S608
            "values (?, ?, ?, ?, ?)",
            [
                [
                    level.comparison,
                    level.level,
                    float(of_m),
                    float(of_u),
                    level.uses_frequency,
                ]
                for level, of_m, of_u in zip(self.levels, m, u, strict=True)
            ],
        )

    def _scoring(self, pairs: str, records: str | None = None) -> str:
        """Return the models' SQL that scores given pairs by the weights in use."""
        other = {
            self._plan.step(CANDIDATE_PAIRS).relation: pairs,
            self._plan.step(WEIGHTS).relation: self._table("weights"),
        }
        if records is not None:
            other[self._plan.step(RECORDS).relation] = records
        return self._rewritten(PAIR_SCORES, other)

    def _rewritten(self, model: str, relations: dict[str, str]) -> str:
        """Return a model's SQL over other relations than it reads."""
        sql = self._plan.step(model).sql
        for relation, other in relations.items():
            sql = sql.replace(relation, other)
        return sql

    def _count(self, relation: str) -> int:
        ((count,),) = self._connection.execute(f"select count(*) from {relation}").fetchall()  # noqa: S608
        return int(count)

    @staticmethod
    def _table(name: str) -> str:
        return f"{_PLACE}.main.{name}"
