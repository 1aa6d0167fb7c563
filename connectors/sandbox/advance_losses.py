"""Records that go while time passes: deleted or merged; and mixed-up ones put right."""

from __future__ import annotations

from collections import defaultdict

import orjson

from .advance_people import Change, apply, archive_member
from .advance_sales import touch_object, with_properties
from .advance_support import with_values
from .calendar_time import iso
from .hubspot_objects import TYPES
from .population import Person
from .rows import Row
from .store import DELETED, MERGED
from .stripe_objects import SUBSCRIPTION
from .stripe_records import add_event
from .world import World

_LOSSES = 0.001  # of each kind, a month, as a share of the people
_MERGES = 0.004


def deletions(world: World) -> None:
    """Delete a few records in every system, each in its vendor's way."""
    few = world.few(_LOSSES)
    for source, table, condition in (
        ("stripe", "stripe.customers", "1"),
        ("zendesk", "zendesk.users", "tag = 'end-user'"),
        ("mailchimp", "mailchimp.members", "1"),
        ("hubspot", "hubspot.contacts", "1"),
    ):
        rows = world.rows(table, condition)
        world.rng.shuffle(rows)
        left = few if len(rows) > 4 * few else len(rows) // 8
        for row in rows:
            if left <= 0:
                break
            record = f"{row.parent}:{row.id}" if source == "mailchimp" else row.id
            if world.touch(source, record):
                _DELETE[source](world, row)
                left -= 1
    _delete_tickets(world, few)
    _archive_deals(world, few)


def _delete_customer(world: World, row: Row) -> None:
    when = world.later(row)
    for stored in world.rows("stripe.subscriptions", "parent = ? and tag <> 'canceled'", row.id):
        when = max(when, world.later(stored))
        body = SUBSCRIPTION.changed(
            stored.body,
            status=b"canceled",
            canceled_at=when,
            ended_at=when,
            cancel_at=None,
            cancel_at_period_end=False,
            reason="cancellation_requested",
        )
        changed = stored._replace(updated=when, tag="canceled", body=body)
        world.update("stripe.subscriptions", changed)
        add_event(
            world.sink,
            "customer.subscription.deleted",
            "subscriptions",
            str(stored.id),
            when,
            body,
        )
    world.update("stripe.customers", row._replace(updated=when), DELETED)
    add_event(world.sink, "customer.deleted", "customers", str(row.id), when, row.body)
    world.forget("stripe", row.id)


def _deactivate_user(world: World, row: Row) -> None:
    when = world.later(row)
    body = orjson.loads(row.body) | {"active": False, "updated_at": iso(when)}
    world.update("zendesk.users", row._replace(updated=when, body=orjson.dumps(body)), DELETED)
    world.forget("zendesk", row.id)


def _archive_contact(world: World, row: Row) -> None:
    changed = with_properties("contacts", row, world.moment(), {})
    # Archiving leaves the date of the last change alone; only `archivedAt` tells.
    world.update("hubspot.contacts", changed._replace(body=row.body), DELETED)
    world.database.execute(
        "delete from links where (from_type = 'contacts' and from_id = ?1) "
        "or (to_type = 'contacts' and to_id = ?1)",
        (row.id,),
    )
    world.forget("hubspot", row.id)


def _archive_member(world: World, row: Row) -> None:
    archive_member(world, row, world.later(row))


_DELETE = {
    "stripe": _delete_customer,
    "zendesk": _deactivate_user,
    "mailchimp": _archive_member,
    "hubspot": _archive_contact,
}


