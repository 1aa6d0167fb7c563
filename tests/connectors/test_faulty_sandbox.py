"""Every vendor read from a sandbox in which things go wrong: all of it comes, or it is said."""

from __future__ import annotations

import shutil
from collections import Counter
from importlib import import_module
from itertools import pairwise

import pytest
import requests
from reading import DELETED_AT, live, read

from connectors import sandbox
from connectors.sandbox import Fault, FaultPlan, load_plan

STREAMS = {
    "stripe": (
        *("customers", "invoices", "charges", "refunds", "subscriptions", "products"),
        *("prices", "payment_intents", "balance_transactions"),
        # These read the lists of others beside them: of invoices, subscriptions, customers, events.
        *("invoice_lines", "subscription_items", "payment_methods", "events"),
    ),
    "zendesk": (
        *("users", "organizations", "tickets", "ticket_comments", "satisfaction_ratings"),
        *("ticket_metrics", "organization_memberships", "groups", "group_memberships", "tags"),
        *("ticket_fields", "user_fields", "organization_fields"),
        *("deleted_tickets", "custom_objects", "custom_object_records"),
    ),
    "mailchimp": (
        *("lists", "members", "campaigns", "email_activity"),
        *("segments", "interests", "reports", "unsubscribes"),
    ),
    "hubspot": (
        *("contacts", "companies", "deals", "owners"),
        *("calls", "meetings", "notes", "tasks", "emails"),
        *("tickets", "line_items", "products", "leads"),
        *("deal_stage_history", "pipelines", "property_definitions"),
    ),
}
#: Streams that ask for the list of another one too.
SHARING = {"customers": {"payment_methods"}}
KEYS = {
    "invoice_lines": ("invoice", "id"),
    "subscription_items": ("subscription", "id"),
    "members": ("list_id", "id"),
    "email_activity": ("campaign_id", "email_id", "action", "timestamp", "url"),
    "segments": ("list_id", "id"),
    "interests": ("list_id", "category_id", "id"),
    "unsubscribes": ("campaign_id", "email_id"),
    "deal_stage_history": ("deal_id", "timestamp", "value"),
    "pipelines": ("object_type", "id"),
    "tags": ("name",),
    "custom_objects": ("key",),
    "custom_object_records": ("custom_object_key", "id"),
    "ticket_metrics": ("ticket_id",),
    "property_definitions": ("object_type", "name"),
}
#: So that even a small sandbox has many pages.
PAGES = {
    "stripe": {"PAGE_SIZE": 25},
    "zendesk": {"EXPORT_PAGE_SIZE": 15, "pages.LIST_PAGE_SIZE": 10},
    "mailchimp": {"PAGE_SIZE": 24},
    "hubspot": {"LIST_SIZE": 20, "SEARCH_SIZE": 25},
}
#: A stream of each with many pages, and its path.
LONG = {
    "stripe": ("customers", "/v1/customers"),
    "zendesk": ("users", "/api/v2/incremental/users/cursor"),
    "mailchimp": ("members", "/3.0/lists/*/members"),
    "hubspot": ("contacts", "/crm/v3/objects/contacts"),
}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("faulty") / "sandbox"
    sandbox.create(directory, people=120, seed=11)
    return directory


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    for vendor, sizes in PAGES.items():
        for name, size in sizes.items():
            module = import_module(f"connectors.{vendor}.{name.rpartition('.')[0] or 'components'}")
            monkeypatch.setattr(module, name.rpartition(".")[2], size)


