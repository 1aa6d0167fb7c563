"""The country of what names none: whose telephone numbers those without a calling code are."""

from __future__ import annotations

import csv
from functools import cache

from kesher.dbt_run import DBT_PROJECT

#: dbt's variable for it, and that of the connection on which `kesher match` runs the models.
HOME_COUNTRY = "identity_home_country"

#: What it is unless told otherwise; the macro `home_country` says so too.
DEFAULT_HOME_COUNTRY = "IL"

_CALLING_CODES = DBT_PROJECT / "seeds" / "identity" / "identity_calling_codes.csv"


@cache
def known_countries() -> frozenset[str]:
    """Return the countries whose telephone numbers the identity models can read, in two letters."""
    with _CALLING_CODES.open(encoding="utf-8", newline="") as file:
        return frozenset(row["country"] for row in csv.DictReader(file))


def country_problem(country: str) -> str | None:
    """Say what is wrong with a country as it is written in the configuration; None if nothing is.

    It is to stand behind `found ...; expected `.
    """
    if country in known_countries():
        return None
    hint = ""
    if country.upper() in known_countries():
        hint = f" (did you mean {country.upper()}?)"
    elif country.upper() == "UK":
        hint = " (did you mean GB?)"
    return f"a country in two capital letters, such as IL, US or GB{hint}"
