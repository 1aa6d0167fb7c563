"""Which legacy encoding a list of names is in, told by the letters that names have.

A byte beyond ASCII is another letter in each of these encodings, and nothing in the file says in
which one it was written. Detectors for prose know languages by the frequency of their letters; a
list of names is too short for that, mixes languages, and has all its text in few words. So every
encoding is tried, and the one counts whose letters stand where they stand in names: Agnès, not
Agnčs, though both letters are common somewhere.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from math import exp, log

from charset_normalizer import from_bytes

from connectors.files.language_letters import (
    BORDER,
    SYMBOL,
    Case,
    case_log_likelihoods,
    case_of,
    letters_of,
    small,
)

_WESTERN = ("fr", "es", "pt", "it", "de", "da", "no", "sv", "fi", "nl", "is", "ga", "ca")
_CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "sl", "de", "fr")
_TURKISH = ("tr", "de", "fr", "es", "nl")
_BALTIC = ("lt", "lv", "et", "de", "pl")
_CYRILLIC = ("ru", "uk", "bg", "mk")

# Each encoding with how much likelier than the first it is, as a logarithm, and which languages are
# written in it. Of those that give the same text, the first one is named.
_ENCODINGS: dict[str, tuple[float, tuple[str, ...]]] = {
    "windows-1252": (0.0, _WESTERN),
    "windows-1255": (8.0, ("he",)),  # settles what is too short to tell: we are at home in Israel
    "windows-1250": (-2.0, _CENTRAL),
    "windows-1251": (-1.0, _CYRILLIC),
    "windows-1253": (-2.0, ("el",)),
    "windows-1254": (-2.0, _TURKISH),
    "windows-1256": (-2.0, ("ar", "fa")),
    "windows-1257": (-4.0, _BALTIC),
    "cp874": (-4.0, ("th",)),
    "iso-8859-15": (-4.0, _WESTERN),
    "iso-8859-2": (-4.0, _CENTRAL),
    "iso-8859-5": (-4.0, _CYRILLIC),
    "iso-8859-7": (-4.0, ("el",)),
    "iso-8859-6": (-4.0, ("ar",)),
    "iso-8859-13": (-6.0, _BALTIC),
    "koi8-r": (-3.0, _CYRILLIC),
    "koi8-u": (-4.0, _CYRILLIC),
    "cp866": (-3.0, _CYRILLIC),
    "cp862": (-3.0, ("he",)),
    "cp850": (-5.0, _WESTERN),
    "cp437": (-6.0, _WESTERN),
    "cp852": (-6.0, _CENTRAL),
    "cp857": (-6.0, _TURKISH),
    "cp737": (-6.0, ("el",)),
    "cp775": (-8.0, _BALTIC),
    "mac-roman": (-6.0, _WESTERN),
    "mac-cyrillic": (-6.0, _CYRILLIC),
    "mac-latin2": (-7.0, _CENTRAL),
}

_EAST_ASIAN = ["cp932", "gb18030", "big5", "cp949", "euc_jp", "euc_kr"]

_AROUND = re.compile(rb"(?s)(?=(.[\x80-\xff].))")
_THEN_SMALL = re.compile(rb"[A-Z][a-z]")
_THEN_CAPITAL = re.compile(rb"[A-Z](?=[A-Z])")
_TONE = re.compile("[\u0300\u0301\u0303\u0309\u0323]".encode("cp1258"))
_VOWEL_WITH_TONE = re.compile(
    "[aăâeêioôơuưyAĂÂEÊIOÔƠUƯY][\u0300\u0301\u0303\u0309\u0323]".encode("cp1258")
)
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")

_TO_BE_TRIED_IN_FULL = 5
_COMMON_PLACES = 200
_ROUNDS = 3
_NOT_MUCH_BETTER = 6.0
# Names have -4 to -11 a letter in the right encoding, and -15 to -23 if they are Chinese, Japanese
# or Korean, of which two or more bytes make a letter.
_UNLIKELY = -13.0
_FEW_TONES = 3
_TONES_IN_THEIR_PLACE = 0.97
_FEW_EAST_ASIAN_BYTES = 60
_NOT_MUCH_MORE_CHAOS = 0.05


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest encoding.

    Attributes:
        encoding: a name that Python knows.
        doubt: why it may be another one, in plain words; None if that is hardly possible.
    """

    encoding: str
    doubt: str | None


