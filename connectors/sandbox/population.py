"""The people: who they are, where they live, whom they live with and work for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

from .behaviour import BEHAVIOURS, draw_behaviour
from .names import FamilyName, GivenName, name_pools, read_table
from .places import Address, cities, draw_address, draw_landline, draw_mobile

CHUNK = 500  # people generated together: they share households, companies and one random sequence
PEOPLE_PER_COMPANY = 12
DAY = 86_400
_PROVIDERS = {
    "il": ("gmail.com",) * 6 + ("walla.co.il", "hotmail.com", "outlook.co.il", "yahoo.com"),
    "en": ("gmail.com",) * 5 + ("yahoo.com", "hotmail.com", "outlook.com", "icloud.com"),
    "de": ("gmail.com", "gmail.com", "gmx.de", "web.de", "t-online.de", "outlook.de"),
}
_ORIGINS = (("il", "IL", 0.55), ("en", "US", 0.77), ("en", "GB", 0.89), ("de", "DE", 0.97))
TITLES = (
    ("מנכ״ל", "CEO"),
    ("מנהלת רכש", "Purchasing Manager"),
    ("מנהל שיווק", "Marketing Manager"),
    ("חשבת", "Controller"),
    ("מפתח תוכנה", "Software Engineer"),
    ("מנהל מכירות", "Sales Director"),
    ("מנהלת משרד", "Office Manager"),
    ("אנליסטית", "Analyst"),
    ("מנהל מוצר", "Product Manager"),
    ("יועצת", "Consultant"),
)
INDUSTRIES = (
    "COMPUTER_SOFTWARE",
    "LOGISTICS_AND_SUPPLY_CHAIN",
    "FOOD_PRODUCTION",
    "DESIGN",
    "INSURANCE",
    "REAL_ESTATE",
    "RETAIL",
    "CONSTRUCTION",
)


@dataclass(slots=True)
class Company:
    """An employer; its office has one telephone and one role mailbox."""

    no: int
    country: str
    name: str
    latin: str
    domain: str
    industry: str
    employees: int
    address: Address
    phone: str
    founded: int
    role_mailbox: str


@dataclass(slots=True)
class Person:
    """A person as they are, before any system gets them wrong.

    Times are epoch seconds, 0 for never.
    """

    no: int
    sex: str
    origin: str
    given: int
    family: int
    given_spelling: int
    family_spelling: int
    maiden: int
    birth_date: str
    country: str
    address: Address
    old_address: Address | None
    moved_at: int
    emails: list[str]
    work_email: str
    household_email: str
    mobile: str
    landline: str
    company: int
    title: int
    behaviour: str
    joined: int
    left: int
    related: int = -1  # number of a relative with the same full name whose details may be mixed up
    records: list[list[Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The identity that the truth names."""
        return f"person-{self.no:07d}"

    def given_name(self) -> GivenName:
        """Return the given name with all its forms."""
        pools = name_pools(self.origin)
        return (pools.male if self.sex == "m" else pools.female).entries[self.given]

    def family_name(self) -> FamilyName:
        """Return the present family name with all its forms."""
        return name_pools(self.origin).family.entries[self.family]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Person:
        """Rebuild a person that the store kept."""
        data["address"] = Address(**data["address"])
        if data["old_address"]:
            data["old_address"] = Address(**data["old_address"])
        return cls(**data)


@cache
def _company_names(country: str) -> tuple[dict[str, str], ...]:
    return tuple(row for row in read_table("companies.tsv") if row["country"] == country)


