"""What may happen to a record between two syncs, or during one, stream by stream."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from answering_vendor import Answer
from reading import DELETED_AT, live, read

from connectors.id_set import pack_ids, unpack_ids

for folder in ("hubspot", "mailchimp", "stripe", "zendesk"):
    sys.path.append(str(Path(__file__).parent / folder))

from audience import Account  # noqa: E402
from portal import TYPES, Portal  # noqa: E402
from test_stripe_sync import KEY as STRIPE_KEY  # noqa: E402
from test_stripe_sync import SmallStripe  # noqa: E402
from test_zendesk_sync import EMAIL, TOKEN, SmallZendesk  # noqa: E402

DAY = 86_400


def both(stream, *readings, key=("id",)):
    return live([record for r in readings for record in r.records[stream]], *key)


# Stripe.


@pytest.fixture
def stripe(local_vendor):
    vendor = SmallStripe()
    config = {"client_secret": STRIPE_KEY, "base_url": local_vendor(vendor).base_url}
    vendor.sync = lambda state=None: read("stripe", config, "customers", state=state)
    return vendor


def test_stripe_a_key_that_is_deleted_and_made_again_is_alive(stripe):
    key = stripe.create()
    first = stripe.sync()
    stripe.now += DAY
    stripe.delete(key)
    stripe.now += 60
    again = {"id": key, "object": "customer", "created": stripe.now, "name": "again"}
    stripe.customers.insert(0, again)
    stripe.tell("customer.created", again)
    later = stripe.sync(first.state)
    assert both("customers", first, later) == {(key,): again}
    stripe.now += DAY
    stripe.delete(key)
    assert both("customers", first, later, stripe.sync(later.state)) == {}


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_stripe_ties_across_the_edges_of_pages_and_windows(stripe, monkeypatch, size):
    keys = [stripe.create(0) for _ in range(10)]
    stripe.page_limit = size
    stripe.now += 3_600
    first = stripe.sync()
    assert len(first.records["customers"]) == 10
    stripe.now += 3_600
    for key in keys:
        stripe.rename(key, "in one second", seconds=0)
    monkeypatch.setattr("connectors.stripe.components.EVENTS_A_WINDOW", 4)
    stripe.now += 3_600
    later = stripe.sync(first.state)
    assert both("customers", first, later) == stripe.truth()
    assert len(later.records["customers"]) == 10


def test_stripe_a_busy_time_is_read_in_short_windows_each_with_its_state(stripe, monkeypatch):
    monkeypatch.setattr("connectors.stripe.components.EVENTS_A_WINDOW", 50)
    keys = [stripe.create() for _ in range(5)]
    first = stripe.sync()
    stripe.now += DAY
    for number in range(1_000):
        stripe.rename(keys[number % 5], f"name {number}")
    stripe.now += DAY
    later = stripe.sync(first.state)
    assert both("customers", first, later) == stripe.truth()
    since = [state["since"] for state in later.states["customers"]]
    assert since == sorted(since)
    assert len(set(since)) > 15
    # Killed behind any of them, what is left is read and no older version comes after a newer one.
    places = [number for number, (kind, _) in enumerate(later.order) if kind == "state"]
    for number, place in list(enumerate(places))[::5]:
        rest = stripe.sync({"customers": later.states["customers"][number]})
        count = sum(kind == "record" for kind, _ in later.order[:place])
        came = later.records["customers"][:count] + rest.records["customers"]
        assert live([*first.records["customers"], *came], "id") == stripe.truth()


def test_stripe_a_list_that_is_read_again_can_be_killed_too(stripe, monkeypatch):
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 100)
    for _ in range(450):
        stripe.create()
    first = stripe.sync()
    stripe.now += 40 * DAY
    gone = stripe.customers[200]["id"]
    stripe.delete(gone)
    later = stripe.sync(first.state)
    middle = later.states["customers"][1]
    # Whoever syncs sees by `reading` that all is read anew, and draws what was deleted from it.
    assert middle["reading"]["since"] > first.state["customers"]["since"]
    rest = stripe.sync({"customers": middle})
    assert 100 < len(rest.records["customers"]) < 449
    assert rest.state["customers"]["full_read_at"] == middle["reading"]["since"]


def test_stripe_an_event_that_shows_up_late_is_seen(stripe):
    key = stripe.create()
    stripe.now += DAY
    first = stripe.sync()
    stripe.tell("customer.updated", {"id": key, "name": "late"})
    stripe.events[0]["created"] = stripe.now - 200
    stripe.now += DAY
    later = stripe.sync(first.state)
    assert both("customers", first, later)[(key,)]["name"] == "late"


# Zendesk.


@pytest.fixture
def zendesk(local_vendor):
    vendor = SmallZendesk()
    vendor.server = local_vendor(vendor)
    config = {
        "subdomain": "acme",
        "email": EMAIL,
        "api_token": TOKEN,
        "base_url": vendor.server.base_url,
        "max_retries": 0,
    }
    vendor.sync = lambda stream, state=None: read("zendesk", config, stream, state=state)
    return vendor


def test_zendesk_organizations_that_are_gone_are_told_once(zendesk):
    for _ in range(5):
        zendesk.put("organizations")
    zendesk.now += 3_600
    first = zendesk.sync("organizations")
    zendesk.rows["organizations"] = [r for r in zendesk.rows["organizations"] if r["id"] != 3]
    zendesk.put("organizations", 4, name="changed")
    zendesk.now += 3_600
    second = zendesk.sync("organizations", first.state)
    assert [r["id"] for r in second.records["organizations"] if DELETED_AT in r] == [3]
    assert both("organizations", first, second) == zendesk.truth("organizations")
    third = zendesk.sync("organizations", second.state)
    assert not [r for r in third.records["organizations"] if DELETED_AT in r]
    assert both("organizations", first, second, third) == zendesk.truth("organizations")


@pytest.mark.parametrize("stream", ["users", "tickets", "organizations"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_zendesk_ties_and_changes_while_paging_lose_nothing(zendesk, stream, size):
    for number in range(8):
        zendesk.put(stream, seconds=0 if number % 4 else 1)
    if stream == "organizations":
        size = 5  # a time-based export never ends a page within a second; this one would
    zendesk.page_limit = size
    zendesk.now += 3_600
    answer, turns = zendesk.__class__.__call__, []

    def meddling(self, request):
        turns.append(1)
        if len(turns) == 2:
            zendesk.put(stream, 2, name="changed while paging", seconds=0)
            zendesk.put(stream, name="new while paging", seconds=0)
        return answer(self, request)

    zendesk.__class__ = type("Meddling", (SmallZendesk,), {"__call__": meddling})
    first = zendesk.sync(stream)
    zendesk.now += 3_600
    second = zendesk.sync(stream, first.state)
    assert second.errors == {}
    assert both(stream, first, second) == zendesk.truth(stream)


def test_zendesk_a_user_that_is_deleted_and_comes_back_is_alive(zendesk):
    key = zendesk.put("users", active=True)
    first = zendesk.sync("users")
    zendesk.put("users", key, active=False)
    second = zendesk.sync("users", first.state)
    zendesk.put("users", key, active=True)
    third = zendesk.sync("users", second.state)
    found = [r.records["users"][-1]["active"] for r in (first, second, third)]
    assert found == [True, False, True]


def test_zendesk_a_list_of_ratings_goes_on_where_it_was(zendesk, monkeypatch):
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 10)
    for _ in range(60):
        zendesk.put("satisfaction_ratings")
    zendesk.page_limit = 10
    zendesk.now += 3_600
    whole = zendesk.sync("satisfaction_ratings")
    middle = whole.states["satisfaction_ratings"][3]
    assert middle["listing"]["after"]
    rest = zendesk.sync("satisfaction_ratings", {"satisfaction_ratings": middle})
    assert len(rest.records["satisfaction_ratings"]) == 20
    assert rest.state["satisfaction_ratings"] == whole.state["satisfaction_ratings"]


# Mailchimp.


@pytest.fixture
def mailchimp(local_vendor, monkeypatch):
    monkeypatch.setattr("connectors.mailchimp.components.PAGE_SIZE", 20)
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 1)
    account = Account()
    config = {"api_key": "never-show-this-us21", "base_url": local_vendor(account).base_url}
    account.sync = lambda stream, state=None, **more: read(
        "mailchimp", {**config, "max_retries": 0}, stream, state=state, **more
    )
    return account


MEMBER = ("list_id", "id")


@pytest.mark.parametrize("gone", [1, 5, 15, 40])
def test_mailchimp_members_deleted_while_paging_hide_nobody(
    mailchimp, monkeypatch, gone, local_vendor
):
    for number in range(100):
        mailchimp.put("l1", f"p{number:03}@example.com")
    answer, turns = Account.__call__, []

    def meddling(self, request):
        if request.path.endswith("/members"):
            turns.append(1)
        if len(turns) == 4:
            for email in sorted(self.lists["l1"])[:gone]:
                if len(self.lists["l1"]) > 100 - gone:
                    del self.lists["l1"][email]
        return answer(self, request)

    monkeypatch.setattr(Account, "__call__", meddling)
    reading = mailchimp.sync("members")
    assert reading.errors == {}
    found = {member["email_address"] for member in reading.records["members"]}
    assert found >= set(mailchimp.lists["l1"])


@pytest.mark.parametrize("gone", [0, 7, 30])
def test_mailchimp_a_long_list_goes_on_where_it_was_though_it_has_moved(mailchimp, gone):
    for number in range(100):
        mailchimp.put("l1", f"p{number:03}@example.com")
    killed = mailchimp.sync("members", stop_after=65)
    place = killed.state["members"]["within"]["place"]
    assert place["offset"] >= 40
    for email in sorted(mailchimp.lists["l1"])[:gone]:
        del mailchimp.lists["l1"][email]
    rest = mailchimp.sync("members", killed.state)
    addresses = {m["email_address"] for r in (killed, rest) for m in r.records["members"]}
    assert addresses >= set(mailchimp.lists["l1"])
    assert len(rest.records["members"]) <= 60 + 20 * bool(gone)
    assert "within" not in rest.state["members"]


def test_mailchimp_a_member_that_is_archived_and_comes_back_is_alive(mailchimp):
    mailchimp.put("l1", "a@example.com")
    first = mailchimp.sync("members")
    mailchimp.now += DAY
    mailchimp.put("l1", "a@example.com", "archived")
    second = mailchimp.sync("members", first.state)
    mailchimp.now += DAY
    mailchimp.put("l1", "a@example.com", "subscribed")
    third = mailchimp.sync("members", second.state)
    statuses = [r.records["members"][-1]["status"] for r in (first, second, third)]
    assert statuses == ["subscribed", "archived", "subscribed"]


def test_mailchimp_two_clicks_in_one_second_are_two_actions(mailchimp):
    mailchimp.act("c1", "a@example.com", "click", url="https://one.example")
    mailchimp.act("c1", "a@example.com", "click", url="https://two.example")
    reading = mailchimp.sync("email_activity")
    key = ("campaign_id", "email_id", "action", "timestamp", "url")
    assert len(live(reading.records["email_activity"], *key)) == 2


def test_mailchimp_a_long_campaign_goes_on_where_it_was(mailchimp):
    for number in range(90):
        mailchimp.act("c1", f"p{number:03}@example.com", "open")
    killed = mailchimp.sync("email_activity", stop_after=55)
    assert killed.state["email_activity"]["within"]["campaign"] == "c1"
    rest = mailchimp.sync("email_activity", killed.state)
    assert len(rest.records["email_activity"]) < 75
    found = {r["email_id"] for k in (killed, rest) for r in k.records["email_activity"]}
    assert len(found) == 90


@pytest.mark.parametrize("stream", ["lists", "campaigns"])
def test_mailchimp_short_lists_give_only_what_is_new_or_gone(mailchimp, stream):
    for name in ("a", "b", "c"):
        mailchimp.put(name, "a@example.com")
        mailchimp.act(name, "a@example.com", "open")
    first = mailchimp.sync(stream)
    assert {"a", "b", "c"} <= {r["id"] for r in first.records[stream]}
    second = mailchimp.sync(stream, first.state)
    assert second.records[stream] == []
    for there in (mailchimp.lists, mailchimp.campaigns):
        del there["b"]
    mailchimp.put("d", "a@example.com")
    mailchimp.act("d", "a@example.com", "open")
    third = mailchimp.sync(stream, second.state)
    told = {r["id"]: bool(r.get(DELETED_AT)) for r in third.records[stream]}
    assert told == {"b": True, "d": False}


PARTS = {
    "merge_fields": ("lists/{}/merge-fields", "merge_fields", "merge_id"),
    "tags": ("lists/{}/tag-search", "tags", "id"),
    "segments": ("lists/{}/segments", "segments", "id"),
    "interest_categories": ("lists/{}/interest-categories", "categories", "id"),
}


@pytest.mark.parametrize("stream", PARTS)
def test_mailchimp_parts_of_lists_that_are_new_changed_or_gone_are_told(mailchimp, stream):
    path, name, key = PARTS[stream]
    for list_id in ("a", "b"):
        mailchimp.put(list_id, "a@example.com")
        parts = [{key: number, "name": f"part {number}"} for number in range(1, 31)]
        mailchimp.have(path.format(list_id), name, *parts)
    first = mailchimp.sync(stream)
    assert len(live(first.records[stream], "list_id", key)) == len(first.records[stream]) == 60
    assert mailchimp.sync(stream, first.state).records[stream] == []
    parts = [{key: number, "name": f"part {number}"} for number in range(2, 32)]
    parts[0] = {key: 2, "name": "renamed"}
    mailchimp.have(path.format("a"), name, *parts)
    del mailchimp.lists["b"]
    later = mailchimp.sync(stream, first.state)
    assert later.failure is None
    both = live([*first.records[stream], *later.records[stream]], "list_id", key)
    assert both == {("a", part[key]): {**part, "list_id": "a"} for part in parts}
    assert len(later.records[stream]) == 3 + 30


def test_mailchimp_interests_of_every_group_of_every_list(mailchimp):
    for list_id, groups in (("a", ("x", "y")), ("b", ("x",))):
        mailchimp.put(list_id, "a@example.com")
        path = f"lists/{list_id}/interest-categories"
        mailchimp.have(path, "categories", *({"id": group} for group in groups))
        for group in groups:
            mailchimp.have(f"{path}/{group}/interests", "interests", {"id": "1"}, {"id": "2"})
    key = ("list_id", "category_id", "id")
    first = mailchimp.sync("interests")
    assert len(live(first.records["interests"], *key)) == 6
    mailchimp.have("lists/a/interest-categories", "categories", {"id": "y"})
    later = mailchimp.sync("interests", first.state)
    assert [(r["list_id"], r["category_id"]) for r in later.records["interests"]] == [
        ("a", "x")
    ] * 2
    assert all(r[DELETED_AT] for r in later.records["interests"])


def test_mailchimp_only_campaigns_that_more_people_left_after_are_read_again(mailchimp):
    mailchimp.leave("c1", *(f"p{number:02}@example.com" for number in range(45)))
    mailchimp.leave("c2", "a@example.com")
    mailchimp.leave("c3")
    killed = mailchimp.sync("unsubscribes", stop_after=30)
    rest = mailchimp.sync("unsubscribes", killed.state)
    assert len(rest.records["unsubscribes"]) < 40
    key = ("campaign_id", "email_id")
    found = [*killed.records["unsubscribes"], *rest.records["unsubscribes"]]
    assert len(live(found, *key)) == 46
    mailchimp.leave("c3", "b@example.com")
    later = mailchimp.sync("unsubscribes", rest.state)
    assert [r["campaign_id"] for r in later.records["unsubscribes"]] == ["c3"]
    assert mailchimp.sync("unsubscribes", later.state).records["unsubscribes"] == []


@pytest.mark.parametrize(
    ("stream", "path"), [("automations", "automations"), ("landing_pages", "landing-pages")]
)
def test_mailchimp_what_the_account_has_few_of_is_compared_whole(mailchimp, stream, path):
    rows = [{"id": f"{number}", "status": "draft"} for number in range(45)]
    mailchimp.have(path, stream, *rows)
    first = mailchimp.sync(stream)
    assert len(live(first.records[stream], "id")) == 45
    mailchimp.have(path, stream, {**rows[0], "status": "sent"}, *rows[2:])
    later = mailchimp.sync(stream, first.state)
    assert {r["id"]: r.get("status") for r in later.records[stream]} == {"0": "sent", "1": None}


# HubSpot.


@pytest.fixture
def hubspot(local_vendor):
    portal = Portal()
    portal.server = local_vendor(lambda request: portal(request))
    config = {"access_token": "pat-never-show-this", "base_url": portal.server.base_url}
    portal.sync = lambda stream, state=None: read(
        "hubspot", {**config, "max_retries": 0}, stream, state=state
    )
    return portal


@pytest.mark.parametrize("touched", [True, False])
@pytest.mark.parametrize("kind", TYPES)
def test_hubspot_archived_restored_and_archived_again(hubspot, kind, touched):
    """Also when restoring does not change the time of the last change."""
    for number in (1, 2, 3):
        hubspot.put(kind, number)
    readings = [hubspot.sync(kind)]

    def alive():
        readings.append(hubspot.sync(kind, readings[-1].state))
        assert readings[-1].errors == {}
        found = both(kind, *readings).values()
        return sorted(r["id"] for r in found if not r.get("archived"))

    hubspot.now += DAY
    hubspot.archive(kind, 2)
    hubspot.archive(kind, 3)
    hubspot.now += DAY
    assert alive() == ["1"]
    hubspot.now += DAY
    record = hubspot.objects[kind][2]
    record["archived"] = False
    del record["archivedAt"]
    if touched:
        hubspot.put(kind, 2, firstname="back")
    hubspot.now += DAY
    assert alive() == ["1", "2"]
    hubspot.now += DAY
    hubspot.archive(kind, 2)
    hubspot.now += DAY
    assert alive() == ["1"]


def test_hubspot_what_is_purged_from_the_archive_does_not_come_back(hubspot):
    hubspot.put("contacts", 1)
    hubspot.put("contacts", 2)
    hubspot.archive("contacts", 2)
    hubspot.now += DAY
    first = hubspot.sync("contacts")
    answer = Portal.answer

    def without_two(request, parts):
        if "batch" in parts:
            return Answer({"results": []})
        return answer(hubspot, request, parts)

    del hubspot.objects["contacts"][2]
    hubspot.answer = without_two
    second = hubspot.sync("contacts", first.state)
    assert second.errors == {}
    assert second.records["contacts"] == []


def test_hubspot_many_that_share_one_moment_are_all_read(hubspot, monkeypatch):
    monkeypatch.setattr("connectors.hubspot.components.SEARCH_SIZE", 3)
    first = hubspot.sync("deals")
    hubspot.now += DAY
    for number in range(1, 20):
        hubspot.put("deals", number)
    later = hubspot.sync("deals", first.state)
    assert sorted(int(r["id"]) for r in later.records["deals"]) == list(range(1, 20))


def test_hubspot_a_change_that_search_learns_of_late_is_seen(hubspot):
    hubspot.put("contacts", 1)
    hubspot.now += DAY
    first = hubspot.sync("contacts")
    # Its time is before the first sync's, but search did not show it then.
    hubspot.now -= 200
    hubspot.put("contacts", 1, firstname="late")
    hubspot.now += DAY
    later = hubspot.sync("contacts", first.state)
    assert later.records["contacts"][0]["properties"]["firstname"] == "late"


def test_hubspot_owners_come_once_and_again_when_they_change(hubspot):
    first = hubspot.sync("owners")
    assert [r["id"] for r in first.records["owners"]] == ["1", "2"]
    assert hubspot.sync("owners", first.state).records["owners"] == []


# The packed ids.


@pytest.mark.parametrize(
    "ids", [set(), {0}, {1}, {127, 128, 129}, {5, 2**40, 2**63}, set(range(0, 90_000, 3))]
)
def test_packed_ids_come_back(ids):
    assert unpack_ids(pack_ids(ids)) == ids


def test_packed_ids_are_short():
    ids = range(20_000_000, 20_000_000 + 7 * 100_000, 7)
    assert len(pack_ids(ids)) < 3 * 100_000