@pytest.fixture
def served(made):
    """Call it with a plan; gives the configuration of each vendor, and what happened."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def serve(plan=None, directory=made):
            url = stack.enter_context(sandbox.running(directory, faults=plan))
            configs = sandbox.source_configs(url)
            told = lambda: requests.get(f"{url}/_faults", timeout=10).json()  # noqa: E731
            return configs, told

        yield serve


def key_of(stream):
    return KEYS.get(stream, ("id",))


def truth(reading, stream):
    return live(reading.records[stream], *key_of(stream))


@pytest.fixture(scope="session")
def clean(made):
    """Each vendor as it is read when all goes well."""
    with sandbox.running(made) as url:
        configs = sandbox.source_configs(url)
        found = {vendor: read(vendor, configs[vendor], *STREAMS[vendor]) for vendor in STREAMS}
    assert all(reading.failure is None for reading in found.values())
    return found


@pytest.mark.parametrize("vendor", STREAMS)
@pytest.mark.parametrize("profile", ["storm", "flaky", "confused", "hostile"])
def test_nothing_is_lost_when_things_go_wrong_and_pass(served, waits, clean, vendor, profile):
    configs, told = served(load_plan(profile, 3))
    reading = read(vendor, {**configs[vendor], "max_retries": 14}, *STREAMS[vendor])
    assert reading.errors == {}
    assert sum(told()["faults"].values()) >= 3
    assert waits.slept
    for stream in STREAMS[vendor]:
        assert truth(reading, stream) == truth(clean[vendor], stream), stream


@pytest.mark.parametrize("kind", ["empty_page", "repeated_page"])
@pytest.mark.parametrize("vendor", STREAMS)
def test_a_page_that_is_wrong_once_loses_and_doubles_nothing(served, waits, clean, vendor, kind):
    stream, path = LONG[vendor]
    plan = FaultPlan((Fault(kind, vendor=vendor, path=path, after=2, every=3),))
    configs, told = served(plan)
    reading = read(vendor, configs[vendor], stream)
    assert told()["faults"][kind] >= 1
    assert reading.errors == {}
    assert truth(reading, stream) == truth(clean[vendor], stream)
    counted = Counter(tuple(r[k] for k in key_of(stream)) for r in reading.records[stream])
    before = Counter(tuple(r[k] for k in key_of(stream)) for r in clean[vendor].records[stream])
    assert counted == before


@pytest.mark.parametrize("kind", ["empty_page", "repeated_page", "looping_cursor"])
@pytest.mark.parametrize("vendor", STREAMS)
def test_a_page_that_stays_wrong_is_told_and_ends_nowhere_else(served, waits, vendor, kind):
    stream, path = LONG[vendor]
    configs, told = served(FaultPlan((Fault(kind, vendor=vendor, path=path, after=2),)))
    reading = read(vendor, configs[vendor], stream)
    assert "cannot be read" in reading.errors[stream]
    assert told()["faults"][kind] <= 21
    # The state is one to go on from: nothing is lost by what went wrong.
    configs, _ = served()
    rest = read(vendor, configs[vendor], stream, state=reading.state)
    assert rest.errors == {}
    whole = read(vendor, configs[vendor], stream)
    both = [*reading.records[stream], *rest.records[stream]]
    assert live(both, *key_of(stream)) == truth(whole, stream)


@pytest.mark.parametrize("vendor", ["stripe", "zendesk", "hubspot"])
def test_a_place_that_is_not_known_any_more_is_found_again(served, waits, clean, vendor):
    stream, path = LONG[vendor]
    plan = FaultPlan((Fault("refused_cursor", vendor=vendor, path=path, after=2, times=1),))
    configs, told = served(plan)
    reading = read(vendor, configs[vendor], stream)
    assert told()["faults"] == {"refused_cursor": 1}
    assert reading.errors == {}
    assert truth(reading, stream) == truth(clean[vendor], stream)


@pytest.mark.parametrize("vendor", ["stripe", "zendesk", "hubspot"])
def test_a_place_that_is_never_known_ends_in_an_error(served, waits, vendor):
    stream, path = LONG[vendor]
    configs, _ = served(FaultPlan((Fault("refused_cursor", vendor=vendor, path=path, after=1),)))
    reading = read(vendor, configs[vendor], stream)
    assert "400" in reading.errors[stream]


@pytest.mark.parametrize("vendor", STREAMS)
def test_credentials_that_expire_keep_what_was_read(served, waits, clean, vendor):
    stream, path = LONG[vendor]
    configs, _ = served(FaultPlan((Fault("expired_credentials", path=path, after=3),)))
    reading = read(vendor, configs[vendor], stream)
    assert "401" in reading.errors[stream]
    assert reading.records[stream]
    assert reading.state[stream]
    configs, _ = served()
    rest = read(vendor, configs[vendor], stream, state=reading.state)
    both = [*reading.records[stream], *rest.records[stream]]
    assert live(both, *key_of(stream)) == truth(clean[vendor], stream)
    again = len(both) - len(clean[vendor].records[stream])
    assert again <= PAGES[vendor].get("PAGE_SIZE", 60)


@pytest.mark.parametrize("vendor", STREAMS)
@pytest.mark.parametrize(
    ("kind", "word"),
    [("forbidden", "403"), ("not_found", "404"), ("bad_request", "400")],
)
def test_a_refused_stream_is_told_and_the_others_go_on(served, waits, clean, vendor, kind, word):
    stream, path = LONG[vendor]
    configs, _ = served(FaultPlan((Fault(kind, vendor=vendor, path=path),)))
    reading = read(vendor, configs[vendor], *STREAMS[vendor])
    refused = {stream, *SHARING.get(stream, ())}
    assert set(reading.errors) == refused
    assert word in reading.errors[stream]
    if kind == "forbidden":
        lacks = {
            "stripe": "rak_sandbox_read",
            "zendesk": "administrator",
            "mailchimp": "Manager",
            "hubspot": "crm.sandbox.read",
        }
        assert lacks[vendor] in reading.errors[stream]
    for other in set(STREAMS[vendor]) - refused:
        assert truth(reading, other) == truth(clean[vendor], other)


@pytest.mark.parametrize("vendor", STREAMS)
def test_new_fields_and_changed_types_come_through(served, clean, vendor):
    stream, path = LONG[vendor]
    configs, _ = served(
        FaultPlan((Fault("unknown_field", path=path, every=2), Fault("changed_type", path=path)))
    )
    reading = read(vendor, configs[vendor], stream)
    assert reading.errors == {}
    assert truth(reading, stream).keys() == truth(clean[vendor], stream).keys()
    assert any("kesher_unknown_field" in record for record in reading.records[stream])
    assert truth(reading, stream) != truth(clean[vendor], stream)


@pytest.mark.parametrize("vendor", STREAMS)
def test_changes_are_read_through_the_storm_too(made, served, waits, tmp_path, vendor):
    directory = shutil.copytree(made, tmp_path / "sandbox")
    configs, _ = served(None, directory)
    first = read(vendor, configs[vendor], *STREAMS[vendor])
    sandbox.advance(directory, 20)
    stormy, told = served(load_plan("hostile", 5), directory)
    later = read(vendor, {**stormy[vendor], "max_retries": 14}, *STREAMS[vendor], state=first.state)
    assert later.errors == {}
    assert told()["faults"]
    now = read(vendor, configs[vendor], *STREAMS[vendor])
    for stream in STREAMS[vendor]:
        merged = live([*first.records[stream], *later.records[stream]], *key_of(stream))
        expected = truth(now, stream)
        if stream == "events":  # Stripe has forgotten some of them.
            merged = {key: merged[key] for key in expected}
        if vendor == "hubspot":
            # That an association changed is no change of the record, to HubSpot.
            for record in (*merged.values(), *expected.values()):
                record.pop("associations", None)
        assert merged == expected, stream


def test_every_state_on_the_way_is_safe_to_go_on_from(served, clean, monkeypatch):
    """Killed behind any state, the rest completes what came before it; for every stream."""
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 50)
    configs, _ = served()
    for vendor, streams in STREAMS.items():
        whole = clean[vendor]
        for stream in streams:
            reading = read(vendor, configs[vendor], stream)
            places = [n for n, entry in enumerate(reading.order) if entry[0] == "state"]
            counts = [sum(e[0] == "record" for e in reading.order[:place]) for place in places]
            assert counts == sorted(counts)
            gaps = [b - a for a, b in pairwise([0, *counts])]
            assert max(gaps, default=0) <= 400, (vendor, stream)
            middle = len(counts) // 2
            state = reading.states[stream][middle]
            rest = read(vendor, configs[vendor], stream, state={stream: state})
            both = [*reading.records[stream][: counts[middle]], *rest.records[stream]]
            assert live(both, *key_of(stream)) == truth(whole, stream), (vendor, stream)
            assert len(both) - len(reading.records[stream]) <= 120, (vendor, stream)
            assert DELETED_AT not in str(rest.records[stream]) or stream == "contacts"