def draw_company(rng: Random, no: int, start: int) -> Company:
    """Draw company number `no`; its name and domain are its own."""
    draw = rng.random()
    country = "IL" if draw < 0.56 else "US" if draw < 0.82 else "GB" if draw < 0.91 else "DE"
    names = _company_names(country)
    # 7919 is prime and larger than any list, so this visits every name before repeating one.
    row, lap = names[no * 7919 % len(names)], no // len(names)
    address = draw_address(rng, country)
    city = cities(country).entries[address.city]
    name, latin, domain = row["name"], row["latin"], row["domain"]
    if lap:
        label, _, ending = domain.partition(".")
        domain = f"{label}{lap + 1}.{ending}"
        name, latin = f"{name} {lap + 1}", f"{latin} {lap + 1}"
    return Company(
        no,
        country,
        name,
        latin,
        domain,
        INDUSTRIES[int(rng.random() * len(INDUSTRIES))],
        int(5 / (0.005 + rng.random() ** 2)),
        address,
        draw_landline(rng, city),
        start - int(rng.random() * 3000) * DAY,
        ("info", "office", "sales", "accounts", "contact")[int(rng.random() * 5)] + "@" + domain,
    )


def slug(text: str) -> str:
    """Return the lower-case ASCII letters of a Latin name, as e-mail addresses write it."""
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.lower().replace(letter, letters)
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum())


