"""What HubSpot's connector reads, first and later, under HubSpot's own limits."""

from typing import Any

import pytest
from airbyte_cdk.models import SyncMode
from answering_vendor import Answer
from portal import TYPES, Portal, iso
from reading import DELETED_AT, live, read

from connectors.registry import is_complete_reread

DAY = 86_400


def config_for(server, **more):
    return {
        "access_token": "pat-never-show-this",
        "base_url": server.base_url,
        "max_retries": 0,
        **more,
    }


@pytest.fixture
def portal() -> Portal:
    return Portal()


def ids(records: list[dict[str, Any]]) -> list[int]:
    return [int(record["id"]) for record in records]


def test_a_first_sync_reads_every_page_live_and_archived_with_every_property(local_vendor, portal):
    portal.properties.append("our_own_property")
    for number in range(1, 252):
        portal.put("contacts", number, firstname="דוד", our_own_property=f"v{number}")
    portal.archive("contacts", 7)
    portal.associations["contacts", "companies"][5] = [900, 901]
    server = local_vendor(portal)
    result = read("hubspot", config_for(server), "contacts")
    assert result.failure is None
    assert sorted(ids(result.records["contacts"])) == list(range(1, 252))
    by_id = {record["id"]: record for record in result.records["contacts"]}
    assert by_id["7"]["archived"] is True
    assert by_id["9"]["properties"]["our_own_property"] == "v9"
    assert ids(by_id["5"]["associations"]["companies"]["results"]) == [900, 901]
    assert is_complete_reread({}, result.state["contacts"])
    assert server.base_url not in str(result.states)


def test_all_types_are_read_and_owners_with_those_who_left(local_vendor, portal):
    for number, kind in enumerate(TYPES, start=1):
        portal.put(kind, number)
    result = read("hubspot", config_for(local_vendor(portal)), *TYPES, "owners")
    assert result.failure is None
    for number, kind in enumerate(TYPES, start=1):
        assert ids(result.records[kind]) == [number]
    assert sorted((o["id"], o["archived"]) for o in result.records["owners"]) == [
        ("1", False),
        ("2", True),
    ]


def test_a_later_sync_reads_what_changed_and_what_was_archived_and_nothing_else(
    local_vendor, portal
):
    for number in range(1, 6):
        portal.put("contacts", number, firstname="old")
    portal.archive("contacts", 5)
    portal.now += DAY
    server = local_vendor(portal)
    first = read("hubspot", config_for(server), "contacts")
    portal.now += DAY
    portal.put("contacts", 2, firstname="new")
    portal.put("contacts", 6, firstname="new")
    portal.archive("contacts", 3)
    portal.associations["contacts", "deals"][2] = [70]
    portal.now += DAY
    second = read("hubspot", config_for(server), "contacts", state=first.state)
    assert second.failure is None
    assert sorted(ids(second.records["contacts"])) == [2, 3, 6]
    by_id = {record["id"]: record for record in second.records["contacts"]}
    assert by_id["3"]["archived"] is True
    assert by_id["2"]["properties"]["firstname"] == "new"
    assert by_id["2"]["associations"]["deals"]["results"][0]["id"] == "70"
    assert not is_complete_reread(first.state["contacts"], second.state["contacts"])
    portal.now += DAY
    third = read("hubspot", config_for(server), "contacts", state=second.state)
    assert third.records["contacts"] == []


def test_associations_have_one_shape_whether_listed_or_searched(local_vendor, portal):
    portal.put("contacts", 1)
    portal.put("contacts", 2)
    portal.associations["contacts", "companies"][1] = list(range(1000, 1250))
    server = local_vendor(portal)
    listed = read("hubspot", config_for(server), "contacts")
    state = {"contacts": {"updated_after": "2020-01-01T00:00:00+00:00"}}
    searched = read("hubspot", config_for(server), "contacts", state=state)
    listed_by_id = live(listed.records["contacts"], "id")
    assert listed_by_id == live(searched.records["contacts"], "id")
    (record,) = (r for r in listed.records["contacts"] if r["id"] == "1")
    assert ids(record["associations"]["companies"]["results"]) == list(range(1000, 1250))
    assert "paging" not in record["associations"]["companies"]


