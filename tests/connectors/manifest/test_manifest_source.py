"""A source out of a folder, as a connector: streams, state, manners, secrets."""

from __future__ import annotations

import json
import logging

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, Status
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from answering_vendor import Answer, Request
from pipedrive import EXAMPLE, TOKEN, account, changed, deal, example_copy
from reading import configured, read

from connectors.command import run
from connectors.manifest.source import create_source

LOGGER = logging.getLogger("airbyte")


def config(server, folder=EXAMPLE, **settings):
    given = {"company_domain": "acme", "api_token": TOKEN, "base_url": server.base_url}
    return {"folder": str(folder), "name": "pipedrive", "settings": {**given, **settings}}


@pytest.fixture
def pipedrive():
    return account()


@pytest.fixture
def server(local_vendor, pipedrive):
    return local_vendor(pipedrive.answer)


def server_request(path):
    """A first request of the connector, to answer it by hand."""
    return Request("GET", path, {}, {"x-api-token": TOKEN}, b"")


STREAMS = ("persons", "organizations", "users", "deals", "activities")


def test_every_page_of_every_stream_is_read(server, pipedrive):
    reading = read("manifest", config(server), *STREAMS)
    assert reading.errors == {}
    assert {stream: len(reading.records[stream]) for stream in STREAMS} == {
        "persons": 3,
        "organizations": 2,
        "users": 1,
        "deals": 3,
        "activities": 3,
    }
    assert reading.records["persons"][0] == pipedrive.persons[0]


def test_the_catalog_has_what_the_manifest_says(server):
    source = create_source(config(server))
    streams = {stream.name: stream for stream in source.discover(LOGGER, {}).streams}
    assert list(streams) == list(STREAMS)
    assert {name: stream.source_defined_primary_key for name, stream in streams.items()} == {
        name: [["id"]] for name in STREAMS
    }
    assert streams["deals"].default_cursor_field == ["update_time"]
    assert streams["deals"].json_schema["properties"] == {"id": {}, "update_time": {}}
    whole = {name for name, stream in streams.items() if "x-read-whole" in stream.json_schema}
    assert whole == {"persons", "organizations"}, "users come on one page"
    assert [mode.value for mode in streams["users"].supported_sync_modes] == ["full_refresh"]


def test_a_schema_of_the_folder_is_the_streams(server, tmp_path):
    folder = example_copy(tmp_path)
    (folder / "schemas").mkdir()
    (folder / "schemas" / "persons.json").write_text('{"properties": {"id": {"type": "integer"}}}')
    source = create_source(config(server, folder))
    schema = source.discover(LOGGER, {}).streams[0].json_schema
    assert schema["properties"] == {"id": {"type": "integer"}}


def test_a_stream_with_a_cursor_goes_on_from_its_state(server, pipedrive):
    first = read("manifest", config(server), "deals")
    pipedrive.deals.append(deal(24, 1, "New", update_time="2026-02-06T08:00:00Z"))
    server.requests.clear()
    second = read("manifest", config(server), "deals", state=first.state)
    assert server.requests[0].one("updated_since") == "2026-02-05T07:55:00Z"
    assert [record["id"] for record in second.records["deals"]][-1] == 24


def in_months(folder):
    """The example with a cursor whose range is asked for month by month."""

    def change(manifest):
        manifest["concurrency_level"]["default_concurrency"] = 1
        manifest["definitions"]["changing_stream"]["incremental_sync"].update(
            step="P1M",
            cursor_granularity="PT1S",
            end_time_option={
                "type": "RequestOption",
                "inject_into": "request_parameter",
                "field_name": "updated_until",
            },
        )

    changed(folder / "manifest.yaml", change)
    return folder


def test_a_cursor_with_a_step_sends_its_state_on_the_way_and_one_without_at_the_end(
    server, pipedrive, tmp_path
):
    folder = in_months(example_copy(tmp_path))
    pipedrive.deals = [
        deal(number, 1, "Deal", update_time=f"2025-{number:02}-15T00:00:00Z")
        for number in range(1, 13)
    ]
    given = config(server, folder, start_date="2025-01-01")
    interrupted = read("manifest", given, "deals", stop_after=6)
    assert interrupted.state["deals"]
    server.requests.clear()
    rest = read("manifest", given, "deals", state=interrupted.state)
    seen = [record["id"] for record in interrupted.records["deals"] + rest.records["deals"]]
    assert set(seen) == set(range(1, 13))
    assert server.requests[0].one("updated_since") > "2025-02"
    plain = read("manifest", config(server), "deals", stop_after=11)
    assert "deals" not in plain.states


