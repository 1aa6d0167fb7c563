"""People while time passes: newcomers, leads who buy, and those whose details change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from .advance_billing import read_account
from .advance_mail import with_status
from .advance_sales import with_properties
from .calendar_time import iso, iso_offset
from .ids import email_hash
from .mailchimp_objects import campaigns_between
from .messiness import View, write_address, write_phone
from .names import name_pools
from .places import cities, draw_address, draw_mobile
from .population import PEOPLE_PER_COMPANY, Person, Town, draw_company, slug
from .registrar import Entry
from .rows import Row
from .scribe import Scribe
from .store import LIVE
from .stripe_objects import CUSTOMER
from .stripe_records import add_event, address_json
from .world import World

_GROWTH = 0.035  # newcomers a month, as a share of the people there were at first
_CHANGES = 0.03  # records whose details change, a month, as a share of the people
_CONVERSIONS = 0.01


def newcomers(world: World) -> None:
    """Let new people and new companies appear, with what they do until the window ends."""
    rng, sink = world.rng, world.sink
    count = world.few(_GROWTH)
    last = world.next_company + max(1, count // PEOPLE_PER_COMPANY)
    companies = [draw_company(rng, no, world.start) for no in range(world.next_company, last)]
    people = Town(rng, companies, world.start, world.end, newcomers=True).settle(
        world.next_person, count
    )
    campaigns = campaigns_between(world.first, world.start, world.end)
    scribe = Scribe(rng, sink, companies, campaigns, world.start + 60, world.end)
    scribe.companies()
    for person in people:
        relative = people[person.related - world.next_person] if person.related >= 0 else None
        scribe.person(person, relative)
        sink.people.append((person.no, orjson.dumps(person)))
    world.next_person += count
    world.next_company = last


def conversions(world: World) -> None:
    """Let some leads buy: their contact becomes a customer, and billing learns of them."""
    rng = world.rng
    leads = [
        row
        for row in world.rows(
            "hubspot.contacts",
            "json_extract(body, '$.lifecyclestage') not in ('customer', 'subscriber')",
        )
        if world.person_no("hubspot", row.id) is not None
    ]
    rng.shuffle(leads)
    for row in leads[: world.few(_CONVERSIONS)]:
        no = world.person_no("hubspot", row.id)
        if no is None or not world.touch("hubspot", row.id):
            continue
        person = world.person(no)
        when = world.moment()
        world.update(
            "hubspot.contacts",
            with_properties("contacts", row, when, {"lifecyclestage": "customer"}),
        )
        if any(record[0] == "stripe" for record in person.records):
            continue
        person.behaviour = "loyal" if rng.random() < 0.5 else "growing"
        properties = orjson.loads(row.body)
        seen = View(email=properties.get("email", ""), phone=properties.get("phone", ""))
        seen.mailbox = seen.email if seen.email in (*person.emails, person.work_email) else ""
        seen.number = person.mobile if seen.phone or properties.get("mobilephone") else ""
        company = world.company(person.company) if person.company >= 0 else None
        scribe = Scribe(rng, world.sink, [company] if company else [], [], world.start, world.end)
        entry = Entry("stripe", View(), when, 0)
        scribe.newly_known(person, entry, [seen] if seen.mailbox or seen.number else [])
        world.keep(person)


@dataclass(slots=True)
class Change:
    """New details of a person; None for what stays."""

    family: str | None = None
    email: str | None = None
    phone: str | None = None
    address: View | None = None

    def __bool__(self) -> bool:
        return any((self.family, self.email, self.phone, self.address))


def changes(world: World) -> None:
    """Let people move, marry, and get new numbers and addresses; one or two systems hear of it."""
    rng = world.rng
    wanted = world.few(_CHANGES)
    kinds = ("address", "phone", "email", "family")
    for turn in range(wanted):
        no = int(rng.random() * world.next_person)
        row = world.database.execute("select 1 from people where no = ?", (no,)).fetchone()
        if row is None:
            continue
        person = world.person(no)
        records = [record for record in person.records if (record[0], record[1]) in world.holders]
        if not records:
            continue
        rng.shuffle(records)
        change = _change(world, person, kinds[turn % 4])
        systems: set[str] = set()  # one record each: two may not hold the same new address
        for source, record, _, _ in records[: 1 + int(rng.random() * 2)]:
            if source not in systems and world.touch(source, record):
                systems.add(source)
                apply(world, person, source, record, change)
        world.keep(person)


def _change(world: World, person: Person, kind: str) -> Change:
    rng = world.rng
    city = cities(person.country).entries[person.address.city]
    if kind == "address":
        person.old_address, person.moved_at = person.address, world.start
        person.address = draw_address(rng, person.country)
        view = View()
        write_address(view, person.address, person.origin == "il" and rng.random() < 0.5, rng)
        return Change(address=view)
    if kind == "phone":
        person.mobile = draw_mobile(rng, city)
        view = View(country=person.country)
        write_phone(view, person.mobile, person.country, rng, 0.4)
        return Change(phone=view.phone)
    if kind == "email" or person.sex == "m":
        name = slug(person.given_name().latin[0])
        email = f"{name}.{person.no}.{world.advances + 1}@gmail.com"
        person.emails = [email, *person.emails[:1]]
        return Change(email=email)
    family = name_pools(person.origin).family
    person.maiden = person.family
    person.family = family.number(family.draw(rng))
    return Change(family=person.family_name().latin[0])


def apply(world: World, person: Person, source: str, record: str, change: Change) -> None:
    """Write a change into one record, and let the vendor tell of it."""
    when = world.moment()
    if source == "stripe":
        _apply_stripe(world, record, change, when)
    elif source == "zendesk":
        row = world.row("zendesk.users", int(record))
        when = max(when, world.later(row))
        body = orjson.loads(row.body)
        if change.family:
            body["name"] = f"{body['name'].split(' ')[0]} {change.family}"
        body["email"] = change.email or body["email"]
        body["phone"] = change.phone or body["phone"]
        if change.address:
            body["notes"] = f"New address: {change.address.street}, {change.address.city}"
        body["updated_at"] = iso(when)
        world.update("zendesk.users", row._replace(updated=when, body=orjson.dumps(body)))
    elif source == "hubspot":
        properties: dict[str, Any] = {}
        if change.family:
            properties["lastname"] = change.family
        if change.email:
            properties["email"] = change.email
        if change.phone:
            properties |= {"phone": change.phone, "mobilephone": ""}
        if change.address:
            view = change.address
            properties |= {
                "address": f"{view.street} {view.flat}".strip(),
                "city": view.city,
                "state": view.region,
                "zip": view.postcode,
            }
        row = world.row("hubspot.contacts", int(record))
        world.update("hubspot.contacts", with_properties("contacts", row, when, properties))
    else:
        _apply_mailchimp(world, person, record, change, when)


def _apply_stripe(world: World, record: str, change: Change, when: int) -> None:
    row = world.row("stripe.customers", record)
    when = max(when, world.later(row))
    account = read_account(world, row)
    values: dict[str, Any] = {}
    if change.family:
        values["name"] = f"{account.view.given.split(' ')[0]} {change.family}"
    if change.email:
        values["email"] = change.email
    if change.phone:
        values["phone"] = change.phone
    if change.address:
        values["address"] = address_json(change.address)
    changed = row._replace(
        updated=when,
        tag=(change.email or row.tag).lower(),
        body=CUSTOMER.changed(row.body, **values),
    )
    world.update("stripe.customers", changed)
    add_event(world.sink, "customer.updated", "customers", record, when, changed.body)


def _apply_mailchimp(world: World, person: Person, record: str, change: Change, when: int) -> None:
    """Change a member; a new address is a new member, and the old one is archived."""
    list_id, _, identity = record.partition(":")
    (row,) = world.rows("mailchimp.members", "parent = ? and id = ?", list_id, identity)
    body = orjson.loads(row.body)
    fields = body["merge_fields"]
    fields["LNAME"] = change.family or fields["LNAME"]
    fields["PHONE"] = change.phone or fields["PHONE"]
    if change.address:
        view = change.address
        fields["ADDRESS"] = {
            "addr1": view.street,
            "addr2": view.flat,
            "city": view.city,
            "state": view.region,
            "zip": view.postcode,
            "country": view.country,
        }
    body["full_name"] = f"{fields['FNAME']} {fields['LNAME']}".strip()
    if not change.email:
        world.update("mailchimp.members", with_status(row, body, row.tag, when))
        return
    new = email_hash(change.email)
    new_record = f"{list_id}:{new}"
    if not world.touch("mailchimp", new_record):
        return  # another of their records has this address already
    archive_member(world, row, when)
    body |= {
        "id": new,
        "email_address": change.email,
        "status": "subscribed",
        "timestamp_signup": iso_offset(when),
        "timestamp_opt": iso_offset(when),
        "last_changed": iso_offset(when),
        "web_id": 900_000_000 + person.no * 64 + world.advances % 64,
    }
    world.sink.add(
        "mailchimp.members", Row(new, list_id, when, when, "subscribed", orjson.dumps(body))
    )
    world.sink.truth("mailchimp", new_record, person.id, ())
    person.records.append(["mailchimp", new_record, when, False])


def archive_member(world: World, row: Row, when: int) -> None:
    """Archive a list member."""
    archived = with_status(row, orjson.loads(row.body), "archived", when)
    world.update("mailchimp.members", archived, LIVE + 1)
    world.forget("mailchimp", f"{row.parent}:{row.id}")