def test_a_merge_deletes_the_loser_in_first_and_later_syncs(local_vendor, portal):
    portal.put("contacts", 1, hs_merged_object_ids="8;9")
    portal.now += DAY
    server = local_vendor(portal)
    first = read("hubspot", config_for(server), "contacts")
    deleted = [r["id"] for r in first.records["contacts"] if r.get(DELETED_AT)]
    assert deleted == ["8", "9"]
    portal.put("contacts", 2)
    portal.put("contacts", 3)
    portal.now += DAY
    del portal.objects["contacts"][3]
    portal.put("contacts", 2, hs_merged_object_ids="3")
    second = read("hubspot", config_for(server), "contacts", state=first.state)
    (tombstone,) = (r for r in second.records["contacts"] if r.get(DELETED_AT))
    assert tombstone["id"] == "3"
    assert set(tombstone) == {"id", DELETED_AT}


def test_a_merge_is_told_though_the_winner_was_archived_before_the_next_sync(local_vendor, portal):
    portal.put("companies", 1)
    portal.put("companies", 2)
    portal.now += DAY
    server = local_vendor(portal)
    first = read("hubspot", config_for(server), "companies")
    portal.now += DAY
    del portal.objects["companies"][2]
    portal.put("companies", 1, hs_merged_object_ids="2")
    portal.archive("companies", 1)
    second = read("hubspot", config_for(server), "companies", state=first.state)
    told = {r["id"]: bool(r.get(DELETED_AT)) for r in second.records["companies"]}
    assert told == {"1": False, "2": True}


def test_more_changes_than_search_gives_are_read_completely(local_vendor, portal, waits):
    for number in range(1, 10_451):
        portal.put("notes", number)
    state = {"notes": {"updated_after": "2020-01-01T00:00:00+00:00"}}
    result = read("hubspot", config_for(local_vendor(portal)), "notes", state=state)
    assert result.failure is None
    assert ids(result.records["notes"]) == list(range(1, 10_451))


@pytest.mark.parametrize("state", [None, {"updated_after": "2020-01-01T00:00:00+00:00"}])
def test_properties_whose_names_do_not_fit_in_a_url_are_all_read(local_vendor, portal, state):
    portal.properties += [f"a_rather_long_name_of_a_custom_property_{n}" for n in range(400)]
    last = portal.properties[-1]
    for number in range(1, 120):
        portal.put("companies", number, **{last: str(number)})
    portal.archive("companies", 4)
    portal.associations["companies", "contacts"][9] = [5]
    server = local_vendor(portal)
    result = read("hubspot", config_for(server), "companies", state=state and {"companies": state})
    assert result.failure is None
    by_id = {record["id"]: record for record in result.records["companies"]}
    assert len(by_id) == 119
    assert all(record["properties"][last] == number for number, record in by_id.items())
    assert by_id["4"]["archived"] is True
    assert by_id["9"]["associations"]["contacts"]["results"][0]["id"] == "5"


@pytest.mark.parametrize("later", [False, True])
def test_a_sync_that_was_killed_goes_on_where_it_was(local_vendor, portal, monkeypatch, later):
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 200)
    for number in range(1, 1001):
        portal.put("deals", number)
    before = {"deals": {"updated_after": "2020-01-01T00:00:00+00:00"}} if later else None
    server = local_vendor(portal)
    killed = read("hubspot", config_for(server), "deals", state=before, stop_after=650)
    assert 0 < len(killed.records["deals"]) < 1000
    # `reading` stands for a read of everything, of which whoever syncs draws what was deleted.
    assert ("searching" if later else "reading") in killed.state["deals"]
    assert not (later and "reading" in killed.state["deals"])
    portal.now += DAY
    portal.put("deals", 3, firstname="changed meanwhile")
    rest = read("hubspot", config_for(server), "deals", state=killed.state)
    together = live(killed.records["deals"] + rest.records["deals"], "id")
    assert len(together) == 1000
    assert len(rest.records["deals"]) < 800
    # What changed behind the place of the kill is the next sync's: the state starts before it.
    last = read("hubspot", config_for(server), "deals", state=rest.state)
    assert (
        live(last.records["deals"], "id")[("3",)]["properties"]["firstname"] == "changed meanwhile"
    )
    assert not is_complete_reread(killed.state["deals"], rest.state["deals"])


