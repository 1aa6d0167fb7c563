"""A stream without a cursor that is killed goes on at its page, if that is still what it was."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from answering_vendor import Answer
from pipedrive import EXAMPLE, TOKEN, account, changed, example_copy, person
from reading import read

from connectors.registry import is_complete_reread

ALL = [f"Person {number}" for number in range(1, 12)]


def config(server, folder=EXAMPLE, **settings):
    given = {"company_domain": "acme", "api_token": TOKEN, "base_url": server.base_url}
    return {"folder": str(folder), "name": "pipedrive", "settings": {**given, **settings}}


@pytest.fixture(autouse=True)
def a_state_a_page(monkeypatch):
    monkeypatch.setattr("connectors.checkpoint.RECORDS_A_STATE", 1)


@pytest.fixture
def pipedrive():
    made = account()
    made.persons = [person(number, f"Person {number}", []) for number in range(1, 12)]
    return made


@pytest.fixture
def server(local_vendor, pipedrive):
    return local_vendor(pipedrive.answer)


def names(reading):
    return [record["name"] for record in reading.records["persons"]]


def killed(server, folder=EXAMPLE, state=None, after=7):
    """What stands in the state after a sync that was killed behind so many records."""
    reading = read("manifest", config(server, folder), "persons", state=state, stop_after=after)
    assert len(reading.records["persons"]) == after
    # Its threads read to the end all the same; their requests are not those of the next sync.
    asked = -1
    while asked != len(server.requests):
        asked = len(server.requests)
        time.sleep(0.3)
    return reading.state


def test_it_goes_on_behind_the_page_that_was_read_last_and_takes_nobody_for_deleted(server):
    place = killed(server)
    behind = int(place["persons"]["place"]["page"]) + 2
    assert behind >= 4, "nothing was kept"
    server.requests.clear()
    rest = read("manifest", config(server), "persons", state=place)
    assert rest.errors == {}
    assert names(rest) == ALL[behind:]
    assert server.requests[0].one("cursor") == str(place["persons"]["place"]["page"])
    assert "place" not in rest.state["persons"]
    assert not is_complete_reread(place["persons"], rest.state["persons"])
    whole = read("manifest", config(server), "persons", state=rest.state)
    assert names(whole) == ALL
    assert is_complete_reread(rest.state["persons"], whole.state["persons"])
    again = read("manifest", config(server), "persons", state=whole.state)
    assert names(again) == ALL
    assert is_complete_reread(whole.state["persons"], again.state["persons"])


def test_a_reading_that_was_killed_twice_goes_on_from_the_second_place(server):
    first = read("manifest", config(server), "persons").state
    place = killed(server, state=first, after=5)
    assert place["persons"]["full_read_at"] == first["persons"]["full_read_at"]
    second = killed(server, state=place, after=3)
    assert int(second["persons"]["place"]["page"]) > int(place["persons"]["place"]["page"])
    rest = read("manifest", config(server), "persons", state=second)
    assert names(rest) == ALL[int(second["persons"]["place"]["page"]) + 2 :]
    assert not is_complete_reread(second["persons"], rest.state["persons"])


@pytest.mark.parametrize("what", ["one is gone", "the page is gone", "the place is old"])
def test_where_the_page_is_not_what_it_was_all_is_read(server, pipedrive, what):
    place = killed(server)
    expected = ALL
    if what == "one is gone":
        del pipedrive.persons[0]
        expected = ALL[1:]
    elif what == "the page is gone":
        pipedrive.broken["persons"] = [Answer({"error": "cursor expired"}, 400)]
    else:
        old = datetime.now(UTC) - timedelta(days=2)
        place["persons"]["place"]["since"] = old.isoformat()
    anew = read("manifest", config(server), "persons", state=place)
    assert anew.errors == {}
    assert names(anew) == expected
    assert is_complete_reread(place["persons"], anew.state["persons"])


def test_a_refused_key_at_the_place_is_an_error_and_the_place_stays(server, pipedrive):
    place = killed(server)
    pipedrive.refused = {"persons"}
    refused = read("manifest", config(server), "persons", state=place)
    assert "(403)" in refused.errors["persons"]
    assert refused.state.get("persons", place["persons"]) == place["persons"]


@pytest.mark.parametrize("strategy", ["OffsetIncrement", "PageIncrement"])
def test_pages_by_number_go_on_too(local_vendor, tmp_path, strategy):
    folder = example_copy(tmp_path)
    by_page = strategy == "PageIncrement"

    def change(manifest):
        manifest["definitions"]["pages"].update(
            pagination_strategy={
                "type": strategy,
                "page_size": 2,
                "inject_on_first_request": True,
            }
        )

    def answer(request):
        position = int(request.one("cursor") or 0) * (2 if by_page else 1)
        found = [{"id": number} for number in range(position, min(position + 2, 11))]
        return Answer({"data": found})

    changed(folder / "manifest.yaml", change)
    server = local_vendor(answer)
    place = killed(server, folder)
    rest = read("manifest", config(server, folder), "persons", state=place)
    begun = int(place["persons"]["place"]["page"] or 0) * (2 if by_page else 1) + 2
    assert begun >= 4
    assert [record["id"] for record in rest.records["persons"]] == list(range(begun, 11))


def test_a_page_whose_token_holds_a_secret_is_not_kept(local_vendor, tmp_path):
    folder = example_copy(tmp_path)

    def change(manifest):
        strategy = manifest["definitions"]["pages"]["pagination_strategy"]
        strategy["cursor_value"] = "{{ response.get('next') }}"
        strategy["stop_condition"] = "{{ not response.get('next') }}"

    def answer(request):
        number = int((request.one("cursor") or "0").split("-")[0])
        following = f"{number + 1}-{TOKEN}" if number < 5 else None
        return Answer({"data": [{"id": number, "name": f"Person {number}"}], "next": following})

    changed(folder / "manifest.yaml", change)
    server = local_vendor(answer)
    reading = read("manifest", config(server, folder), "persons")
    assert len(reading.records["persons"]) == 6
    assert TOKEN not in str(reading.states)