def test_a_day_replaces_where_the_manifest_begins(server, pipedrive):
    pipedrive.deals[0]["update_time"] = "2026-01-30T23:59:59Z"
    given = {**config(server), "since": "2026-01-31"}
    reading = read("manifest", given, "deals", "persons")
    assert reading.errors == {}
    asked = [request.one("updated_since") for request in server.requests if "deals" in request.path]
    assert set(asked) == {"2026-01-31T00:00:00Z"}
    assert [record["id"] for record in reading.records["deals"]] == [22, 23]
    assert len(reading.records["persons"]) == 3


def test_check_is_content_with_a_good_token(server):
    assert create_source(config(server)).check(LOGGER, {}).status == Status.SUCCEEDED


def test_check_names_each_stream_that_may_not_be_read(server, pipedrive):
    pipedrive.refused = {"deals", "users"}
    outcome = create_source(config(server)).check(LOGGER, {})
    assert outcome.status == Status.FAILED
    assert [line.split(":")[0] for line in outcome.message.splitlines()] == ["users", "deals"]
    assert "/api/v2/deals (403). Grant it to the key in the settings of pipedrive" in (
        outcome.message
    )


def test_a_wrong_token_names_its_setting_and_is_never_shown(server, caplog):
    wrong = "another-token-to-hide"
    outcome = create_source(config(server, api_token=wrong)).check(LOGGER, {})
    assert "`settings.api_token`" in outcome.message
    reading = read("manifest", config(server, api_token=wrong), "persons")
    told = outcome.message + str(reading.errors) + str(reading.failure)
    assert "****" in told
    assert wrong not in told


def test_a_stream_that_fails_does_not_stop_the_others(server, pipedrive):
    pipedrive.refused = {"deals"}
    reading = read("manifest", config(server), "persons", "deals")
    assert len(reading.records["persons"]) == 3
    assert "/api/v2/deals (403)" in reading.errors["deals"]


def test_a_busy_vendor_is_asked_again_and_a_cut_answer_too(server, pipedrive):
    pipedrive.broken["persons"] = [
        Answer({}, 429, {"Retry-After": "0"}),
        Answer(b'{"data": ['),
    ]
    reading = read("manifest", config(server), "persons")
    assert reading.errors == {}
    assert len(reading.records["persons"]) == 3


def test_every_request_has_a_timeout(server):
    source = create_source(config(server, timeout_seconds=7))
    requesters = [part["retriever"]["requester"] for part in source.resolved_manifest["streams"]]
    assert {part["read_timeout_in_seconds"] for part in requesters} == {7}
    assert {part["connect_timeout_in_seconds"] for part in requesters} == {5}


def test_the_limits_of_every_source_may_stand_beside_the_settings_or_among_them(server):
    limits = {"timeout_seconds": 7, "max_retries": 0, "patience_seconds": 60, "max_concurrency": 3}
    for given in ({**config(server), **limits}, config(server, **limits)):
        source = create_source(given)
        requesters = [
            part["retriever"]["requester"] for part in source.resolved_manifest["streams"]
        ]
        assert {part["read_timeout_in_seconds"] for part in requesters} == {7}
        assert source.resolved_manifest["concurrency_level"]["default_concurrency"] == 3
        assert limits.items() <= source._config.items()
    with pytest.raises(AirbyteTracedException, match="`max_concurrency` breaks its rule"):
        create_source({**config(server), "max_concurrency": 99})


def test_a_limit_that_is_no_number_is_told(server):
    with pytest.raises(AirbyteTracedException, match="max_concurrency: found no number; expected"):
        create_source(config(server, max_concurrency="many"))


def test_its_specification_is_of_the_folder_and_what_the_manifest_asks_for(server):
    schema = create_source(config(server)).spec(LOGGER).connectionSpecification
    assert schema["required"] == ["folder", "settings"]
    settings = schema["properties"]["settings"]
    assert settings["required"] == ["company_domain", "api_token"]
    assert settings["properties"]["api_token"]["airbyte_secret"] is True
    assert {"without", "max_concurrency", "since"} <= schema["properties"].keys()


