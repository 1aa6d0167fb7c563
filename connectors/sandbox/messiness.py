"""How a system sees a person: which of their details it has, in which script, and how wrong.

A `View` is what one record holds. `kinds` names every sort of mess that is in it, so that the
tests can show that each of them occurs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .places import Address, cities, streets
from .population import TITLES, Company, Person
from .spelling import email_typo, email_variant, phone_format, respell, typo


@dataclass(frozen=True, slots=True)
class Habit:
    """What a system tends to know. Every number is a chance."""

    hebrew: float
    work_email: float
    no_email: float
    no_phone: float
    address: float
    company: float
    e164: float
    birth_date: float


HABITS = {
    "stripe": Habit(0.15, 0.25, 0.04, 0.45, 0.75, 0.15, 0.6, 0.0),
    "zendesk": Habit(0.6, 0.45, 0.07, 0.4, 0.0, 0.0, 0.3, 0.0),
    "mailchimp": Habit(0.45, 0.15, 0.0, 0.55, 0.35, 0.3, 0.2, 0.25),
    "hubspot": Habit(0.55, 0.6, 0.08, 0.25, 0.55, 0.9, 0.25, 0.15),
}


@dataclass(slots=True)
class View:
    """One record's idea of a person; empty text where it has none."""

    given: str = ""
    family: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    flat: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    company: str = ""
    title: str = ""
    birth_date: str = ""
    language: str = "en"
    mailbox: str = ""  # the mailbox behind `email`, however it is spelled
    number: str = ""  # E.164 of `phone`
    full_name: bool = True  # given and family are both there and not just initials
    kinds: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Given and family name, as they stand."""
        return f"{self.given} {self.family}".strip()


class Clerk:
    """Writes people down."""

    def __init__(self, rng: Random, companies: dict[int, Company]) -> None:
        self._rng = rng
        self._companies = companies

    def view(self, person: Person, system: str, when: int) -> View:
        """Return what a system noted about a person at a time (epoch seconds)."""
        rng, habit = self._rng, HABITS[system]
        view = View()
        company = self._companies.get(person.company)
        hebrew = person.origin == "il" and rng.random() < habit.hebrew
        view.language = "he" if hebrew or (person.origin == "il" and rng.random() < 0.5) else "en"
        if person.origin == "de":
            view.language = "de"
        self._name(view, person, hebrew)
        self._email(view, person, habit, company)
        if rng.random() < habit.address:
            address = person.address
            if person.old_address and when < person.moved_at:
                address = person.old_address
            elif person.old_address and rng.random() < 0.25:
                address = person.old_address  # nobody told them
            write_address(view, address, hebrew, rng)
            if address is person.old_address:
                view.kinds.add("moved_house")
        self._phone(view, person, habit, company)
        if company and rng.random() < habit.company:
            view.company = company.name if hebrew else company.latin
            if rng.random() < 0.2:
                view.company = view.company.rsplit(" ", 1)[0]
                view.kinds.add("company_short_name")
            view.title = TITLES[person.title][0 if hebrew else 1]
        if rng.random() < habit.birth_date:
            view.birth_date = person.birth_date
        if hebrew:
            view.kinds.add("hebrew")
        return view

    def _name(self, view: View, person: Person, hebrew: bool) -> None:
        rng = self._rng
        given, family = person.given_name(), person.family_name()
        if person.maiden >= 0 and rng.random() < 0.4:
            from .names import name_pools

            maiden = name_pools(person.origin).family.entries[person.maiden]
            if rng.random() < 0.3:
                view.kinds.add("double_name")
                first, second = (maiden, family)
                view.family = (
                    f"{first.hebrew}-{second.hebrew}"
                    if hebrew
                    else f"{first.latin[0]}-{second.latin[0]}"
                )
            else:
                family = maiden
                view.kinds.add("married_name")
        if not view.family:
            spellings = family.latin
            own = person.family_spelling % len(spellings)
            if rng.random() < 0.12 and len(spellings) > 1:
                own += 1
                view.kinds.add("latin_spelling")
            view.family = family.hebrew if hebrew else spellings[own % len(spellings)]
        spellings = given.latin
        view.given = given.hebrew if hebrew else spellings[person.given_spelling % len(spellings)]
        draw = rng.random()
        if draw < 0.2 and given.nicknames:
            nickname = given.nicknames[int(rng.random() * len(given.nicknames))]
            view.given = nickname[0] if hebrew else nickname[1]
            view.kinds.add("nickname")
        elif 0.2 <= draw < 0.235:
            view.given = view.given[0] + ("׳" if hebrew else ".")
            view.full_name = False
            view.kinds.add("initial")
        elif 0.235 <= draw < 0.255:
            view.given = typo(rng, view.given)
            view.kinds.add("typo")
        elif 0.255 <= draw < 0.275 and not hebrew:
            view.given = respell(rng, view.given)
        draw = rng.random()
        if draw < 0.03:
            view.family = typo(rng, view.family)
            view.kinds.add("typo")
        elif draw < 0.05:
            view.given, view.family = view.family, view.given
            view.kinds.add("swapped_names")
        elif draw < 0.075:
            view.family = ""
            view.full_name = False
            view.kinds.add("missing_family_name")
        elif draw < 0.085:
            view.given = view.family = ""
            view.full_name = False
            view.kinds.add("missing_name")
        elif draw < 0.11 and not hebrew:
            upper = rng.random() < 0.5
            view.given = view.given.upper() if upper else view.given.lower()
            view.family = view.family.upper() if upper else view.family.lower()
            view.kinds.add("letter_case")

    def _email(self, view: View, person: Person, habit: Habit, company: Company | None) -> None:
        rng = self._rng
        if rng.random() < habit.no_email:
            view.kinds.add("missing_email")
            return
        draw = rng.random()
        if person.work_email and (draw < habit.work_email or not person.emails):
            email = person.work_email
            view.kinds.add("work_email")
        elif person.household_email and (rng.random() < 0.26 or not person.emails):
            email = person.household_email
            view.kinds.add("household_email")
        elif person.emails:
            email = person.emails[-1 if rng.random() < 0.3 else 0]
            if email != person.emails[0]:
                view.kinds.add("second_email")
        else:
            view.kinds.add("missing_email")
            return
        if company and rng.random() < 0.025:
            email = company.role_mailbox
            view.kinds.add("role_mailbox_of_person")
        write_email(view, email, rng)

    def _phone(self, view: View, person: Person, habit: Habit, company: Company | None) -> None:
        rng = self._rng
        if rng.random() < habit.no_phone:
            view.kinds.add("missing_phone")
            return
        number = person.mobile
        if person.landline and (not number or rng.random() < 0.19):
            number = person.landline
            view.kinds.add("household_phone")
        elif company and rng.random() < 0.05:
            number = company.phone
            view.kinds.add("office_phone")
        if number:
            write_phone(view, number, person.country, rng, habit.e164)

    def connect(
        self, view: View, person: Person, earlier: list[View], system: str, by_email: bool = True
    ) -> None:
        """See to it that a record shares something telling with an earlier one of the same person.

        Real records nearly always do; one in sixty here is left alone, as no matcher could find it.
        """
        if not earlier or any(_tells(view, other) for other in earlier):
            return
        rng = self._rng
        if rng.random() < 1 / 60:
            view.kinds.add("unlinkable")
            return
        other = earlier[int(rng.random() * len(earlier))]
        personal = {person.mobile, *person.emails, person.work_email}
        if other.number in personal and other.number and rng.random() < 0.6:
            write_phone(view, other.number, person.country, rng, HABITS[system].e164)
        elif by_email and other.mailbox in personal and other.mailbox:
            write_email(view, other.mailbox, rng)
        elif person.mobile:
            write_phone(view, person.mobile, person.country, rng, HABITS[system].e164)
            write_phone(other, person.mobile, person.country, rng, 1.0)
        else:
            address = person.address
            for each in (view, other):
                write_address(each, address, False, rng)


def _tells(one: View, other: View) -> bool:
    if one.mailbox and one.mailbox == other.mailbox:
        return True
    if one.number and one.number == other.number:
        return True
    if not (one.full_name and other.full_name):
        return False
    changed = {"married_name", "double_name"}
    if bool(one.kinds & changed) != bool(other.kinds & changed):
        return False
    return bool(
        (one.postcode and one.postcode == other.postcode)
        or (one.company and one.company == other.company)
    )


def write_email(view: View, email: str, rng: Random) -> None:
    """Write an address into a view, sometimes in another spelling, rarely a wrong one."""
    view.email = view.mailbox = email
    draw = rng.random()
    if draw < 0.1:
        view.email, kind = email_variant(rng, email)
        view.kinds.add(kind)
    elif draw < 0.115:
        view.email = email_typo(rng, email)
        if view.email != email:
            view.mailbox = ""
            view.kinds.add("email_typo")


def write_phone(view: View, number: str, country: str, rng: Random, plain: float) -> None:
    """Write a number into a view, in one of its country's usual formats."""
    view.number = number
    # Where nothing tells the country, people abroad write their number with it.
    alone = not view.country and country not in ("IL", "US")
    view.phone = phone_format(rng, number, country, plain, alone)
    if view.phone != number:
        view.kinds.add("phone_format")


