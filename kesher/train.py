"""Estimates match weights from the records themselves, without labels.

The model is that of Fellegi and Sunter: m is how often an outcome of a comparison (a level) is seen
between two records of one customer, u how often between records of two customers, and the prior is
the share of all pairs that are one customer. Three kinds of pairs tell about them:

* the candidate pairs, which hold nearly all pairs of one customer. Which of them are is found by
  expectation maximisation: score them with the weights so far, take each as one customer with the
  probability that its score says, count levels by that, and score again;
* random pairs, of which nearly none is one customer: how often two people agree by accident;
* pairs that stewards decided, which count as decided.

Scores are made by the models' own SQL, with everything in it that keeps evidence from being counted
twice, so that a household does not pass for one customer in the estimate either. The weights that
ship count like a few observations: a level that is seen a few times stays near its default.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from kesher.errors import KesherError
from kesher.train_pairs import MISSING, Patterns, RandomPairs, TrainingPairs
from kesher.trained_weights import (
    LevelWeight,
    StewardAgreement,
    ThresholdEstimate,
    TrainedWeights,
)

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from kesher.match_plan import MatchPlan

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

#: Fewer records, or fewer expected pairs of one customer among them, say too little.
LEAST_RECORDS = 100
LEAST_MATCHES = 50

#: Probabilities for which precision and recall are estimated, beside the one in force.
THRESHOLDS = (0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.95, 0.99, 0.999, 0.9999)

#: How many observations a shipped weight counts for.
_SHIPPED_COUNTS_AS = 3.0

#: If two customers of one family name at one address are rarer than this, compared with records of
#: one customer there, there are no households.
_HOUSEHOLDS_FROM = 0.02

_RANDOM_PAIRS = 50_000
_CANDIDATE_PAIRS = 400_000
_ROUNDS = 8
_ITERATIONS = 60
_STEADY_WITHIN_ROUND = 0.001
_MOST = 0.9999
_SEEN_AT_ALL = 0.001

#: In bits. A round that moves weights by less is the last: each moves them by about a hundredth of
#: what the round before did, for all that it adds is how comparisons depend on each other by the
#: weights found so far.
_STEADY = 0.2

#: Comparisons whose weights stay: swapped names are seen where both names agree, and nowhere else.
_UNTRAINED = ("name_order",)

#: Levels whose m stays and whose u is always that of the value: how often records of one customer
#: have a birth date that many have says nothing about two records that have it.
_UNTRAINED_LEVELS = (("birth_date", "same_common"),)


#: Levels of which all pairs are candidates, and which do not decide by themselves that they are one
#: customer.
_WHOLLY_COMPARED = (("address", "same_street"),)


class TooLittleDataError(KesherError):
    """There is too little to learn weights from."""


def train(
    connection: duckdb.DuckDBPyConnection,
    plan: MatchPlan,
    *,
    link_weight: float,
    candidates: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> TrainedWeights:
    """Estimate weights from a database of the identity models. Nothing in it is changed.

    Args:
        connection: Has it attached under the plan's name.
        plan: The compiled models, of the variant that keeps every pair.
        link_weight: From which match weight on two records are linked.
        candidates: A relation with all candidate pairs; they are brought together anew if None.
        tell: Gets a line about what is being done.

    Raises:
        TooLittleDataError: there are too few records, or too few pairs of one customer.
    """
    say = tell or (lambda _: None)
    with TrainingPairs(connection, plan, candidates=candidates) as pairs:
        if pairs.records < LEAST_RECORDS:
            raise TooLittleDataError(
                f"There are only {pairs.records:,} records; from fewer than {LEAST_RECORDS} no "
                "weights can be learned. The weights stay as they are."
            )
        say("candidate pairs are compared")
        patterns = pairs.compare_candidates(_CANDIDATE_PAIRS)
        say("random pairs are compared")
        random_pairs = pairs.compare_random(_RANDOM_PAIRS)
        return _Estimation(pairs, patterns, random_pairs).run(link_weight, say)


class _Estimation:
    """The expectation maximisation over one set of pairs."""

    def __init__(self, pairs: TrainingPairs, patterns: Patterns, random_pairs: RandomPairs) -> None:
        self.pairs = pairs
        self.patterns = patterns
        self.random_pairs = random_pairs
        self.shipped_m = np.array([level.m for level in pairs.levels])
        self.shipped_u = np.array([level.u for level in pairs.levels])
        self.by_frequency = np.array([level.uses_frequency for level in pairs.levels])
        self.prior = pairs.number("prior", "prior")
        self.full_name = pairs.number("full_name", "same")
        self.household = pairs.number("household", "shared")
        self.frequencies = pairs.value_frequencies()
        self.of_comparison = {
            comparison: np.array(
                [
                    number
                    for number, level in enumerate(pairs.levels)
                    if level.comparison == comparison
                ],
                dtype=np.int64,
            )
            for comparison in pairs.comparisons
        }

    def run(self, link_weight: float, say: Callable[[str], None]) -> TrainedWeights:
        m, u = self.shipped_m.copy(), self.shipped_u.copy()
        scores = self.patterns.shipped_weight
        iterations = 0
        for done in range(1, _ROUNDS + 1):
            scored_m, scored_u = m, u
            m, u, steps = self._round(scores, m, u)
            iterations += steps
            change = float(np.abs(np.log2(m / u) - np.log2(scored_m / scored_u)).max())
            say(f"round {done}: weights moved by {change:.3f} at most")
            if change < _STEADY:
                scores = scores + self._moved(m, u, scored_m, scored_u)
                break
            scores = self.pairs.score(m, u)
        probability = self._probability(scores)
        matches = float((self.patterns.pairs * probability).sum())
        if matches < LEAST_MATCHES:
            raise TooLittleDataError(
                f"Among {self.pairs.records:,} records only about {matches:.0f} pairs seem to be "
                f"one customer; from fewer than {LEAST_MATCHES} no weights can be learned. The "
                "weights stay as they are."
            )
        return TrainedWeights(
            levels=self._levels(m, u, probability),
            records=self.pairs.records,
            candidate_pairs=self.pairs.candidate_pairs,
            used_candidate_pairs=self.pairs.used_candidate_pairs,
            random_pairs=self.random_pairs.drawn,
            matches=matches,
            stewards=self._stewards(scores, link_weight),
            iterations=iterations,
            rounds=done,
            last_change=change,
            converged=change < _STEADY,
            thresholds=self._thresholds(scores, probability, link_weight),
        )

    def _round(
        self, scores: Floats, scored_m: Floats, scored_u: Floats
    ) -> tuple[Floats, Floats, int]:
        """Estimate until it is steady, with the dependence between comparisons as it was scored."""
        m, u = scored_m.copy(), scored_u.copy()
        steps, change = 0, np.inf
        while change >= _STEADY_WITHIN_ROUND and steps < _ITERATIONS:
            moved = self._moved(m, u, scored_m, scored_u)
            new_m, new_u = self._maximised(self._probability(scores + moved), m, u)
            change = max(np.abs(np.log2(new_m / m)).max(), np.abs(np.log2(new_u / u)).max())
            m, u = new_m, new_u
            steps += 1
        return m, u, steps

    def _moved(self, m: Floats, u: Floats, scored_m: Floats, scored_u: Floats) -> Floats:
        """Return by how much each pattern's weight has moved since it was scored."""
        # Of a level that goes by frequency, u is that of the value.
        change = np.log2(m / scored_m) - np.where(self.by_frequency, 0, np.log2(u / scored_u))
        moved = np.full(len(self.patterns.pairs), change[self.prior])
        padded = np.append(change, [0.0, 0.0])
        for column, comparison in enumerate(self.pairs.comparisons):
            of_level = padded[self.patterns.levels[:, column]]
            if comparison in ("given_name", "family_name"):
                # A whole name weighs by its own frequency, whatever its parts weigh.
                of_level = np.where(self.patterns.has_full_name, 0, of_level)
            moved += of_level
        return moved + np.where(self.patterns.has_full_name, change[self.full_name], 0)

    def _probability(self, weights: Floats) -> Floats:
        """Return the probability that pairs are one customer; names alone are never enough."""
        by_weight = 1 / (1 + np.exp2(-np.clip(weights, -60, 60)))
        found = np.where(self.patterns.has_evidence, by_weight, 0)
        return np.where(np.isnan(self.patterns.verdict), found, self.patterns.verdict)

    def _counted(self, column: int, weights: Floats) -> Floats:
        """Count the patterns' levels of one comparison."""
        levels = self.patterns.levels[:, column]
        has_level = levels >= 0
        counts = np.bincount(
            levels[has_level], weights=weights[has_level], minlength=len(self.pairs.levels)
        )
        return counts.astype(np.float64)

    def _maximised(self, probability: Floats, m: Floats, u: Floats) -> tuple[Floats, Floats]:
        """Return the weights that fit best if pairs are one customer with these probabilities."""
        patterns, random_pairs = self.patterns, self.random_pairs
        same = patterns.pairs * probability
        # The candidates that are two customers count as they would in the random pairs.
        other = patterns.pairs * (1 - probability) * random_pairs.share
        new_m, new_u = m.copy(), u.copy()
        for column, comparison in enumerate(self.pairs.comparisons):
            if comparison in _UNTRAINED:
                continue
            known = patterns.levels[:, column] != MISSING
            all_same, all_other = same[known].sum(), other[known].sum()
            seen, seen_other = self._counted(column, same), self._counted(column, other)
            for number in self.of_comparison[comparison]:
                level = (comparison, self.pairs.levels[number].level)
                if level in _UNTRAINED_LEVELS:
                    continue
                if self.by_frequency[number]:
                    self._fit_by_frequency(number, seen[number], all_same, new_m, new_u)
                else:
                    # Of what blocking brings together whole, the candidates tell all.
                    share = random_pairs.share if level in _WHOLLY_COMPARED else 1.0
                    new_m[number], new_u[number] = _fitted(
                        seen[number],
                        all_same,
                        (random_pairs.seen[number] + seen_other[number]) / share,
                        (random_pairs.known[number] + all_other) / share,
                        self.shipped_m[number],
                        self.shipped_u[number],
                    )
            self._put_in_order(comparison, new_m, new_u)
        new_m[self.full_name] = self._share(
            same[patterns.has_full_name].sum(),
            same[patterns.has_names].sum(),
            self.shipped_m[self.full_name],
        )
        new_m[self.household], new_u[self.household] = self._household(same, other)
        new_m[self.prior] = (same.sum() + 1) / (
            self.pairs.all_pairs + 1 / self.shipped_m[self.prior]
        )
        return new_m, new_u

    def _fit_by_frequency(
        self, number: int, seen: float, known: float, m: Floats, u: Floats
    ) -> None:
        """Fit a level of which the scores take u from how many records have the value.

        Those are shares of all records, with a value or without one, so m must be one too.
        """
        frequency = self.frequencies.get(number)
        if frequency is not None:
            m[number] = self._share(seen, known, self.shipped_m[number]) * frequency.known
            u[number] = frequency.typical

    def _household(self, same: Floats, other: Floats) -> tuple[float, float]:
        """Return the discount on what a household has in common: the shipped one, or none.

        None is due where people of one family name in one house are nearly always one customer.
        """
        at_home = self.patterns.shares_home
        two_customers = float(other[at_home].sum()) / self.random_pairs.share + _SHIPPED_COUNTS_AS
        one_customer = float(same[self.patterns.shares_street].sum())
        if two_customers < _HOUSEHOLDS_FROM * one_customer:
            return 1.0, 1.0
        return float(self.shipped_m[self.household]), float(self.shipped_u[self.household])

    @staticmethod
    def _share(seen: float, known: float, shipped: float) -> float:
        share = (seen + _SHIPPED_COUNTS_AS * shipped) / (known + _SHIPPED_COUNTS_AS)
        return float(min(share, _MOST))

    def _put_in_order(self, comparison: str, m: Floats, u: Floats) -> None:
        """See to it that nothing weighs more than what is the same, or less than what differs."""
        numbers = {
            self.pairs.levels[number].level: number for number in self.of_comparison[comparison]
        }
        same, different = numbers.get("same"), numbers.get("different")
        for level, number in numbers.items():
            if self.by_frequency[number] or level == "organisation":
                continue
            most = m[same] / u[same] if same is not None else None
            least = m[different] / u[different] if different is not None else None
            if most is not None and not self.by_frequency[same] and m[number] / u[number] > most:
                m[number] = u[number] * most
            elif least is not None and m[number] / u[number] < least:
                m[number] = u[number] * least

    def _levels(self, m: Floats, u: Floats, probability: Floats) -> tuple[LevelWeight, ...]:
        before_m, before_u = self.pairs.weights_in_force()
        same = self.patterns.pairs * probability
        seen = np.zeros(len(self.pairs.levels))
        for column in range(len(self.pairs.comparisons)):
            seen += self._counted(column, same)
        seen[self.prior] = same.sum()
        seen[self.full_name] = same[self.patterns.has_full_name].sum()
        return tuple(
            LevelWeight(
                level.comparison,
                level.level,
                float(m[number]),
                float(u[number]),
                level.uses_frequency,
                float(before_m[number]),
                float(before_u[number]),
                float(seen[number]),
                float(self.random_pairs.seen[number]),
            )
            for number, level in enumerate(self.pairs.levels)
        )

    def _stewards(self, scores: Floats, link_weight: float) -> StewardAgreement:
        decided = ~np.isnan(self.patterns.verdict)
        if not decided.any():
            return StewardAgreement(0, 0, 0, 0)
        is_same = self.patterns.verdict == 1
        pairs = self.patterns.pairs

        def agreed(weights: Floats) -> int:
            is_linked = (weights >= link_weight) & self.patterns.has_evidence
            return round(float(pairs[decided & (is_linked == is_same)].sum()))

        return StewardAgreement(
            round(float(pairs[decided & is_same].sum())),
            round(float(pairs[decided & ~is_same].sum())),
            agreed(scores),
            agreed(self.pairs.score(*self.pairs.weights_in_force())),
        )

    def _thresholds(
        self, scores: Floats, probability: Floats, link_weight: float
    ) -> tuple[ThresholdEstimate, ...]:
        in_force = float(1 / (1 + np.exp2(-link_weight)))
        matches = float((self.patterns.pairs * probability).sum())
        estimates = []
        for threshold in sorted({*THRESHOLDS, in_force}):
            is_linked = self.patterns.has_evidence & (
                scores >= np.log2(threshold / (1 - threshold))
            )
            pairs = float(self.patterns.pairs[is_linked].sum())
            right = float((self.patterns.pairs * probability)[is_linked].sum())
            estimates.append(
                ThresholdEstimate(
                    threshold, round(pairs), right / pairs if pairs else 1.0, right / matches
                )
            )
        return tuple(estimates)


