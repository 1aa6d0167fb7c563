"""Who is known where: the records of a person in the systems, and what each of them says."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from .behaviour import BEHAVIOURS, Behaviour
from .calendar_time import DAY
from .hubspot_objects import CONTACT_BASE
from .ids import email_hash, token
from .mailchimp_objects import LISTS, Campaign, Leaving, draw_leaving
from .messiness import Clerk, View, mailbox_view, write_address, write_email, write_phone
from .population import Company, Person
from .zendesk_objects import ORGANIZATION_BASE, USER_BASE, USERS_PER_PERSON

MAILBOX_NO = 4_000_000  # role mailboxes take numbers from here on, people below
_UNIQUE_EMAIL = ("zendesk", "mailchimp", "hubspot")  # these refuse a second record with one address


def mailbox_person_id(company: Company) -> str:
    """Return the identity of a company's role mailbox in the truth."""
    return f"mailbox-{company.no:06d}"


@dataclass(slots=True)
class Entry:
    """One record to be written: where, what it says, since when. Times are epoch seconds."""

    system: str
    view: View
    created: int
    place: int  # among the person's records in this system
    list_id: str = ""
    updated: int = 0  # stays what it is in billing, which keeps no such time
    organization: int = 0  # Zendesk's id of the employer; 0: not known there
    second_email: str = ""  # HubSpot's additional address
    leaving: Leaving | None = None  # how a member leaves a list, if they do


@dataclass(frozen=True, slots=True)
class Office:
    """A company in the systems: since when, where, and the records of its role mailbox."""

    company: Company
    created: int
    view: View
    in_zendesk: bool
    in_hubspot: bool
    holder: Person  # stands for whoever reads the role mailbox
    entries: list[Entry]


def record_id(no: int, entry: Entry) -> int | str:
    """Return the vendor's id of person number `no`'s record."""
    if entry.system == "stripe":
        return f"cus_{token('cus', no, entry.place, 14)}"
    if entry.system == "zendesk":
        return USER_BASE + no * USERS_PER_PERSON + entry.place
    if entry.system == "hubspot":
        return CONTACT_BASE + no * 16 + entry.place
    return f"{entry.list_id}:{email_hash(entry.view.email.strip())}"


def account_number(no: int, entry: Entry) -> int:
    """Return a number that no other billing account has."""
    return no * 4 + entry.place


def draw_later(rng: Random, when: int, days: int, end: int) -> int:
    """Draw a time after another one, `days` later on average and before the end."""
    later = when + int(rng.expovariate(1 / (days * DAY)))
    return later if later < end else when + int(rng.random() * (end - when))


