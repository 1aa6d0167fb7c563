"""Writes a person into the systems: their records, then what happens to them there."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import orjson

from .behaviour import BEHAVIOURS, Behaviour
from .calendar_time import DAY
from .hubspot_objects import (
    DEAL_BASE,
    OWNER_BASE,
    Sales,
    company_row,
    contact_properties,
)
from .hubspot_objects import save as save_hubspot
from .ids import email_hash
from .mailchimp_objects import Campaign, Mailer, member_json, rate_member
from .messiness import View
from .population import Company, Person
from .registrar import (
    Entry,
    Registrar,
    account_number,
    draw_later,
    mailbox_person_id,
    record_id,
)
from .rows import Row, Sink
from .stripe_history import Biller
from .stripe_records import CURRENCIES, Account
from .texts import STAFF
from .zendesk_objects import (
    TICKET_BASE,
    TICKETS_PER_PERSON,
    Desk,
    organization_row,
    user_json,
)

_PARTS = 8  # one company in so many is a part of another one in its country


class Scribe:
    """Writes the people of one chunk, between two times (epoch seconds).

    `rng` decides who is known where and as what, `history` (the same, unless given) what happens
    to them there. Apart, the one can be repeated without the other.
    """

    def __init__(
        self,
        rng: Random,
        sink: Sink,
        companies: list[Company],
        campaigns: list[Campaign],
        start: int,
        end: int,
        history: Random | None = None,
    ) -> None:
        self._registrar = Registrar(rng, companies, campaigns, start, end)
        self._rng = history or rng
        self._sink = sink
        self._end = end
        self._biller = Biller(self._rng, sink, end)
        self._desk = Desk(self._rng, sink, end)
        self._mailer = Mailer(self._rng, sink, campaigns, end)
        self._sales = Sales(self._rng, sink, end)
        self._hubspot_companies: dict[int, int] = {}

    def companies(self) -> None:
        """Write the companies and their role mailboxes."""
        earlier: dict[str, int] = {}  # country -> the company that came last
        for office in self._registrar.offices():
            company, created = office.company, office.created
            if office.in_zendesk:
                organization_row(company, created, self._sink)
            if office.in_hubspot:
                parent = earlier.get(company.country) if company.no % _PARTS == 0 else None
                identity = company_row(company, created, office.view, self._sink, parent)
                self._hubspot_companies[company.no] = identity
                earlier[company.country] = identity
            self._sink.companies.append((company.no, orjson.dumps(company)))
            for entry in office.entries:
                self._write(office.holder, entry, mailbox_person_id(company), BEHAVIOURS["loyal"])

    def person(self, person: Person, relative: Person | None = None) -> None:
        """Write a person everywhere they are known."""
        for entry in self._registrar.entries(person, relative):
            self._write(person, entry, person.id, BEHAVIOURS[person.behaviour])

    def newly_known(self, person: Person, entry: Entry, earlier: list[View]) -> None:
        """Write a person into one more system; `earlier` is what others say of them."""
        kind = BEHAVIOURS[person.behaviour]
        self._registrar.fill(person, entry, earlier)
        self._registrar.complete(person, entry, kind)
        self._write(person, entry, person.id, kind)

    def _write(self, person: Person, entry: Entry, person_id: str, kind: Behaviour) -> None:
        """Write one record with its history, and note whose it is."""
        writer: Callable[[Person, Entry, Behaviour], None] = {
            "stripe": self._stripe,
            "zendesk": self._zendesk,
            "mailchimp": self._mailchimp,
            "hubspot": self._hubspot,
        }[entry.system]
        writer(person, entry, kind)
        identity = record_id(person.no, entry)
        kinds = entry.view.kinds - {entry.system}
        self._sink.truth(entry.system, identity, person_id, kinds)
        person.records.append(
            [entry.system, str(identity), entry.created, "relatives_details" in kinds]
        )

    def _stripe(self, person: Person, entry: Entry, kind: Behaviour) -> None:
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

    def account(self, person: Person, entry: Entry) -> Account:
        """Return the billing account that a record stands for."""
        rng = self._rng
        identity = str(record_id(person.no, entry))
        currency = CURRENCIES.get(person.country, "usd")
        draw = rng.random()
        if draw < 0.012:
            currency = "jpy"
        elif draw < 0.08:
            currency = "usd"
        return Account(
            identity,
            account_number(person.no, entry),
            identity.removeprefix("cus_")[:8].upper(),
            entry.created,
            currency,
            person.country,
            entry.view,
            metadata={"company": entry.view.company} if entry.view.company else {},
            description=entry.view.company or None,
        )

    def _zendesk(self, person: Person, entry: Entry, kind: Behaviour) -> None:
        identity = int(record_id(person.no, entry))
        organization = entry.organization or None
        first = TICKET_BASE + person.no * TICKETS_PER_PERSON + entry.place * 64
        end = min(self._end, person.left + 60 * DAY) if person.left else self._end
        self._desk.tickets(
            identity, first, organization, kind, entry.view.language, entry.created, end
        )
        body = user_json(identity, entry.view, entry.created, entry.updated, organization)
        self._sink.add(
            "zendesk.users",
            Row(identity, 0, entry.created, entry.updated, "end-user", orjson.dumps(body)),
        )

    def _mailchimp(self, person: Person, entry: Entry, kind: Behaviour) -> None:
        email = entry.view.email.strip()
        sends, opened, clicked = self._mailer.send(
            entry.list_id, email, kind, entry.created, entry.leaving
        )
        status = entry.leaving.status if entry.leaving else "subscribed"
        number = 600_000_000 + person.no * 4 + entry.place
        body = member_json(entry.list_id, entry.view, number, entry.created, entry.updated, status)
        rate_member(body, sends, opened, clicked)
        self._sink.add(
            "mailchimp.members",
            Row(
                email_hash(email),
                entry.list_id,
                entry.created,
                entry.updated,
                status,
                orjson.dumps(body),
            ),
        )

    def _hubspot(self, person: Person, entry: Entry, kind: Behaviour) -> None:
        rng = self._rng
        identity = int(record_id(person.no, entry))
        company = self._hubspot_companies.get(person.company)
        owner = OWNER_BASE + person.no * 7 % len(STAFF)
        properties = contact_properties(entry.view, entry.second_email)
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
            at = draw_later(rng, entry.created, 90, self._end)
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
        save_hubspot(self._sink, "contacts", identity, entry.created, entry.updated, properties)
