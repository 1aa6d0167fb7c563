"""Writes a person into the systems: their records, then what happens to them there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from .behaviour import BEHAVIOURS, Behaviour
from .calendar_time import DAY
from .hubspot_objects import (
    CONTACT_BASE,
    DEAL_BASE,
    OWNER_BASE,
    Sales,
    company_row,
    contact_properties,
)
from .hubspot_objects import save as save_hubspot
from .ids import email_hash, token
from .mailchimp_objects import LISTS, Campaign, Mailer, member_json, rate_member
from .messiness import Clerk, View, mailbox_view, write_address, write_email, write_phone
from .population import Company, Person
from .rows import Row, Sink
from .stripe_history import Biller
from .stripe_records import CURRENCIES, Account
from .texts import STAFF
from .zendesk_objects import (
    TICKET_BASE,
    TICKETS_PER_PERSON,
    USER_BASE,
    USERS_PER_PERSON,
    Desk,
    organization_row,
    user_json,
)

MAILBOX_NO = 4_000_000  # role mailboxes take numbers from here on, people below
_UNIQUE_EMAIL = ("zendesk", "mailchimp", "hubspot")  # these refuse a second record with one address


def mailbox_person_id(company: Company) -> str:
    """Return the identity of a company's role mailbox in the truth."""
    return f"mailbox-{company.no:06d}"


@dataclass(slots=True)
class Entry:
    """One record to be written: where, what it says, since when."""

    system: str
    view: View
    created: int
    place: int  # among the person's records in this system
    list_id: str = ""