class Town:
    """Draws the people of one chunk, household by household."""

    def __init__(
        self, rng: Random, companies: list[Company], start: int, end: int, newcomers: bool = False
    ) -> None:
        self._rng = rng
        self._companies = companies
        self._start = start
        self._end = end
        self._newcomers = newcomers
        self._used: set[str] = set()
        self.people: list[Person] = []

    def settle(self, first_no: int, count: int) -> list[Person]:
        """Return `count` people numbered from `first_no`."""
        rng = self._rng
        while len(self.people) < count:
            left = count - len(self.people)
            draw = rng.random()
            size = 1 if draw < 0.56 else 2 if draw < 0.86 else 3 if draw < 0.95 else 4
            self._household(first_no + len(self.people), min(size, left))
        if count >= 40 and not any(person.related >= 0 for person in self.people):
            self._junior()
        return self.people

    def _junior(self) -> None:
        """Give somebody the full name of the elder they live with; every town has such a pair."""
        for elder, person in pairwise(self.people):
            if elder.address == person.address and elder.emails and elder.mobile:
                person.sex, person.given, person.family = elder.sex, elder.given, elder.family
                person.related, person.maiden, person.company = elder.no, -1, -1
                person.birth_date = f"{int(elder.birth_date[:4]) + 27}{person.birth_date[4:]}"
                person.emails, person.work_email = [], ""
                self._mailboxes(person)
                return

    def _household(self, no: int, size: int) -> None:
        rng = self._rng
        draw = rng.random()
        origin, country = next(
            ((origin, country) for origin, country, limit in _ORIGINS if draw < limit),
            ("en", "FR"),
        )
        pools = name_pools(origin)
        address = draw_address(rng, country)
        city = cities(country).entries[address.city]
        landline = draw_landline(rng, city) if rng.random() < (0.25 if size == 1 else 0.6) else ""
        family = pools.family.number(pools.family.draw(rng))
        mailbox = ""
        if size > 1 and rng.random() < 0.35:
            name = slug(pools.family.entries[family].latin[0])
            mailbox = f"{name}.family{no}@{self._provider(origin)}"
        first: Person | None = None
        for place in range(size):
            sex = "m" if rng.random() < 0.5 else "f"
            if place == 1 and first is not None and rng.random() < 0.93:
                sex = "f" if first.sex == "m" else "m"
            given_pool = pools.male if sex == "m" else pools.female
            given = given_pool.number(given_pool.draw(rng))
            own_family, maiden = family, -1
            if place == 1 and sex == "f":
                draw = rng.random()
                if draw < 0.25:  # kept her own name
                    own_family = pools.family.number(pools.family.draw(rng))
                elif draw < 0.5:  # took his within living memory of some system
                    maiden = pools.family.number(pools.family.draw(rng))
            adult = place < 2
            born = 1945 + int(rng.random() * 58) if first is None else int(first.birth_date[:4])
            if first is not None and adult:
                born = min(2005, max(1940, born + int(rng.random() * 9) - 4))
            elif not adult:
                born = min(2006, born + 22 + int(rng.random() * 12))
            person = Person(
                no=no + place,
                sex=sex,
                origin=origin,
                given=given,
                family=own_family,
                given_spelling=0 if rng.random() < 0.75 else 1,
                family_spelling=0 if rng.random() < 0.75 else 1,
                maiden=maiden,
                birth_date=(
                    f"{born}-{1 + int(rng.random() * 12):02d}-{1 + int(rng.random() * 28):02d}"
                ),
                country=country,
                address=address,
                old_address=None,
                moved_at=0,
                emails=[],
                work_email="",
                household_email=mailbox,
                mobile=draw_mobile(rng, city) if rng.random() < 0.97 or not landline else "",
                landline=landline,
                company=-1,
                title=int(rng.random() * len(TITLES)),
                behaviour=draw_behaviour(rng),
                joined=0,
                left=0,
            )
            if not adult and first is not None and sex == first.sex and rng.random() < 0.1:
                person.given, person.related = first.given, first.no  # a Junior
                person.family = first.family
            self._namesake(person)
            self._move(person)
            self._stay(person)
            self._work(person)
            self._mailboxes(person)
            self.people.append(person)
            first = first or person

    def _namesake(self, person: Person) -> None:
        rng = self._rng
        if not self.people or person.related >= 0 or rng.random() >= 0.02:
            return
        other = self.people[int(rng.random() * len(self.people))]
        if other.origin == person.origin and other.sex == person.sex:
            person.given, person.family = other.given, other.family
            if other.country == person.country and rng.random() < 0.4:
                person.address = draw_address(rng, other.country, other.address.city)

    def _move(self, person: Person) -> None:
        rng = self._rng
        if rng.random() < 0.12:
            same_city = person.address.city if rng.random() < 0.5 else None
            person.old_address = draw_address(rng, person.country, same_city)
            person.moved_at = self._start + int(rng.random() * (self._end - self._start))

    def _stay(self, person: Person) -> None:
        rng = self._rng
        span = self._end - self._start
        # More people come in later months than in earlier ones; some were there from the start.
        share = rng.random() if self._newcomers else rng.random() ** 0.8 * 1.15 - 0.15
        share = share if share > 0 else rng.random() * 0.02
        person.joined = self._start + int(share * span * 0.985)
        stay = BEHAVIOURS[person.behaviour].stay_days
        if stay:
            person.left = person.joined + int(rng.expovariate(1 / stay) + 45) * DAY

    def _work(self, person: Person) -> None:
        rng = self._rng
        if rng.random() >= 0.5:
            return
        local = [c for c in self._companies if c.country == person.country]
        if not local:
            return
        company = local[int(rng.random() ** 1.7 * len(local))]
        person.company = company.no
        if rng.random() < 0.85:
            given, family = self._latin(person)
            for name in (f"{given}.{family}", f"{given[:1]}{family}", f"{family}{person.no}"):
                email = f"{name}@{company.domain}"
                if email not in self._used and (name != f"{given}.{family}" or rng.random() < 0.7):
                    self._used.add(email)
                    person.work_email = email
                    break

    def _latin(self, person: Person) -> tuple[str, str]:
        given, family = person.given_name().latin, person.family_name().latin
        return (
            slug(given[person.given_spelling % len(given)]),
            slug(family[person.family_spelling % len(family)]),
        )

    def _provider(self, origin: str) -> str:
        providers = _PROVIDERS[origin]
        return providers[int(self._rng.random() * len(providers))]

    def _mailboxes(self, person: Person) -> None:
        rng = self._rng
        if rng.random() < 0.06 and (person.work_email or person.household_email):
            return
        given, family = self._latin(person)
        draw = rng.random()
        local = (
            f"{given}.{family}{person.no}"
            if draw < 0.4
            else f"{given[:1]}{family}{person.no}"
            if draw < 0.6
            else f"{given}{person.no}{family[:3]}"
            if draw < 0.8
            else f"{family}.{given}{person.no}"
        )
        provider = self._provider(person.origin)
        person.emails.append(f"{local}@{provider}")
        if rng.random() < 0.3:
            second = self._provider(person.origin)
            if second == provider or rng.random() < 0.5:
                local = f"{given}{family[:1]}.{person.birth_date[2:4]}.{person.no}"
            person.emails.append(f"{local}@{second}")
