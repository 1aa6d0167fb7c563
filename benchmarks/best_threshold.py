"""The threshold that would have been best, had the truth been known.

Splink's guides name a threshold, and a user without the truth takes that. So that nobody can say
that another one would have done better, this finds the best of all of them: it adds the predicted
pairs one by one, the strongest first, and watches F1 after clustering.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Clustering:
    """The clusters that linking all pairs of at least `match_weight` makes."""

    match_weight: float
    group_of: dict[str, str]  # of the records that are not alone


def best_clustering(pairs: Path, truth: Path) -> Clustering:
    """Return the clustering by connected components whose F1 over pairs is the highest.

    Args:
        pairs: Parquet file: left_id, right_id (source and record_id joined by `|`), match_weight.
        truth: Parquet file: source, record_id, person_id.
    """
    with duckdb.connect() as connection:
        people = dict(
            connection.execute(
                f"select source || '|' || record_id, person_id from '{truth}'"
            ).fetchall()
        )
        edges = connection.execute(
            f"select match_weight, left_id, right_id from '{pairs}' order by match_weight desc"
        ).fetchall()
    true_pairs = sum(size * (size - 1) // 2 for size in Counter(people.values()).values())
    growing = _Components(people)
    best_f1, best_weight = 0.0, float("inf")
    for weight, alike in groupby(edges, key=lambda edge: edge[0]):
        for _, left, right in alike:
            growing.join(left, right)
        f1 = 2 * growing.right_pairs / (growing.found_pairs + true_pairs)
        if f1 > best_f1:
            best_f1, best_weight = f1, float(weight)
    final = _Components(people)
    for weight, left, right in edges:
        if weight < best_weight:
            break
        final.join(left, right)
    return Clustering(best_weight, final.groups())


class _Components:
    """Connected components that know how many of their pairs of records are right."""

    def __init__(self, people: dict[str, str]) -> None:
        self._people = people
        self._parent: dict[str, str] = {}
        self._persons: dict[str, Counter[str]] = {}  # of a root: records by person
        self.found_pairs = 0
        self.right_pairs = 0

    def _root(self, record: str) -> str:
        if record not in self._parent:
            self._parent[record] = record
            self._persons[record] = Counter([self._people[record]])
        while self._parent[record] != record:
            self._parent[record] = self._parent[self._parent[record]]
            record = self._parent[record]
        return record

    def join(self, left: str, right: str) -> None:
        one, other = self._root(left), self._root(right)
        if one == other:
            return
        if len(self._persons[one]) < len(self._persons[other]):
            one, other = other, one
        larger, smaller = self._persons[one], self._persons.pop(other)
        self.found_pairs += larger.total() * smaller.total()
        self.right_pairs += sum(count * larger[person] for person, count in smaller.items())
        larger.update(smaller)
        self._parent[other] = one

    def groups(self) -> dict[str, str]:
        return {record: self._root(record) for record in self._parent}