def write_address(view: View, address: Address, hebrew: bool, rng: Random) -> None:
    """Write an address into a view, in one script, with the postcode now and then left out."""
    city = cities(address.country).entries[address.city]
    local, latin = streets(address.country)[address.street]
    spellings = city.latin
    view.city = city.name if hebrew else spellings[int(rng.random() ** 2 * len(spellings))]
    street = local if hebrew else latin
    if address.country in ("US", "GB"):
        view.street = f"{address.house} {street}"
    else:
        view.street = f"{street} {address.house}"
    if address.flat and rng.random() < 0.7:
        view.flat = f"דירה {address.flat}" if hebrew else f"Apt {address.flat}"
    view.region = city.region
    view.postcode = address.postcode if rng.random() < 0.85 else ""
    if not view.postcode:
        view.kinds.add("missing_postcode")
    view.country = address.country


def mailbox_view(company: Company, rng: Random, system: str) -> View:
    """Return how a system sees a company's role mailbox, which is nobody's own."""
    view = View(
        family=company.latin if rng.random() < 0.6 else company.name,
        email=company.role_mailbox,
        mailbox=company.role_mailbox,
        company=company.latin,
    )
    if rng.random() < 0.5:
        write_phone(view, company.phone, company.country, rng, HABITS[system].e164)
    if system != "zendesk":
        write_address(view, company.address, False, rng)
    view.kinds.add("role_mailbox")
    return view