def test_a_vendor_that_stays_busy_is_waited_for_as_long_as_patience_lasts(server, pipedrive):
    pipedrive.broken["persons"] = [Answer({}, 429, {"Retry-After": "30"})]
    reading = read("manifest", {**config(server), "patience_seconds": 5}, "persons")
    assert "`patience_seconds`, 5 s" in reading.errors["persons"]


def test_a_stream_that_is_left_out_is_neither_found_nor_asked_for(server, pipedrive):
    pipedrive.refused = {"deals"}
    given = {**config(server), "without": ["deals", "users"]}
    source = create_source(given)
    assert [stream.name for stream in source.discover(LOGGER, {}).streams] == [
        "persons",
        "organizations",
        "activities",
    ]
    assert source.check(LOGGER, {}).status == Status.SUCCEEDED
    assert not [path for path in server.paths() if path.endswith(("deals", "users"))]


def test_a_stream_that_is_left_out_but_is_not_there_is_told(server):
    with pytest.raises(AirbyteTracedException) as caught:
        create_source({**config(server), "without": ["deal"]})
    assert caught.value.message == (
        "without: found deal; expected one of persons, organizations, users, deals, activities "
        "(did you mean deals?)"
    )


HANDLERS = {
    "type": "CompositeErrorHandler",
    "error_handlers": [
        {
            "type": "DefaultErrorHandler",
            "response_filters": [
                {"type": "HttpResponseFilter", "action": "IGNORE", "http_codes": [404]},
                {
                    "type": "HttpResponseFilter",
                    "action": "FAIL",
                    "predicate": "{{ response.get('success') == false }}",
                    "error_message": "Pipedrive says no to {{ config['api_token'] }}",
                },
            ],
        },
        {
            "type": "DefaultErrorHandler",
            "backoff_strategies": [
                {"type": "ConstantBackoffStrategy", "backoff_time_in_seconds": 0.01}
            ],
        },
    ],
}


def with_handlers(folder):
    def change(manifest):
        manifest["definitions"]["requester"]["error_handler"] = HANDLERS

    changed(folder / "manifest.yaml", change)
    return folder


def test_an_error_handler_of_the_manifest_counts_within_our_manners(server, pipedrive, tmp_path):
    folder = with_handlers(example_copy(tmp_path))
    pipedrive.broken = {
        "users": [Answer({"success": False})],
        "organizations": [Answer({}, 500), Answer({}, 503), Answer({}, 401)],
    }
    reading = read("manifest", config(server, folder), *STREAMS[:3])
    assert len(reading.records["persons"]) == 3
    assert "Pipedrive says no to ****" in reading.errors["users"]
    assert "`settings.api_token`" in reading.errors["organizations"]
    assert server.paths().count("/api/v2/organizations") == 3


def with_filter(folder, **filtered):
    def change(manifest):
        manifest["definitions"]["requester"]["error_handler"] = {
            "type": "DefaultErrorHandler",
            "response_filters": [{"type": "HttpResponseFilter", **filtered}],
        }

    changed(folder / "manifest.yaml", change)
    return folder


@pytest.mark.parametrize("action", ["IGNORE", "SUCCESS"])
def test_a_reading_in_which_an_answer_was_ignored_is_not_complete(
    server, pipedrive, tmp_path, action
):
    folder = with_filter(example_copy(tmp_path), http_codes=[403], action=action)
    pipedrive.refused = {"deals"}
    pipedrive.broken["persons"] = [
        pipedrive.answer(server_request("/api/v2/persons")),
        Answer({"error": "Scope and URL mismatch"}, 403),
    ]
    reading = read("manifest", config(server, folder), "persons", "deals", "users")
    assert [record["id"] for record in reading.records["persons"]] == [1, 2]
    assert len(reading.records["users"]) == 1
    assert reading.errors.keys() == {"persons", "deals"}
    assert (
        "/api/v2/persons with 403, which manifest.yaml says to ignore"
        in (reading.errors["persons"])
    )
    assert "nothing counts as deleted" in reading.errors["deals"]
    assert "It says: Scope and URL mismatch" in reading.errors["deals"]