class Scribe:
    """Writes the people of one chunk, between two times (epoch seconds)."""

    def __init__(
        self,
        rng: Random,
        sink: Sink,
        companies: list[Company],
        campaigns: list[Campaign],
        start: int,
        end: int,
        taken: set[tuple[str, str]] | None = None,
    ) -> None:
        self._rng = rng
        self._sink = sink
        self._companies = {company.no: company for company in companies}
        self._start = start
        self._end = end
        self._clerk = Clerk(rng, self._companies)
        self._biller = Biller(rng, sink, end)
        self._desk = Desk(rng, sink, end)
        self._mailer = Mailer(rng, sink, campaigns, end)
        self._sales = Sales(rng, sink, end)
        self._taken = taken if taken is not None else set()
        self.organizations: dict[int, int] = {}
        self.hubspot_companies: dict[int, int] = {}

    # -- companies

    def companies(self) -> None:
        """Write the companies and their role mailboxes."""
        rng = self._rng
        for company in self._companies.values():
            created = self._start + int(rng.random() * (self._end - self._start) * 0.3)
            view = View()
            write_address(
                view, company.address, company.no % 2 == 1 and company.country == "IL", rng
            )
            if rng.random() < 0.75:
                self.organizations[company.no] = organization_row(company, created, self._sink)
            if rng.random() < 0.85:
                self.hubspot_companies[company.no] = company_row(company, created, view, self._sink)
            self._sink.companies.append((company.no, orjson.dumps(company)))
            for system, chance in (
                ("zendesk", 0.3),
                ("hubspot", 0.2),
                ("stripe", 0.2),
                ("mailchimp", 0.25),
            ):
                if rng.random() < chance:
                    view = mailbox_view(company, rng, system)
                    at = created + int(rng.random() * (self._end - created) * 0.8)
                    entry = Entry(system, view, at, 0, LISTS[0][0])
                    if self._claim(entry):
                        self._write_mailbox(company, entry)

    def _write_mailbox(self, company: Company, entry: Entry) -> None:
        number = MAILBOX_NO + company.no
        person = _holder(company, number)
        self.record(person, entry, mailbox_person_id(company), BEHAVIOURS["loyal"])

    # -- people

    def person(self, person: Person, relative: Person | None = None) -> None:
        """Write a person everywhere they are known."""
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
            self.record(person, entry, person.id, kind)

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
            created = self._after(person.joined, 12)
            if system == "mailchimp":
                for place, (list_id, _, likely, _) in enumerate(LISTS):
                    if rng.random() < likely:
                        entries.append(Entry(system, View(), created, place, list_id))
                if rng.random() < 0.03:
                    later = self._after(created, 200)
                    entries.append(Entry(system, View(), later, 2, LISTS[0][0]))
                continue
            entries.append(Entry(system, View(), created, 0))
            if rng.random() < 0.055:
                entries.append(Entry(system, View(), self._after(created, 200), 1))
        return entries

    def _after(self, when: int, days: int) -> int:
        rng = self._rng
        later = when + int(rng.expovariate(1 / (days * DAY)))
        return later if later < self._end else when + int(rng.random() * (self._end - when))

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

    # -- records

    def record(self, person: Person, entry: Entry, person_id: str, kind: Behaviour) -> None:
        """Write one record with its history, and note whose it is."""
        writer: Callable[[Person, Entry, Behaviour], int | str] = {
            "stripe": self._stripe,
            "zendesk": self._zendesk,
            "mailchimp": self._mailchimp,
            "hubspot": self._hubspot,
        }[entry.system]
        record_id = writer(person, entry, kind)
        kinds = entry.view.kinds - {entry.system}
        self._sink.truth(entry.system, record_id, person_id, kinds)
        person.records.append(
            [entry.system, str(record_id), entry.created, "relatives_details" in kinds]
        )

    def _stripe(self, person: Person, entry: Entry, kind: Behaviour) -> int | str:
        rng = self._rng
        account = self.account(person, entry)
        start = entry.created + int(rng.random() * 5 * DAY)
        leaves = person.left
        if start < self._end and rng.random() < 0.93:
            if rng.random() < kind.subscribes:
                self._biller.subscribe(account, kind, start, leaves)
            last = min(leaves or self._end, self._end)
            rate_kind = kind
            self._biller.purchases(account, rate_kind, start, last, entry.created)
        self._biller.open_account(account)
        return account.id

    def account(self, person: Person, entry: Entry) -> Account:
        """Return the billing account that a record stands for."""
        rng = self._rng
        mark = token("cus", person.no, entry.place, 14)
        currency = CURRENCIES.get(person.country, "usd")
        draw = rng.random()
        if draw < 0.012:
            currency = "jpy"
        elif draw < 0.08:
            currency = "usd"
        return Account(
            f"cus_{mark}",
            person.no * 4 + entry.place,
            mark[:8].upper(),
            entry.created,
            currency,
            person.country,
            entry.view,
            metadata={"company": entry.view.company} if entry.view.company else {},
            description=entry.view.company or None,
        )

    def _zendesk(self, person: Person, entry: Entry, kind: Behaviour) -> int | str:
        rng = self._rng
        identity = USER_BASE + person.no * USERS_PER_PERSON + entry.place
        organization = self.organizations.get(person.company)
        if organization and rng.random() < 0.25:
            organization = None
        first = TICKET_BASE + person.no * TICKETS_PER_PERSON + entry.place * 64
        end = min(self._end, person.left + 60 * DAY) if person.left else self._end
        self._desk.tickets(
            identity, first, organization, kind, entry.view.language, entry.created, end
        )
        updated = self._touched(entry.created)
        body = user_json(identity, entry.view, entry.created, updated, organization)
        self._sink.add(
            "zendesk.users",
            Row(identity, 0, entry.created, updated, "end-user", orjson.dumps(body)),
        )
        return identity

    def _mailchimp(self, person: Person, entry: Entry, kind: Behaviour) -> int | str:
        email = entry.view.email.strip()
        status, changed, sends, opened, clicked = self._mailer.send(
            entry.list_id, email, kind, entry.created
        )
        updated = max(changed, self._touched(entry.created))
        number = 600_000_000 + person.no * 4 + entry.place
        body = member_json(entry.list_id, entry.view, number, entry.created, updated, status)
        rate_member(body, sends, opened, clicked)
        identity = email_hash(email)
        self._sink.add(
            "mailchimp.members",
            Row(identity, entry.list_id, entry.created, updated, status, orjson.dumps(body)),
        )
        return f"{entry.list_id}:{identity}"

    def _hubspot(self, person: Person, entry: Entry, kind: Behaviour) -> int | str:
        rng = self._rng
        identity = CONTACT_BASE + person.no * 16 + entry.place
        company = self.hubspot_companies.get(person.company)
        owner = OWNER_BASE + person.no * 7 % len(STAFF)
        second = ""
        if person.emails and person.work_email and rng.random() < 0.1:
            second = next(
                (
                    email
                    for email in (person.work_email, *person.emails)
                    if email != entry.view.mailbox
                ),
                "",
            )
        properties = contact_properties(entry.view, second)
        customer = kind.pays > 0
        draw = rng.random()
        properties["lifecyclestage"] = (
            "customer"
            if customer and draw < 0.9
            else (
                "lead",
                "marketingqualifiedlead",
                "salesqualifiedlead",
                "opportunity",
                "subscriber",
            )[int(draw * 5)]
        )
        if not customer:
            properties["hs_lead_status"] = ("NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED")[
                int(rng.random() * 4)
            ]
        properties["hubspot_owner_id"] = str(owner)
        if company:
            properties["associatedcompanyid"] = str(company)
            self._sales.link("contacts", identity, "companies", company)
        deals: list[int] = []
        wins = 0.75 if customer else 0.15
        while len(deals) < 3 and rng.random() < 0.15 + kind.talks:
            at = self._after(entry.created, 90)
            if at >= self._end:
                break
            deal = DEAL_BASE + person.no * 16 + entry.place * 4 + len(deals)
            currency = "ILS" if person.country == "IL" else "USD"
            self._sales.deal(deal, identity, company, owner, currency, at, wins)
            deals.append(deal)
        end = min(self._end, person.left or self._end)
        self._sales.engagements(
            (person.no * 4 + entry.place) * 64,
            identity,
            company,
            deals,
            owner,
            properties["email"],
            kind,
            entry.created,
            end,
        )
        updated = self._touched(entry.created)
        save_hubspot(self._sink, "contacts", identity, entry.created, updated, properties)
        return identity

    def _touched(self, created: int) -> int:
        if self._rng.random() < 0.4:
            return created + int(self._rng.random() * (self._end - 1 - created))
        return created


def _holder(company: Company, number: int) -> Person:
    """Return a stand-in for the people behind a role mailbox."""
    data: dict[str, Any] = dict.fromkeys(Person.__slots__, "")
    data |= {
        "no": number,
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
