"""Dates, numbers and money as a reader of each language writes them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

import phonenumbers
from babel import Locale, dates, numbers

_LOCALES = {"en": "en_US", "he": "he_IL"}
_COUNTRY_CODE_LENGTH = 2
_NEARLY_WHOLE = 0.999
_BIRTHDAY = re.compile(r"(\d{2})/(\d{2})", re.ASCII)


@lru_cache(maxsize=8)
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES[language])


@lru_cache(maxsize=1)
def _country_codes() -> dict[str, str]:
    """Codes of countries by their names in every language of the dashboard."""
    return {
        name.casefold(): code
        for language in _LOCALES
        for code, name in _locale(language).territories.items()
        if len(code) == _COUNTRY_CODE_LENGTH
    }


def country_code(text: str) -> str:
    """The ISO 3166 code of a country that systems write as `IL` or as `Israel`."""
    plain = text.strip()
    if len(plain) == _COUNTRY_CODE_LENGTH:
        return plain.upper()
    return _country_codes().get(plain.casefold(), plain)


def phone_text(phone: str) -> str:
    """`+972501234567` in groups of digits; what is no phone number comes back as it is."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


@dataclass(frozen=True)
class Formats:
    """How one reader sees values.

    Attributes:
        language: `en` or `he`.
        zone: The reader's time zone; stored times are UTC without a zone.
        now: Gives the present time; a test passes its own.
    """

    language: str
    zone: tzinfo = UTC
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def _local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(self.zone)

    def day(self, moment: datetime | date) -> str:
        """`5 Mar 2026`; a date without a time belongs to no time zone."""
        value = self._local(moment) if isinstance(moment, datetime) else moment
        return dates.format_date(value, format="d MMM y", locale=_locale(self.language))

    def date_text(self, text: str) -> str:
        """A date stored as `1984-02-29`, or a birthday stored as `02/29` (month first).

        Other texts come back as they are.
        """
        try:
            if birthday := _BIRTHDAY.fullmatch(text):
                # A leap year, since every birthday must be in it.
                leap = date(2000, int(birthday[1]), int(birthday[2]))
                return dates.format_date(leap, format="d MMM", locale=_locale(self.language))
            return self.day(date.fromisoformat(text))
        except ValueError:
            return text

    def moment(self, moment: datetime) -> str:
        """`5 Mar 2026, 14:05` in the reader's time zone."""
        local = self._local(moment)
        return f"{self.day(moment)}, {local:%H:%M}"

    def month(self, moment: datetime | date) -> str:
        """`March 2026`."""
        value = self._local(moment) if isinstance(moment, datetime) else moment
        return dates.format_date(value, format="LLLL y", locale=_locale(self.language))

    def short_month(self, moment: date) -> str:
        """`Mar 26`."""
        return dates.format_date(moment, format="MMM yy", locale=_locale(self.language))

    def ago(self, moment: datetime) -> str:
        """`3 hours ago`, counted from now."""
        delta = self._local(moment) - self.now()
        return dates.format_timedelta(delta, add_direction=True, locale=_locale(self.language))

    def number(self, value: float | Decimal, digits: int = 0) -> str:
        """`12,345`, with as many decimal digits as asked for."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=_locale(self.language))

    def percent(self, share: float) -> str:
        """`93%`; only what is whole shows as 100%, and what nearly is as `99.9%`."""
        locale = _locale(self.language)
        if _NEARLY_WHOLE < share < 1:
            return numbers.format_percent(_NEARLY_WHOLE, format="#,##0.0%", locale=locale)
        return numbers.format_percent(min(share, 0.99) if share < 1 else 1.0, locale=locale)

    def money(self, amount: Decimal | float, currency: str | None) -> str:
        """`$1,234.50`; without a currency, the bare number."""
        if not currency:
            return self.number(amount, 2)
        return numbers.format_currency(amount, currency.upper(), locale=_locale(self.language))

    def country(self, text: str) -> str:
        """The name of a country that is told by code or by name; other texts come back."""
        return str(_locale(self.language).territories.get(country_code(text), text))

    def language_name(self, code: str) -> str:
        """The name of a language code such as `he` or `en-GB`; other texts come back."""
        head = code.replace("_", "-").split("-")[0].lower()
        return str(_locale(self.language).languages.get(head, code))