def guess_encoding(sample: bytes) -> Guess:
    """Finds the likeliest encoding of lines that are neither ASCII nor Unicode.

    Args:
        sample: some lines of the file, with what is not ASCII in them.
    """
    counted = Counter(_AROUND.findall(b" " + sample + b" ")).most_common()
    places = _places(counted, _COMMON_PLACES, of_each_letter=3)
    few = _places(counted, _COMMON_PLACES // 6, of_each_letter=1)
    cases = case_log_likelihoods(_small_after_capital(sample))
    shortlist = nlargest(
        _TO_BE_TRIED_IN_FULL, _ENCODINGS, key=lambda name: _score(name, few, cases)
    )
    scores = {name: _score(name, places, cases) for name in shortlist}
    ranking = sorted(scores, key=lambda name: -scores[name])
    best = _first_that_reads_the_same(sample, ranking[0])
    scores.setdefault(best, scores[ranking[0]])
    weight = sum(weight for _, weight in places)
    if scores[best] < _UNLIKELY * weight:
        return (
            _vietnamese(sample)
            or _east_asian(sample)
            or Guess(best, f"its letters are not likely in {best}, nor in any other encoding")
        )
    for rival in ranking:
        words = _differently_read(sample, best, rival)
        if words is not None:
            if scores[best] - scores[rival] > _NOT_MUCH_BETTER:
                break
            return Guess(
                best,
                f"it may as well be {rival}: {words[0]!r} in {best} is {words[1]!r} in {rival}",
            )
    return Guess(best, None)


def _places(
    counted: list[tuple[bytes, int]], common: int, of_each_letter: int
) -> list[tuple[bytes, float]]:
    """The commonest bytes beyond ASCII with their neighbours, and some of every such byte."""
    chosen: list[tuple[bytes, float]] = []
    of_the_letter: Counter[int] = Counter()
    for place, count in counted:
        of_the_letter[place[1]] += 1
        if len(chosen) < common or of_the_letter[place[1]] <= of_each_letter:
            # A name that comes a hundred times does not tell a hundred times as much.
            chosen.append((place, count**0.5))
    return chosen


def _small_after_capital(sample: bytes) -> float:
    """Which share of the letters after a capital are small, among those of ASCII."""
    small_ones, capitals = len(_THEN_SMALL.findall(sample)), len(_THEN_CAPITAL.findall(sample))
    return (small_ones + 1) / (small_ones + capitals + 2)


@cache
def _characters(encoding: str) -> tuple[str, ...]:
    """What each byte is; the replacement character where it is nothing."""
    return tuple(bytes([byte]).decode(encoding, "replace") for byte in range(256))


def _score(encoding: str, places: list[tuple[bytes, float]], cases: dict[Case, float]) -> float:
    """The logarithm of how likely the places are, if the list mixes the encoding's languages."""
    handicap, languages = _ENCODINGS[encoding]
    characters = _characters(encoding)
    models = [letters_of(language) for language in languages]
    score = handicap
    rows: list[tuple[float, list[float]]] = []
    for place, weight in places:
        before, letter, after = (characters[byte] for byte in place)
        place_in_small = _neighbour(before) + small(letter) + _neighbour(after)
        likelihoods = [model.log_likelihood(place_in_small) for model in models]
        highest = max(likelihoods)
        score += weight * (cases[case_of(before, letter, after)] + highest)
        rows.append((weight, [exp(value - highest) for value in likelihoods]))
    # Which languages there are, and how much of each, is found in a few rounds.
    shares = [1 / len(models)] * len(models)
    total = sum(weight for weight, _ in rows)
    mixed = 0.0
    for _ in range(_ROUNDS):
        found = [0.5 / len(models)] * len(models)
        mixed = 0.0
        for weight, likelihoods in rows:
            parts = [share * value for share, value in zip(shares, likelihoods, strict=True)]
            whole = sum(parts)
            mixed += weight * log(whole)
            factor = weight / whole
            found = [one + part * factor for one, part in zip(found, parts, strict=True)]
        shares = [one / (total + 0.5) for one in found]
    return score + mixed


@cache
def _neighbour(character: str) -> str:
    if character.isalpha():
        return small(character)
    return BORDER if character.isascii() or character in "\xa0’‘´–\u200e\u200f" else SYMBOL


def _differently_read(sample: bytes, one: str, other: str) -> tuple[str, str] | None:
    """A word that two encodings read differently, as both have it; None if they agree."""
    ones, others = _characters(one), _characters(other)
    differing = {byte for byte in range(128, 256) if ones[byte] != others[byte]}
    for word in _WORD.findall(sample):
        if not differing.isdisjoint(word):
            return word.decode(one, "replace"), word.decode(other, "replace")
    return None


def _first_that_reads_the_same(sample: bytes, encoding: str) -> str:
    """The most usual of the encodings that give the same text."""
    used = {byte for byte in sample if byte >= 0x80}
    meant = _characters(encoding)
    return next(
        name for name in _ENCODINGS if all(_characters(name)[byte] == meant[byte] for byte in used)
    )


def _vietnamese(sample: bytes) -> Guess | None:
    """Windows-1258, where each tone is a byte of its own behind its vowel; None if it is not."""
    tones = len(_TONE.findall(sample))
    if tones < _FEW_TONES or len(_VOWEL_WITH_TONE.findall(sample)) < _TONES_IN_THEIR_PLACE * tones:
        return None
    return Guess("windows-1258", None)


def _east_asian(sample: bytes) -> Guess | None:
    """The encoding of Chinese, Japanese or Korean text; None if it is none of these."""
    matches = list(from_bytes(sample, cp_isolation=_EAST_ASIAN))
    if not matches:
        return None
    best = matches[0]
    if sum(byte >= 0x80 for byte in sample) < _FEW_EAST_ASIAN_BYTES:
        return Guess(best.encoding, "it has very little text to tell by")
    if len(matches) > 1 and matches[1].chaos - best.chaos < _NOT_MUCH_MORE_CHAOS:
        return Guess(best.encoding, f"it may as well be {matches[1].encoding}")
    return Guess(best.encoding, None)
