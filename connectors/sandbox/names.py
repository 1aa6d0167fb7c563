"""Name pools: given and family names with their scripts, spellings, nicknames and frequencies."""

from __future__ import annotations

import csv
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Generic, Protocol, TypeVar


class _Weighted(Protocol):
    @property
    def weight(self) -> float: ...


@dataclass(frozen=True, slots=True)
class GivenName:
    """A given name: Hebrew form (may be empty), Latin spellings, (Hebrew, Latin) nicknames."""

    weight: float
    hebrew: str
    latin: tuple[str, ...]
    nicknames: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FamilyName:
    """A family name: Hebrew form (empty for other origins) and Latin spellings."""

    weight: float
    hebrew: str
    latin: tuple[str, ...]


T = TypeVar("T", bound=_Weighted)


class Pool(Generic[T]):
    """Draws entries in proportion to their weights."""

    def __init__(self, entries: Sequence[T]) -> None:
        self.entries = tuple(entries)
        self._cumulative = list(accumulate(entry.weight for entry in entries))
        self._index = {entry: number for number, entry in enumerate(self.entries)}

    def draw(self, rng: Random) -> T:
        """Return one entry."""
        return self.entries[bisect(self._cumulative, rng.random() * self._cumulative[-1])]

    def number(self, entry: T) -> int:
        """Return the place of an entry, by which it can be stored and found again."""
        return self._index[entry]


@dataclass(frozen=True, slots=True)
class NamePools:
    """The names of one origin (`il`, `en`, `de`)."""

    male: Pool[GivenName]
    female: Pool[GivenName]
    family: Pool[FamilyName]


def read_table(name: str) -> list[dict[str, str]]:
    """Read one of the package's tab-separated data files, header first."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _given(name: str) -> Pool[GivenName]:
    entries = []
    for row in read_table(name):
        nicknames = []
        for nickname in filter(None, (row["nicknames"] or "").split(",")):
            hebrew, _, latin = nickname.rpartition(":")
            nicknames.append((hebrew, latin))
        entries.append(
            GivenName(
                float(row["weight"]),
                row.get("hebrew") or "",
                tuple(row["latin"].split("/")),
                tuple(nicknames),
            )
        )
    return Pool(entries)


def _family(name: str) -> Pool[FamilyName]:
    return Pool(
        [
            FamilyName(
                float(row["weight"]), row.get("hebrew") or "", tuple(row["latin"].split("/"))
            )
            for row in read_table(name)
        ]
    )


@cache
def name_pools(origin: str) -> NamePools:
    """Return the names of an origin: `il`, `en` or `de`."""
    return NamePools(
        _given(f"given_male_{origin}.tsv"),
        _given(f"given_female_{origin}.tsv"),
        _family(f"family_{origin}.tsv"),
    )
