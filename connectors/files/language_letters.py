"""How likely letters stand beside each other in the names of a language."""

from collections import Counter
from enum import Enum
from functools import cache
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Final

_NAMES = Path(__file__).parent / "names_by_language.tsv"

BORDER: Final = " "
"""Stands for whatever ends a word."""

SYMBOL: Final = "\0"
"""Stands for what does not belong in or beside a name, as a box-drawing character."""

NO_CHARACTER: Final = "\ufffd"
"""Stands for a byte that is nothing in an encoding."""

# Beside the letters, in texts of every language. Curly quotes are what Word makes of straight ones.
_TYPOGRAPHY = frozenset("’‘“”„–—…°€ªº«»·•\xa0\xad\u200e\u200f§™®©№׳״־₪،؛؟\u0640")

# Letters that a language's names do not have are not impossible in a list: people move.
_FOREIGN_LETTERS = 2.0
_FOREIGN_NEIGHBOURS = 4.0
_OF_A_LETTER = 1 / 400
_OF_TYPOGRAPHY = 1 / 400
_OF_A_SYMBOL = 1e-6
_OF_NOTHING = 1e-9

_BEYOND_LATIN = "\u0370"


@cache
def _names() -> dict[str, str]:
    """The names of each language, in small letters, with a border around each."""
    lines = _NAMES.read_text(encoding="utf-8").splitlines()
    return {
        language: f" {names} "
        for language, _, names in (line.partition("\t") for line in lines)
        if not language.startswith("#")
    }


@cache
def small(letter: str) -> str:
    """The small letter, where that is one letter; the two sigmas are one."""
    lowered = letter.lower()
    return "σ" if lowered == "ς" else lowered if len(lowered) == 1 else letter


class LanguageLetters:
    """The letters of one language and their neighbours, counted in its names.

    Only letters beyond ASCII are looked at: the others are the same in every encoding.
    """

    def __init__(self, language: str) -> None:
        text = _names()[language].replace("ς", "σ")
        self._letters = Counter(letter for letter in text if not letter.isascii())
        self._total = self._letters.total()
        self._pairs = Counter(pairwise(text))
        anything = Counter(text)
        size = len(text)
        self._anywhere = {letter: count / size for letter, count in anything.items()}
        self._known: dict[str, float] = {}

    def log_likelihood(self, place: str) -> float:
        """How likely a letter beyond ASCII is, between its neighbours.

        Args:
            place: the letter, in small, between the ones before and after it, which may be
                `BORDER` or `SYMBOL`.
        """
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = self._computed(*place)
        return known

    def _of_the_letter(self, letter: str) -> float:
        """How likely it is among the letters beyond ASCII, wherever it stands."""
        if letter.isalpha():
            base = _OF_A_LETTER
        elif letter in _TYPOGRAPHY:
            base = _OF_TYPOGRAPHY
        elif letter.isprintable() and letter != NO_CHARACTER:
            base = _OF_A_SYMBOL
        else:
            base = _OF_NOTHING
        seen = self._letters[letter]
        return log((seen + _FOREIGN_LETTERS * base) / (self._total + _FOREIGN_LETTERS))

    def _computed(self, before: str, letter: str, after: str) -> float:
        seen = self._letters[letter]
        result = self._of_the_letter(letter)
        for neighbour, pair in ((before, (before, letter)), (after, (letter, after))):
            base = self._anywhere.get(neighbour, 0.0) * 0.9 + 0.001
            if neighbour == SYMBOL:
                base = _OF_A_SYMBOL
            result += log(
                (self._pairs[pair] + _FOREIGN_NEIGHBOURS * base) / (seen + _FOREIGN_NEIGHBOURS)
            )
        return result


@cache
def letters_of(language: str) -> LanguageLetters:
    """The letters of a language; counted once."""
    return LanguageLetters(language)


class Case(Enum):
    """How a letter's case goes with its neighbours'."""

    NONE = 0
    SMALL = 1
    SMALL_AT_THE_START = 2
    SMALL_AFTER_CAPITAL = 3
    CAPITAL_AT_THE_START = 4
    CAPITAL_AFTER_CAPITAL = 5
    NOBODY_WRITES = 6
    OF_TWO_SCRIPTS = 7


@cache
def case_of(before: str, letter: str, after: str) -> Case:
    """How the case of a letter goes with that of its neighbours."""
    if letter.isalpha() and letter not in "ªº":
        is_latin = letter < _BEYOND_LATIN
        if any(side.isalpha() and (side < _BEYOND_LATIN) != is_latin for side in (before, after)):
            return Case.OF_TWO_SCRIPTS
    if letter.isupper():
        if before.islower() or (before.isupper() and after.islower()):
            return Case.NOBODY_WRITES
        return Case.CAPITAL_AFTER_CAPITAL if before.isupper() else Case.CAPITAL_AT_THE_START
    if not letter.islower():
        return Case.NONE
    if after.isupper():
        return Case.NOBODY_WRITES
    if before.isupper():
        return Case.SMALL_AFTER_CAPITAL
    return Case.SMALL if before.isalpha() else Case.SMALL_AT_THE_START


def case_log_likelihoods(small_after_capital: float) -> dict[Case, float]:
    """How likely each is in a list, where a capital is followed by that share of small letters."""
    share = min(max(small_after_capital, 0.01), 0.99)
    return {
        Case.NONE: 0.0,
        Case.SMALL: 0.0,
        Case.SMALL_AT_THE_START: log(0.3),
        Case.SMALL_AFTER_CAPITAL: log(share),
        Case.CAPITAL_AT_THE_START: log(0.7),
        Case.CAPITAL_AFTER_CAPITAL: log(1 - share),
        Case.NOBODY_WRITES: log(0.002),
        Case.OF_TWO_SCRIPTS: log(0.00001),
    }
