"""What a reader typed, as tokens of the mart `customer_search_tokens`.

The rules are those of the dbt macros `plain_text` and `name_keys`, step by step; a test holds
them against the tokens of a real build.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

LONGEST_QUERY = 200
MOST_TERMS = 6
HOME_COUNTRY = "IL"

# Marks that no eye sees, as macros/identity/plain_text.sql has them.
_MARKS = "\x00-\x08\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_INVISIBLE = re.compile(f"[{_MARKS}]")
_SIGNS_INSIDE = re.compile(f"['’‘`´׳״\"“”{_MARKS}]")
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ª": "a", "º": "o"}
    | {"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th"}
)
_RESPELLED_GROUPS = (("ии", "y"), ("кс", "x"), ("ου", "ou"), ("لل", "ل"))
_RESPELLED_LETTERS = str.maketrans(
    dict.fromkeys("ъьءـ", "")
    | {
        letter: letters
        for alphabet, spelled in (
            (
                "абвгґдеєжзиіклмнопрстуфхцчшщыэюяјђћџљњѕќѓқғңөұүһә",
                "a b v g g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch y e yu ya"
                " j d c dz lj nj z k g k g n o u u h a",
            ),
            (
                "αβγδεζηθικλμνξοπρσςτυφχψω",
                "a v g d e z i th i k l m n x o p r s s t y f ch ps o",
            ),
            (
                "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةەپچڤگژکیہھےٹڈڑں",
                "א ב ת ת ג ח ח ד ד ר ז ס ש ס ד ט ז ע ג פ ק כ ל מ נ ה ו י ה ה ה"
                " פ ח ו ג ז כ י ה ה י ט ד ר נ",
            ),
        )
        for letter, letters in zip(alphabet, spelled.split(), strict=True)
    }
)
_WORD = re.compile(r"[^\W_]+")
_CUSTOMER_ID = re.compile(r"kc_\w+", re.IGNORECASE)
_PHONE = re.compile(r"[+*]?[\d\s().\-/]{5,}")

_DOUBLED = re.compile(r"([bcdfgklmnprstvz])\1")
_GROUPS = (
    ("x", "ks"), ("sch", "s"), ("tch", "H"), ("sh", "s"), ("ch", "H"), ("kh", "H"), ("ph", "f"),
    ("th", "t"), ("tz", "z"), ("ts", "z"), ("ck", "k"), ("qu", "k"), ("gh", "g"), ("ce", "se"),
    ("ci", "si"), ("cy", "sy"),
)  # fmt: skip
_NO_LETTER = re.compile("[^a-zHא-ת]")
_FIRST = str.maketrans(
    "aeiouyאעי" + "hHהח" + "vwוב" + "גjדזצץכךקcqטתלמםנןסשפףfר",
    "aaaaaaaaa" + "hhhh" + "bbbb" + "ggdzzzkkkkkttlmmnnsspppr",
)
_FURTHER = str.maketrans(
    "גjדזצץכךקcqHטתלמםנןסשפףfר" + "בח", "ggdzzzkkkkkkttlmmnnsspppr" + "bk", "aeiouyאהעיו"
)


@dataclass(frozen=True)
class Term:
    """One thing that a customer must match.

    Attributes:
        prefixes: Beginnings of tokens, any of which will do.
        keys: Whole tokens of the field `name_key`, any of which will do as well.
    """

    prefixes: tuple[str, ...]
    keys: tuple[str, ...] = ()


def without_accents(text: str) -> str:
    """Lower-case letters without accents and Hebrew points: `zoë` is `zoe`, `сергей` `sergei`."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(c for c in decomposed if not unicodedata.category(c).startswith("M"))
    plain = unicodedata.normalize("NFC", bare).translate(_LETTERS)
    for group, letters in _RESPELLED_GROUPS:
        plain = plain.replace(group, letters)
    return plain.translate(_RESPELLED_LETTERS)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as tokens hold them: `O'Brien-Levy` is `obrien` and `levy`."""
    plain = _SIGNS_INSIDE.sub("", without_accents(text[:LONGEST_QUERY].lower()))
    return tuple(_WORD.findall(plain))


def _consonants(word: str) -> str:
    text = _DOUBLED.sub(r"\1", word[:60])
    for group, letter in _GROUPS:
        text = text.replace(group, letter)
    return _NO_LETTER.sub("", text)


def _key(word: str, v: str, h: str) -> str:
    text = _consonants(word)
    rest = re.sub("[vw]", v, text[1:]).replace("h", h)
    return text[:1].translate(_FIRST) + rest.translate(_FURTHER)


def name_keys(word: str) -> tuple[str, ...]:
    """A name's consonants, the same in both scripts: `כהן` and `cohen` both have `kn`.

    Latin spelling does not tell a ו from a ב nor a ה from a ח, so a name has a key for each.

    Args:
        word: One word, in lower case and without accents.
    """
    keys = (_key(word, v, h) for h in ("", "k") for v in ("", "b"))
    return tuple(key for key in dict.fromkeys(keys) if key)


def phone_digits(text: str) -> tuple[str, ...]:
    """The digits of a telephone number as E.164 has them, and as they were typed."""
    typed = re.sub(r"\D", "", text)
    try:
        number = phonenumbers.parse(text, HOME_COUNTRY)
    except phonenumbers.NumberParseException:
        return (typed,)
    return tuple(dict.fromkeys((f"{number.country_code}{number.national_number}", typed)))


def terms(query: str) -> tuple[Term, ...]:
    """Read a query.

    Args:
        query: What was typed; anything at all.

    Returns:
        What a customer must match, all of it; nothing when the query holds no letter or digit.
    """
    text = _INVISIBLE.sub("", query[:LONGEST_QUERY]).strip()
    if _PHONE.fullmatch(text) and sum(c.isdigit() for c in text) >= 5:
        return (Term(phone_digits(text)),)
    found: list[Term] = []
    for part in text.split():
        if part.find("@") > 0 or _CUSTOMER_ID.fullmatch(part):
            found.append(Term((part.lower(),)))
            continue
        for word in words_of(part):
            sounds = len(word) > 1 and word.isalpha()
            found.append(Term((word,), name_keys(word) if sounds else ()))
    return tuple(found[:MOST_TERMS])
