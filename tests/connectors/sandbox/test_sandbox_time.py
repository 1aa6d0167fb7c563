"""Time passes: new, changed, deleted, merged and corrected records, all told by the vendors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors import sandbox
from connectors.sandbox.calendar_time import iso_offset, parse_time
from connectors.sandbox.store import clock, open_store
from tests.connectors.sandbox.conftest import Vendors

Json = dict[str, Any]


def _by_id(records: list[Json], *keys: str) -> dict[str, Json]:
    return {":".join(str(record[key]) for key in keys or ("id",)): record for record in records}


def _clock(directory: Path) -> int:
    database = open_store(directory, read_only=True)
    try:
        return clock(database)
    finally:
        database.close()


def _truth(directory: Path) -> dict[tuple[str, str], str]:
    database = open_store(directory, read_only=True)
    try:
        rows = database.execute("select source, record_id, person_id from truth").fetchall()
    finally:
        database.close()
    return {(source, record): person for source, record, person in rows}


def test_equal_advances_give_equal_sandboxes(tmp_path: Path) -> None:
    def dump(name: str) -> list[str]:
        sandbox.create(tmp_path / name, people=120, seed=2)
        sandbox.advance(tmp_path / name, 20)
        sandbox.advance(tmp_path / name, 1)
        database = open_store(tmp_path / name, read_only=True)
        try:
            return list(database.iterdump())
        finally:
            database.close()

    assert dump("one") == dump("two")


@pytest.mark.parametrize("days", [0, -3, 100_000])
def test_days_that_cannot_pass_are_refused(sandbox_directory: Path, days: int) -> None:
    with pytest.raises(sandbox.SandboxError, match="days is"):
        sandbox.advance(sandbox_directory, days)


def test_incremental_reads_see_everything_that_advance_did(
    own_vendors: Callable[[int], Vendors],
) -> None:
    """What was read before, plus what incremental reads tell, is what a full read finds now."""
    vendors = own_vendors(150)
    before = _clock(vendors.directory)
    stripe_streams = ("customers", "invoices", "charges", "refunds", "subscriptions", "products")
    stripe = {s: _by_id(vendors.stripe(s, **_all(s))) for s in stripe_streams}
    users, tickets = _by_id(vendors.cursor("users")), _by_id(vendors.cursor("tickets"))
    members = _by_id(vendors.members(), "list_id", "id")
    crm = {
        kind: _by_id(vendors.hubspot(kind, properties=vendors.properties(kind)))
        for kind in (
            "contacts",
            "deals",
            "calls",
            "notes",
            "tickets",
            "line_items",
            "products",
            "leads",
        )
    }

    sandbox.advance(vendors.directory, 20)
    after = _clock(vendors.directory)
    assert after == before + 20 * 86_400

    for event in reversed(vendors.stripe("events", **{"created[gte]": before})):
        thing = event["data"]["object"]
        stream = stripe.get(thing["object"] + "s")
        if stream is None:
            continue  # made when asked for, and held against its list where the connector reads it
        if event["type"] == "customer.deleted":
            del stream[thing["id"]]
        else:
            stream[thing["id"]] = thing
    for stream in stripe_streams:
        assert stripe[stream] == _by_id(vendors.stripe(stream, **_all(stream))), stream

    users |= _by_id(vendors.cursor("users", before))
    tickets |= _by_id(vendors.cursor("tickets", before))
    assert users == _by_id(vendors.cursor("users"))
    assert tickets == _by_id(vendors.cursor("tickets"))
    members |= _by_id(vendors.members(since_last_changed=iso_offset(before)), "list_id", "id")
    assert members == _by_id(vendors.members(), "list_id", "id")

    for kind, known in crm.items():
        names = vendors.properties(kind)
        modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        request = {
            "filterGroups": [
                {"filters": [{"propertyName": modified, "operator": "GTE", "value": before * 1000}]}
            ],
            "properties": names.split(","),
            "limit": 200,
        }
        known |= _by_id(
            vendors.get("hubspot", f"/crm/v3/objects/{kind}/search", request)["results"]
        )
        for archived in vendors.hubspot(kind, archived="true"):
            known.pop(archived["id"], None)
        for record in list(known.values()):
            for merged in record["properties"].get("hs_merged_object_ids", "").split(";"):
                known.pop(merged, None)
        assert known == _by_id(vendors.hubspot(kind, properties=names)), kind


def _all(stream: str) -> dict[str, str]:
    return {"status": "all"} if stream == "subscriptions" else {}


def test_records_are_made_changed_deleted_and_merged(
    own_vendors: Callable[[int], Vendors],
) -> None:
    vendors = own_vendors(400)
    before, counts = _truth(vendors.directory), sandbox.counts(vendors.directory)
    moment = _clock(vendors.directory)
    contacts = _by_id(vendors.hubspot("contacts", properties="email,phone,lastname,zip"))
    customers = _by_id(vendors.stripe("customers"))
    sandbox.advance(vendors.directory, 30)
    after, later = _truth(vendors.directory), sandbox.counts(vendors.directory)
    now = _clock(vendors.directory)

    assert len(set(after) - set(before)) > 10, "newcomers"
    assert set(after.values()) - set(before.values())
    assert {key: before[key] for key in before if key in after} == {
        key: after[key] for key in before if key in after
    }, "nobody becomes somebody else"
    for source, stream in (
        ("stripe", "invoices"),
        ("stripe", "charges"),
        ("zendesk", "tickets"),
        ("zendesk", "ticket_comments"),
        ("mailchimp", "campaigns"),
        ("mailchimp", "email_activity"),
        ("hubspot", "calls"),
    ):
        assert later[source][stream] > counts[source][stream], stream

    gone = set(before) - set(after)
    assert {source for source, _ in gone} == {"stripe", "zendesk", "mailchimp", "hubspot"}
    deleted = next(record for source, record in gone if source == "stripe")
    stub = vendors.get("stripe", f"/v1/customers/{deleted}")
    assert stub == {"id": deleted, "object": "customer", "deleted": True}
    events = vendors.stripe("events", type="customer.deleted")
    assert deleted in {event["data"]["object"]["id"] for event in events}

    users = _by_id(vendors.cursor("users"))
    assert all(not users[record]["active"] for source, record in gone if source == "zendesk")
    assert any(ticket["status"] == "deleted" for ticket in vendors.cursor("tickets"))
    archived = {m["list_id"] + ":" + m["id"] for m in vendors.members(status="archived")}
    assert archived == {record for source, record in gone if source == "mailchimp"}

    present = _by_id(vendors.hubspot("contacts", properties=vendors.properties("contacts")))
    merged = {
        loser: contact["id"]
        for contact in present.values()
        for loser in contact["properties"].get("hs_merged_object_ids", "").split(";")
        if loser
    }
    shelved = _by_id(vendors.hubspot("contacts", archived="true"))
    assert merged
    assert shelved
    assert set(merged) | set(shelved) == {record for source, record in gone if source == "hubspot"}
    for loser, winner in merged.items():
        assert before["hubspot", loser] == after["hubspot", winner]
        assert vendors.get("hubspot", f"/crm/v3/objects/contacts/{loser}")["id"] == winner
    for deal in vendors.hubspot("deals", associations="contacts"):
        for each in deal.get("associations", {}).get("contacts", {}).get("results", ()):
            assert each["id"] in present

    changed = [
        contact
        for identity, contact in present.items()
        if identity in contacts
        and any(
            contact["properties"].get(name) != contacts[identity]["properties"].get(name)
            for name in ("email", "phone", "lastname", "zip")
        )
    ]
    assert changed
    for contact in changed:
        assert moment <= parse_time(contact["updatedAt"]) < now
    renamed = [
        each
        for each in vendors.stripe("customers")
        if each["id"] in customers
        and any(
            each[key] != customers[each["id"]][key] for key in ("name", "email", "phone", "address")
        )
    ]
    assert renamed


def test_time_may_pass_in_many_steps(own_vendors: Callable[[int], Vendors]) -> None:
    vendors = own_vendors(120)
    for days in (30, 7, 1, 90, 300, 2):
        sandbox.advance(vendors.directory, days)
    counts = sandbox.counts(vendors.directory)
    for stream in ("customers", "invoices", "charges"):
        assert len(_by_id(vendors.stripe(stream))) == counts["stripe"][stream]
    live = [ticket for ticket in vendors.cursor("tickets") if ticket["status"] != "deleted"]
    assert len(_by_id(live)) == counts["zendesk"]["tickets"]
    assert len(_by_id(vendors.comments())) == counts["zendesk"]["ticket_comments"]
    for kind in ("contacts", "deals", "calls"):
        assert len(_by_id(vendors.hubspot(kind))) == counts["hubspot"][kind]
    truth = _truth(vendors.directory)
    assert len(truth) > 120
    now = _clock(vendors.directory)
    for event in vendors.stripe("events"):
        assert now - 30 * 86_400 <= event["created"] < now


def test_a_mixed_up_record_gets_its_own_details_back(
    own_vendors: Callable[[int], Vendors],
) -> None:
    vendors = own_vendors(1000)
    mixed = sandbox.mess(vendors.directory)["relatives_details"]
    sandbox.advance(vendors.directory, 60)
    assert sandbox.mess(vendors.directory).get("relatives_details", 0) < mixed


def test_a_server_that_runs_serves_the_new_state(own_vendors: Callable[[int], Vendors]) -> None:
    vendors = own_vendors(20)
    first = vendors.ask("stripe", "/v1/products").headers["date"]
    sandbox.advance(vendors.directory, 1)
    assert vendors.ask("stripe", "/v1/products").headers["date"] != first
    totals = {}
    for invoice in vendors.stripe("invoices", status="paid"):
        totals[invoice["currency"]] = totals.get(invoice["currency"], 0) + invoice["amount_paid"]
    assert totals == sandbox.invoice_totals(vendors.directory)


def test_an_advance_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.sandbox.world import World

    sandbox.create(tmp_path, people=30)
    before = (sandbox.counts(tmp_path), _truth(tmp_path), _clock(tmp_path))

    def broken(_: World) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(World, "write", broken)
    with pytest.raises(RuntimeError, match="lights"):
        sandbox.advance(tmp_path, 10)
    assert (sandbox.counts(tmp_path), _truth(tmp_path), _clock(tmp_path)) == before


def test_the_server_dies_with_its_parent(sandbox_directory: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom connectors import sandbox\n"
        "with sandbox.running(Path(sys.argv[1])) as url:\n"
        "    print(url, flush=True)\n    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(sandbox_directory)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    url = parent.stdout.readline().strip()
    headers = {"authorization": "Bearer kesher-sandbox-us1"}
    assert requests.get(f"{url}/mailchimp/3.0/ping", headers=headers, timeout=10).ok
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            requests.get(f"{url}/mailchimp/3.0/ping", headers=headers, timeout=5)
        except requests.ConnectionError:
            return
        time.sleep(0.1)
    pytest.fail("the server outlived its parent")