def _fitted(
    seen: float,
    known: float,
    seen_other: float,
    known_other: float,
    shipped_m: float,
    shipped_u: float,
) -> tuple[float, float]:
    """Return m and u of one level.

    Both counts are taken as Poisson; of u nothing is known before, of m / u that it is a gamma
    variable around the shipped ratio. What maximises their probability solves a quadratic equation.

    Args:
        seen: Pairs of one customer that have the level.
        known: Pairs of one customer that could have it.
        seen_other: Pairs of two customers that have it.
        known_other: Pairs of two customers that could.
        shipped_m: m as it ships.
        shipped_u: u as it ships.
    """
    if seen + seen_other < _SEEN_AT_ALL:
        return shipped_m, shipped_u
    strength = _SHIPPED_COUNTS_AS / (shipped_m / shipped_u)
    square = strength * known
    linear = strength * known_other + known * (seen_other - _SHIPPED_COUNTS_AS)
    constant = (_SHIPPED_COUNTS_AS + seen) * known_other
    root = math.sqrt(linear * linear + 4 * square * constant)
    ratio = 2 * constant / (linear + root) if linear > 0 else (root - linear) / (2 * square)
    u = min((seen + seen_other) / (known_other + known * ratio), 1.0)
    m = min(u * ratio, _MOST)
    return m, m / ratio