def test_a_start_date_limits_the_first_sync(local_vendor, portal):
    portal.put("contacts", 1)
    portal.now += 10 * DAY
    portal.put("contacts", 2)
    day = (portal.now - DAY) // DAY * DAY
    start = {"start_date": iso(day)[:10]}
    server = local_vendor(portal)
    first = read("hubspot", config_for(server, **start), "contacts")
    assert ids(first.records["contacts"]) == [2]
    assert not is_complete_reread({}, first.state["contacts"])


def test_the_local_clock_plays_no_part(local_vendor, portal):
    portal.now = 4_000_000_000  # the year 2096
    portal.put("contacts", 1)
    portal.now += DAY
    server = local_vendor(portal)
    first = read("hubspot", config_for(server), "contacts")
    assert ids(first.records["contacts"]) == [1]
    portal.now += DAY
    portal.put("contacts", 2)
    second = read("hubspot", config_for(server), "contacts", state=first.state)
    assert ids(second.records["contacts"]) == [2]


def test_a_full_refresh_reads_everything(local_vendor, portal):
    portal.put("contacts", 1)
    result = read(
        "hubspot", config_for(local_vendor(portal)), "contacts", mode=SyncMode.full_refresh
    )
    assert ids(result.records["contacts"]) == [1]


def test_a_next_page_that_is_the_same_page_ends_in_an_error_not_in_a_loop(local_vendor, portal):
    portal.put("contacts", 1)

    def stuck(request):
        answer = portal(request)
        if request.path == "/crm/v3/objects/contacts":
            answer.body["paging"] = {"next": {"after": "1"}}
        return answer

    result = read("hubspot", config_for(local_vendor(stuck)), "contacts")
    assert "same page" in result.errors["contacts"]


def test_associations_that_could_not_be_read_are_an_error(local_vendor, portal):
    portal.put("contacts", 1)

    def partly(request):
        if request.path.startswith("/crm/v4/"):
            return Answer(
                {"results": [], "errors": [{"category": "INTERNAL", "message": "oops"}]}, 207
            )
        return portal(request)

    state = {"contacts": {"updated_after": "2020-01-01T00:00:00+00:00"}}
    result = read("hubspot", config_for(local_vendor(partly)), "contacts", state=state)
    assert "oops" in result.errors["contacts"]


# The stages of deals.


def stages(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(record["deal_id"], record["value"]) for record in records]


def test_every_stage_that_a_deal_entered_comes_once_also_one_it_came_back_to(local_vendor, portal):
    for number in range(1, 121):
        portal.put("deals", number)
        portal.move(number, "new", "offer", "new")
    portal.archive("deals", 7)
    portal.now += DAY
    server = local_vendor(portal)
    first = read("hubspot", config_for(server), "deal_stage_history")
    assert first.failure is None
    found = first.records["deal_stage_history"]
    assert len(live(found, "deal_id", "timestamp", "value")) == len(found) == 360
    assert stages([r for r in found if r["deal_id"] == "7"]) == [
        ("7", "new"),
        ("7", "offer"),
        ("7", "new"),
    ]
    portal.now += DAY
    for number in range(10, 70):
        portal.move(number, "won")
    portal.move(90, "offer")
    portal.archive("deals", 90)
    portal.now += DAY
    server.requests.clear()
    later = read("hubspot", config_for(server), "deal_stage_history", state=first.state)
    assert later.failure is None
    came = {(r["deal_id"], r["timestamp"]): r["value"] for r in later.records["deal_stage_history"]}
    assert len(came) == 60 * 4 + 4  # only deals that changed, each with all its stages
    assert sorted(came.values()).count("won") == 60
    assert [r for r in stages(later.records["deal_stage_history"]) if r[0] == "90"][-1][
        1
    ] == "offer"
    again = read("hubspot", config_for(server), "deal_stage_history", state=later.state)
    assert again.records["deal_stage_history"] == []