class Registrar:
    """Enters the people of one chunk into the systems, between two times (epoch seconds)."""

    def __init__(
        self,
        rng: Random,
        companies: list[Company],
        campaigns: list[Campaign],
        start: int,
        end: int,
    ) -> None:
        self._rng = rng
        self._companies = {company.no: company for company in companies}
        self._campaigns = campaigns
        self._start = start
        self._end = end
        self._clerk = Clerk(rng, self._companies)
        self._taken: set[tuple[str, str]] = set()
        self._in_zendesk: set[int] = set()

    def offices(self) -> list[Office]:
        """Enter the companies and their role mailboxes; call it before any person of theirs."""
        return [self._office(company) for company in self._companies.values()]

    def _office(self, company: Company) -> Office:
        rng = self._rng
        created = self._start + int(rng.random() * (self._end - self._start) * 0.3)
        view = View()
        write_address(view, company.address, company.no % 2 == 1 and company.country == "IL", rng)
        in_zendesk, in_hubspot = rng.random() < 0.75, rng.random() < 0.85
        if in_zendesk:
            self._in_zendesk.add(company.no)
        holder, entries = _holder(company), []
        for system, chance in (
            ("zendesk", 0.3),
            ("hubspot", 0.2),
            ("stripe", 0.2),
            ("mailchimp", 0.25),
        ):
            if rng.random() < chance:
                mailbox = mailbox_view(company, rng, system)
                at = created + int(rng.random() * (self._end - created) * 0.8)
                entry = Entry(system, mailbox, at, 0, LISTS[0][0])
                if self._claim(entry):
                    self.complete(holder, entry, BEHAVIOURS["loyal"])
                    entries.append(entry)
        return Office(company, created, view, in_zendesk, in_hubspot, holder, entries)

    def entries(self, person: Person, relative: Person | None = None) -> list[Entry]:
        """Enter a person wherever they are known."""
        kind = BEHAVIOURS[person.behaviour]
        entries: list[Entry] = []
        for entry in self._plan(person, kind):
            self.fill(person, entry, [each.view for each in entries])
            if entry.system == "mailchimp" and not entry.view.email:
                continue
            entries.append(entry)
        if not entries:
            entry = Entry("stripe", View(), person.joined, 0)
            self.fill(person, entry, [])
            entries.append(entry)
        if relative and (relative.emails or relative.mobile) and self._rng.random() < 0.85:
            self._mix_up(relative, entries)
        for entry in entries:
            self.complete(person, entry, kind)
        return entries

    def _plan(self, person: Person, kind: Behaviour) -> list[Entry]:
        rng = self._rng
        problem, lead = person.behaviour == "problem", kind.pays == 0
        chances = {
            "hubspot": 0.95 if lead else 0.8 if person.company >= 0 else 0.5,
            "stripe": kind.pays,
            "mailchimp": 0.6 if person.emails or person.work_email else 0.0,
            "zendesk": 0.75 if problem else 0.15 if lead else 0.42,
        }
        entries: list[Entry] = []
        for system, chance in chances.items():
            if rng.random() >= chance:
                continue
            created = draw_later(rng, person.joined, 12, self._end)
            if system == "mailchimp":
                for place, (list_id, _, likely, _) in enumerate(LISTS):
                    if rng.random() < likely:
                        entries.append(Entry(system, View(), created, place, list_id))
                if rng.random() < 0.03:
                    later = draw_later(rng, created, 200, self._end)
                    entries.append(Entry(system, View(), later, 2, LISTS[0][0]))
                continue
            entries.append(Entry(system, View(), created, 0))
            if rng.random() < 0.055:
                entries.append(Entry(system, View(), draw_later(rng, created, 200, self._end), 1))
        return entries

    def fill(self, person: Person, entry: Entry, earlier: list[View]) -> None:
        """Make the record's view: told apart from others by its system, yet joined to its own."""
        rng = self._rng
        if entry.system == "mailchimp" and entry.place == 1 and earlier and rng.random() < 0.8:
            twin = next((view for view in reversed(earlier) if "mailchimp" in view.kinds), None)
            if twin:  # the same form filled the second list
                entry.view = View(**{name: getattr(twin, name) for name in View.__slots__})
                entry.view.kinds = set(twin.kinds)
                if self._claim(entry):
                    return
        view = entry.view = self._clerk.view(person, entry.system, entry.created)
        view.kinds.add(entry.system)
        if entry.place and entry.system != "mailchimp":
            view.kinds.add("duplicate")
        self._clerk.connect(view, person, earlier, entry.system)
        if entry.system == "mailchimp" and not view.email:
            self._any_email(person, view)
        if self._claim(entry):
            return
        if entry.system == "mailchimp":
            for email in (*person.emails, person.work_email):
                if email:
                    write_email(view, email, rng)
                    if self._claim(entry):
                        return
        view.email = view.mailbox = ""
        view.kinds.add("missing_email")
        self._clerk.connect(view, person, earlier, entry.system, by_email=False)

    def complete(self, person: Person, entry: Entry, kind: Behaviour) -> None:
        """Decide what else the record says: its last change, the employer, a second address."""
        rng = self._rng
        entry.updated = entry.created
        if entry.system == "stripe":
            return
        if rng.random() < 0.4:
            entry.updated += int(rng.random() * (self._end - 1 - entry.created))
        if entry.system == "zendesk":
            if person.company in self._in_zendesk and rng.random() >= 0.25:
                entry.organization = ORGANIZATION_BASE + person.company
        elif entry.system == "mailchimp":
            campaigns = [each for each in self._campaigns if each.list_id == entry.list_id]
            entry.leaving = draw_leaving(rng, campaigns, kind, entry.created, self._end)
            if entry.leaving:
                entry.updated = max(entry.updated, entry.leaving.when)
        elif person.emails and person.work_email and rng.random() < 0.1:
            entry.second_email = next(
                (
                    email
                    for email in (person.work_email, *person.emails)
                    if email != entry.view.mailbox
                ),
                "",
            )

    def _any_email(self, person: Person, view: View) -> None:
        emails = [email for email in (*person.emails, person.work_email) if email]
        if emails:
            write_email(view, emails[int(self._rng.random() * len(emails))], self._rng)

    def _claim(self, entry: Entry) -> bool:
        """Reserve the address in systems where each may occur once; return whether it was free."""
        if entry.system not in _UNIQUE_EMAIL or not entry.view.email:
            return True
        key = (entry.system + entry.list_id, entry.view.email.strip().lower())
        if key in self._taken:
            return False
        self._taken.add(key)
        return True

    def _mix_up(self, relative: Person, entries: list[Entry]) -> None:
        """Put a relative's address and number into one record: father and son of one name."""
        rng = self._rng
        for entry in entries:
            if entry.system == "mailchimp" or not relative.emails:
                continue
            before = (entry.view.email, entry.view.mailbox)
            entry.view.email = entry.view.mailbox = relative.emails[0]
            if not self._claim(entry):
                entry.view.email, entry.view.mailbox = before
                continue
            if relative.mobile:
                write_phone(entry.view, relative.mobile, relative.country, rng, 0.3)
            entry.view.kinds.add("relatives_details")
            return


def _holder(company: Company) -> Person:
    """Return a stand-in for the people behind a role mailbox."""
    data: dict[str, Any] = dict.fromkeys(Person.__slots__, "")
    data |= {
        "no": MAILBOX_NO + company.no,
        "country": company.country,
        "company": company.no,
        "address": company.address,
        "old_address": None,
        "emails": [],
        "behaviour": "loyal",
        "left": 0,
        "joined": company.founded,
        "records": [],
    }
    return Person(**data)
