"""Cities, streets, postcodes and telephone numbers, valid for their countries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from .names import Pool, read_table

CALLING_CODES = {"IL": "972", "US": "1", "GB": "44", "DE": "49", "FR": "33"}


@dataclass(frozen=True, slots=True)
class City:
    """A city, its spellings, its telephone area code and the first characters of its postcodes."""

    weight: float
    country: str
    name: str
    latin: tuple[str, ...]
    region: str
    area_code: str
    postcode_prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives. `city` and `street` are places in the country's lists."""

    country: str
    city: int
    street: int
    house: int
    flat: int
    postcode: str


@cache
def cities(country: str) -> Pool[City]:
    """Return the cities of a country (ISO code)."""
    return Pool(
        [
            City(
                float(row["weight"]),
                country,
                row["city"],
                tuple(row["latin"].split("/")),
                row["region"],
                row["area_code"],
                tuple(row["postcode_prefixes"].split(" ")),
            )
            for row in read_table("cities.tsv")
            if row["country"] == country
        ]
    )


@cache
def streets(country: str) -> tuple[tuple[str, str], ...]:
    """Return the street names of a country as (local, Latin)."""
    return tuple(
        (row["street"], row["latin"])
        for row in read_table("streets.tsv")
        if row["country"] == country
    )


def _digits(rng: Random, count: int) -> str:
    return str(int(rng.random() * 10**count)).zfill(count)


def _postcode(rng: Random, city: City) -> str:
    prefix = city.postcode_prefixes[int(rng.random() * len(city.postcode_prefixes))]
    if city.country == "IL":
        return prefix + _digits(rng, 7 - len(prefix))
    if city.country == "GB":
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        unit = letters[int(rng.random() * 20)] + letters[int(rng.random() * 20)]
        return f"{prefix}{1 + int(rng.random() * 20)} {int(rng.random() * 10)}{unit}"
    return prefix + _digits(rng, 5 - len(prefix))


def draw_address(rng: Random, country: str, city: int | None = None) -> Address:
    """Draw an address in a country, in a given city if one is named."""
    pool = cities(country)
    if city is None:
        city = pool.number(pool.draw(rng))
    return Address(
        country,
        city,
        int(rng.random() * len(streets(country))),
        1 + int(rng.random() ** 2 * 140),
        1 + int(rng.random() * 24) if rng.random() < 0.6 else 0,
        _postcode(rng, pool.entries[city]),
    )


_MOBILE = {
    "IL": ("50", "52", "53", "54"),
    "GB": ("780", "781", "784", "785", "786", "787", "788", "789"),
    "DE": ("170", "171", "172", "175", "176", "177", "178", "179"),
    "FR": ("60", "61", "62", "66", "67"),
}
_MOBILE_LENGTH = {"IL": 9, "GB": 10, "DE": 10, "FR": 9}


def draw_mobile(rng: Random, city: City) -> str:
    """Draw a valid mobile number in E.164."""
    country = city.country
    if country == "US":
        return _north_american(rng, city.area_code)
    prefixes = _MOBILE[country]
    prefix = prefixes[int(rng.random() * len(prefixes))]
    # Subscriber parts that start with 2 to 8 lie inside the ranges in use everywhere here.
    rest = str(2 + int(rng.random() * 7)) + _digits(rng, _MOBILE_LENGTH[country] - len(prefix) - 1)
    return f"+{CALLING_CODES[country]}{prefix}{rest}"


def draw_landline(rng: Random, city: City) -> str:
    """Draw a valid fixed-line number in E.164 (for the US, one more local number)."""
    country = city.country
    if country == "US":
        return _north_american(rng, city.area_code)
    area = city.area_code.removeprefix("0")
    if country == "IL":
        return f"+972{area}{5 + int(rng.random() * 4)}{_digits(rng, 6)}"
    if country == "GB":
        start = {"20": "7", "29": "2"}.get(area, "")
        return f"+44{area}{start or '2'}{_digits(rng, 10 - len(area) - 1)}"
    if country == "DE":
        return f"+49{area}{2 + int(rng.random() * 7)}{_digits(rng, 9 - len(area))}"
    return f"+33{area}{2 + int(rng.random() * 4)}{_digits(rng, 7)}"


def _north_american(rng: Random, area: str) -> str:
    # An exchange is NXX, never N11 (those are service codes), and 555 is reserved.
    exchange = 200 + int(rng.random() * 800)
    if exchange % 100 == 11 or exchange == 555:
        exchange += 1
    return f"+1{area}{exchange}{_digits(rng, 4)}"
