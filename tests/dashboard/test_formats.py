from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dashboard.formats import Formats, phone_text

MOMENT = datetime(2026, 3, 5, 22, 30)
ENGLISH = Formats("en", now=lambda: datetime(2026, 3, 6, 1, 30, tzinfo=UTC))
HEBREW = Formats("he", ZoneInfo("Asia/Jerusalem"), now=ENGLISH.now)


def test_a_moment_is_told_in_the_readers_time_zone() -> None:
    assert ENGLISH.moment(MOMENT) == "5 Mar 2026, 22:30"
    assert HEBREW.moment(MOMENT) == "6 מרץ 2026, 00:30"


def test_a_date_without_a_time_stays_that_day_everywhere() -> None:
    assert HEBREW.day(date(1984, 2, 29)) == "29 פבר׳ 1984"


def test_money_is_written_with_its_currency_and_its_decimals() -> None:
    assert ENGLISH.money(Decimal("1234.5"), "usd") == "$1,234.50"
    assert ENGLISH.money(Decimal("1234"), "jpy") == "¥1,234"
    assert "₪" in HEBREW.money(Decimal("-200"), "ils")
    assert ENGLISH.money(Decimal("5"), None) == "5.00"


def test_only_what_is_certain_shows_as_a_hundred_percent() -> None:
    assert ENGLISH.percent(0.99999) == "99.9%"
    assert ENGLISH.percent(0.996) == "99%"
    assert ENGLISH.percent(1) == "100%"
    assert ENGLISH.percent(0.5) == "50%"


@pytest.mark.parametrize(
    ("stored", "english", "hebrew"),
    [
        ("1984-02-29", "29 Feb 1984", "29 פבר׳ 1984"),
        ("02/29", "29 Feb", "29 פבר׳"),
        ("13/45", "13/45", "13/45"),
        ("unknown", "unknown", "unknown"),
    ],
)
def test_birth_dates_and_birthdays_are_written_as_readers_do(
    stored: str, english: str, hebrew: str
) -> None:
    assert ENGLISH.date_text(stored) == english
    assert HEBREW.date_text(stored) == hebrew


def test_how_long_ago_is_told_in_words() -> None:
    assert ENGLISH.ago(MOMENT) == "3 hours ago"
    assert HEBREW.ago(MOMENT) == "לפני 3 שעות"


@pytest.mark.parametrize("text", ["", "*6911", "javascript:alert(1)", "+", "+99", "٠٥٠"])
def test_what_is_no_phone_number_comes_back_as_it_is(text: str) -> None:
    assert phone_text(text) == text


def test_a_phone_number_is_grouped() -> None:
    assert phone_text("+972541234567") == "+972 54-123-4567"


def test_codes_of_countries_and_languages_become_names() -> None:
    assert ENGLISH.country("il") == "Israel"
    assert HEBREW.country("IL") == "ישראל"
    assert HEBREW.country(" israel ") == "ישראל"
    assert ENGLISH.country("גרמניה") == "Germany"
    assert ENGLISH.country("<b>") == "<b>"
    assert HEBREW.language_name("en-GB") == "אנגלית"
    assert ENGLISH.language_name("<i>") == "<i>"