def test_a_history_that_was_killed_goes_on_where_it_was(local_vendor, portal, monkeypatch):
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 100)
    for number in range(1, 301):
        portal.put("deals", number)
        portal.move(number, "new", "won")
    server = local_vendor(portal)
    killed = read("hubspot", config_for(server), "deal_stage_history", stop_after=330)
    rest = read("hubspot", config_for(server), "deal_stage_history", state=killed.state)
    both = killed.records["deal_stage_history"] + rest.records["deal_stage_history"]
    assert len(live(both, "deal_id", "timestamp", "value")) == 600
    assert len(rest.records["deal_stage_history"]) < 450


# Pipelines and properties.


def test_pipelines_come_with_their_stages_and_only_when_they_change(local_vendor, portal):
    stage = {"id": "1", "label": "New", "metadata": {"ticketState": "OPEN"}}
    portal.pipelines["tickets"] = [{"id": "default", "stages": [stage]}, {"id": "b", "stages": []}]
    server = local_vendor(portal)
    first = read("hubspot", config_for(server), "pipelines")
    key = ("object_type", "id")
    assert live(first.records["pipelines"], *key).keys() == {
        ("deals", "default"),
        ("tickets", "default"),
        ("tickets", "b"),
    }
    assert first.records["pipelines"][1]["stages"] == [stage]
    portal.pipelines["tickets"] = [{"id": "default", "stages": [{**stage, "label": "Fresh"}]}]
    second = read("hubspot", config_for(server), "pipelines", state=first.state)
    (changed, gone) = second.records["pipelines"]
    assert changed["stages"][0]["label"] == "Fresh"
    assert {**gone, DELETED_AT: ""} == {"object_type": "tickets", "id": "b", DELETED_AT: ""}
    assert read("hubspot", config_for(server), "pipelines", state=second.state).records == {}


def test_properties_of_every_type_of_object_are_defined(local_vendor, portal):
    portal.properties.append("our_own_property")
    server = local_vendor(portal)
    result = read("hubspot", config_for(server), "property_definitions")
    found = {(r["object_type"], r["name"]) for r in result.records["property_definitions"]}
    assert found == {(kind, name) for kind in TYPES for name in portal.properties}


@pytest.mark.parametrize(
    ("stream", "path", "others"),
    [("pipelines", "pipelines/tickets", 1), ("property_definitions", "properties/leads", 22)],
)
def test_a_type_that_may_not_be_read_is_said_and_what_is_known_of_it_stays(
    local_vendor, portal, caplog, stream, path, others
):
    server = local_vendor(portal)
    first = read("hubspot", config_for(server), stream)
    scopes = {"message": "no", "errors": [{"context": {"requiredGranularScopes": ["x.read"]}}]}

    def refusing(request):
        return Answer(scopes, 403) if path in request.path else portal(request)

    refused = config_for(local_vendor(refusing))
    with caplog.at_level("WARNING", "airbyte"):
        later = read("hubspot", refused, stream, state=first.state)
    assert later.errors == {}
    (left_out,) = (record for record in caplog.records if "x.read" in record.message)
    assert left_out.for_user, "whoever runs the sync is told"
    assert later.records[stream] == []
    assert later.state[stream] == first.state[stream]
    assert len(read("hubspot", refused, stream).records[stream]) == others
    closed = config_for(local_vendor(lambda _: Answer(scopes, 403)))
    assert "x.read" in read("hubspot", closed, stream).errors[stream]
