import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import search


@pytest.mark.parametrize(
    ("hebrew", "latin"),
    [
        ("כהן", "Cohen"), ("לוי", "Levi"), ("מזרחי", "Mizrahi"), ("מזרחי", "Mizrachi"),
        ("משה", "Moshe"), ("דוד", "David"), ("רחל", "Rahel"), ("יצחק", "Yitzhak"),
        ("שרה", "Sarah"), ("אברהם", "Avraham"), ("פרידמן", "Friedman"), ("שפירא", "Shapira"),
        ("חיים", "Haim"), ("תמר", "Tamar"), ("שֹׁשַׁנָּה", "Shoshana"), ("גולן", "Golan"),
    ],
)  # fmt: skip
def test_a_name_is_found_across_scripts_both_ways(hebrew: str, latin: str) -> None:
    (hebrew_word,), (latin_word,) = search.words_of(hebrew), search.words_of(latin)
    assert set(search.name_keys(latin_word)) & set(search.name_keys(hebrew_word))


@pytest.mark.parametrize(("one", "other"), [("כהן", "Katz"), ("Levi", "Cohen"), ("דן", "Tom")])
def test_different_names_keep_different_keys(one: str, other: str) -> None:
    assert not set(search.name_keys(one.lower())) & set(search.name_keys(other.lower()))


@pytest.mark.parametrize(
    "typed", ["054-123 4567", "+972 54 123 4567", "00972541234567", "(054) 1234567"]
)
def test_every_way_to_type_a_phone_number_gives_the_same_digits(typed: str) -> None:
    assert "972541234567" in search.terms(typed)[0].prefixes


def test_an_address_is_one_term() -> None:
    assert search.terms("Dana.Levi@Example.com") == (search.Term(("dana.levi@example.com",)),)


def test_signs_inside_words_and_points_do_not_matter() -> None:
    assert search.words_of("O'Brien-Lévy") == ("obrien", "levy")
    assert search.words_of("Łukasz\u200f Strauß") == ("lukasz", "strauss")
    assert search.words_of("שָׁלוֹם בע״מ") == ("שלום", "בעמ")


@pytest.mark.parametrize("empty", ["", "   ", "%", "'; --", "🙂", "@", "...", "\x00"])
def test_a_query_without_letters_or_digits_asks_for_nothing(empty: str) -> None:
    assert search.terms(empty) == ()


@given(st.text(max_size=400))
def test_any_text_can_be_searched_for(text: str) -> None:
    for term in search.terms(text):
        assert term.prefixes
        assert all(term.prefixes)
        assert all(term.keys)


def test_a_very_long_query_is_cut() -> None:
    assert len(search.terms("word " * 10_000)) == search.MOST_TERMS