def test_a_check_names_what_the_manifest_would_ignore(server, pipedrive, tmp_path):
    folder = with_filter(example_copy(tmp_path), http_codes=[403], action="IGNORE")
    pipedrive.refused = {"deals"}
    outcome = create_source(config(server, folder)).check(LOGGER, {})
    assert outcome.status == Status.FAILED
    assert outcome.message.startswith("deals: ")


def test_a_good_answer_that_is_cut_is_no_empty_one_whatever_the_manifest_says(
    server, pipedrive, tmp_path, waits
):
    folder = with_filter(
        example_copy(tmp_path), predicate="{{ 'error' not in response }}", action="SUCCESS"
    )
    pipedrive.broken["persons"] = [Answer(b'{"data": [')] * 9
    reading = read("manifest", config(server, folder), "persons")
    assert "a body that cannot be read" in reading.errors["persons"]


PARENTS = {
    "type": "SubstreamPartitionRouter",
    "parent_stream_configs": [
        {
            "type": "ParentStreamConfig",
            "parent_key": "id",
            "partition_field": "organization",
            "stream": {"$ref": "#/streams/1"},
        }
    ],
}


def test_an_ignored_answer_about_one_parent_keeps_the_others_children(server, pipedrive, tmp_path):
    folder = with_filter(example_copy(tmp_path), http_codes=[404], action="IGNORE")

    def change(manifest):
        manifest["streams"][2]["retriever"]["partition_router"] = PARENTS
        manifest["streams"][2]["$parameters"]["resource"] = (
            "/{{ stream_partition.get('organization', '') }}/users"
        )

    changed(folder / "manifest.yaml", change)
    pipedrive.broken["users"] = [Answer({}, 404)]
    reading = read("manifest", config(server, folder), "users")
    assert len(reading.records["users"]) == 1
    assert "with 404, which manifest.yaml says to ignore" in reading.errors["users"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"type": "CustomRetriever", "class_name": "components.Mine"},
            "definitions.whole_stream.retriever: found Python code (components.Mine), which a "
            "source out of a folder may not run",
        ),
        ({"class_name": "os.system"}, "found Python code (os.system)"),
        (
            {"type": "SimpleRetreiver"},
            ".retriever.type: found SimpleRetreiver; expected one of SimpleRetriever",
        ),
        ({"type": "SimpleRetriever", "requester": {"type": "HttpRequester"}}, "is a required"),
        ({"$ref": "#/definitions/nowhere"}, "#/definitions/nowhere refers to nothing"),
        ("#/definitions/whole_stream", "#/definitions/whole_stream refers to itself"),
    ],
)
def test_a_bad_manifest_is_one_line(server, tmp_path, change, words):
    folder = example_copy(tmp_path)

    def put(manifest):
        manifest["definitions"]["whole_stream"]["retriever"] = change

    changed(folder / "manifest.yaml", put)
    with pytest.raises(AirbyteTracedException) as caught:
        create_source(config(server, folder))
    assert words in caught.value.message
    assert str(folder / "manifest.yaml") in caught.value.message
    assert "\n" not in caught.value.message


def test_settings_can_not_bring_code(server):
    with pytest.raises(AirbyteTracedException, match="__injected_components_py: unknown setting"):
        create_source(config(server, __injected_components_py="import os"))


def test_a_setting_of_a_wrong_kind_is_told_without_its_value(server):
    with pytest.raises(AirbyteTracedException) as caught:
        create_source(config(server, company_domain="acme.pipedrive.com/x"))
    assert "`settings.company_domain` must look like" in caught.value.message
    assert "acme.pipedrive.com/x" not in caught.value.message


def test_it_runs_as_airbyte_runs_it(server, tmp_path, capsys):
    given = tmp_path / "config.json"
    given.write_text(json.dumps(config(server)))
    assert run(create_source, ["spec"]) == 0
    assert '"folder"' in capsys.readouterr().out
    assert run(create_source, ["check", "--config", str(given)]) == 0
    assert "SUCCEEDED" in capsys.readouterr().out
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(ConfiguredAirbyteCatalogSerializer.dump(configured("persons"))))
    assert run(create_source, ["read", "--config", str(given), "--catalog", str(catalog)]) == 0
    printed = capsys.readouterr().out
    assert "Dana Levi" in printed
    assert TOKEN not in printed