def _delete_tickets(world: World, few: int) -> None:
    rows = world.rows("zendesk.tickets", "tag <> 'closed'") or world.rows("zendesk.tickets")
    world.rng.shuffle(rows)
    for row in rows[: min(few, len(rows) // 8 + 1)]:
        world.update(
            "zendesk.tickets", with_values(row, world.later(row), status=b"deleted"), DELETED
        )


def _archive_deals(world: World, few: int) -> None:
    rows = world.rows("hubspot.deals")
    world.rng.shuffle(rows)
    for row in rows[: min(few, len(rows) // 8)]:
        changed = with_properties("deals", row, world.moment(), {})
        world.update("hubspot.deals", changed._replace(body=row.body), DELETED)
        world.database.execute(
            "delete from links where from_type = 'deals' and from_id = ?", (row.id,)
        )


def merges(world: World) -> None:
    """Merge duplicates that somebody noticed, in support and in sales."""
    for source, merge in (("hubspot", _merge_contacts), ("zendesk", _merge_users)):
        groups: dict[str, list[int]] = defaultdict(list)
        for (system, record), holder in sorted(world.holders.items()):
            if system == source and holder.startswith("person-"):
                groups[holder].append(int(record))
        pairs = [sorted(group)[:2] for group in groups.values() if len(group) > 1]
        world.rng.shuffle(pairs)
        done = 0
        for winner, loser in pairs:
            if done >= world.few(_MERGES):
                break
            if (source, str(winner)) in world.touched or (source, str(loser)) in world.touched:
                continue
            world.touch(source, winner)
            world.touch(source, loser)
            merge(world, winner, loser)
            done += 1


def _merge_contacts(world: World, winner: int, loser: int) -> None:
    when = world.moment()
    database = world.database
    kept, gone = world.row("hubspot.contacts", winner), world.row("hubspot.contacts", loser)
    ours, theirs = orjson.loads(kept.body), orjson.loads(gone.body)
    changes = {name: value for name, value in theirs.items() if name not in ours}
    merged = [part for part in ours.get("hs_merged_object_ids", "").split(";") if part]
    merged += [str(loser), *theirs.get("hs_merged_object_ids", "").split(";")]
    changes["hs_merged_object_ids"] = ";".join(part for part in merged if part)
    if theirs.get("email") and theirs["email"] != ours.get("email") and ours.get("email"):
        others = [ours.get("hs_additional_emails", ""), theirs["email"]]
        changes["hs_additional_emails"] = ";".join(part for part in others if part)
    world.update("hubspot.contacts", with_properties("contacts", kept, when, changes))
    world.update("hubspot.contacts", gone._replace(updated=when * 1000), MERGED)
    database.execute("update merges set winner = ? where winner = ?", (winner, loser))
    database.execute("insert or replace into merges values (?, ?)", (loser, winner))
    for kind in TYPES[1:]:
        linked = database.execute(
            "select from_id from links where from_type = ? and to_type = 'contacts' and to_id = ?",
            (kind, loser),
        ).fetchall()
        for (identity,) in linked:
            touch_object(world, kind, identity, when)
    database.execute(
        "update links set to_id = ? where to_type = 'contacts' and to_id = ?", (winner, loser)
    )
    database.execute(
        "delete from links where from_type = 'contacts' and from_id = ? and exists "
        "(select 1 from links other where other.from_type = 'contacts' and other.from_id = ?)",
        (loser, winner),
    )
    database.execute(
        "update links set from_id = ? where from_type = 'contacts' and from_id = ?", (winner, loser)
    )
    world.forget("hubspot", loser)


def _merge_users(world: World, winner: int, loser: int) -> None:
    when = world.moment()
    gone, kept = world.row("zendesk.users", loser), world.row("zendesk.users", winner)
    ours, theirs = orjson.loads(kept.body), orjson.loads(gone.body)
    for name in ("email", "phone", "organization_id"):
        ours[name] = ours[name] or theirs[name]
    ours["updated_at"] = iso(when)
    world.update("zendesk.users", kept._replace(updated=when, body=orjson.dumps(ours)))
    theirs |= {"active": False, "updated_at": iso(when), "email": None, "phone": None}
    world.update("zendesk.users", gone._replace(updated=when, body=orjson.dumps(theirs)), DELETED)
    for row in world.rows("zendesk.tickets", "parent = ?", loser):
        moved = with_values(row._replace(parent=winner), world.later(row), requester=winner)
        world.update("zendesk.tickets", moved)
    world.forget("zendesk", loser)


def corrections(world: World) -> None:
    """Give mixed-up records their own holder's details back: what was one customer becomes two."""
    mixed = world.database.execute(
        "select source, record_id, person_id from truth where kinds like '%relatives_details%' "
        "order by source, record_id"
    ).fetchall()
    world.rng.shuffle(mixed)
    done = 0
    for source, record, holder in mixed:
        if done >= world.few(_LOSSES):
            break
        if not world.touch(source, record):
            continue
        done += 1
        person = world.person(int(holder[7:]))
        apply(world, person, source, record, _own_details(person))
        world.database.execute(
            "update truth set kinds = '' where source = ? and record_id = ?", (source, record)
        )
        world.keep(person)


def _own_details(person: Person) -> Change:
    email = person.emails[0] if person.emails else person.work_email or f"{person.no}@example.org"
    return Change(email=email, phone=person.mobile or person.landline)
