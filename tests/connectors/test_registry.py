"""The list of source types, and running a connector as Airbyte does."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from answering_vendor import Answer
from reading import configured

from connectors.command import run
from connectors.registry import CONNECTOR_TYPES, create_source, is_complete_reread
from connectors.stripe.source import create_source as stripe_source

KEY = "sk_live_never_show_this"


def connector(vendor, *arguments, cwd=None, env=None):
    """Runs a connector in a process of its own; messages, exit code, everything printed."""
    done = subprocess.run(
        [sys.executable, "-m", f"connectors.{vendor}", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **(env or {})},
    )
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return messages, done.returncode, done.stdout + done.stderr


def written(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def of_type(messages, kind):
    return [message for message in messages if message["type"] == kind]


def test_an_unknown_type_names_those_there_are():
    with pytest.raises(AirbyteTracedException, match=r"`striep`.*stripe, zendesk"):
        create_source("striep", {})


@pytest.mark.parametrize(
    ("connector_type", "config", "words"),
    [
        ("stripe", {}, "`client_secret` is missing"),
        ("stripe", {"client_secret": 5}, "`client_secret` must be of type string, not integer"),
        ("stripe", {"client_secret": KEY, "start_date": "yesterday"}, "YYYY-MM-DD"),
        ("stripe", {"client_secret": KEY, "base_url": "https://x.example/"}, "`base_url`"),
        ("stripe", {"client_secret": KEY, "max_retries": -1}, "`max_retries`"),
        ("zendesk", {"subdomain": "acme"}, "`email` is missing, `api_token` is missing"),
        (
            "zendesk",
            {"subdomain": "acme.zendesk.com", "email": "a@b.c", "api_token": KEY},
            "`subdomain` must look like",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_by_key_without_its_value(connector_type, config, words):
    with pytest.raises(AirbyteTracedException) as caught:
        create_source(connector_type, config)
    assert words in str(caught.value)
    assert KEY not in str(caught.value)


KEYS = {
    "invoice_lines": [["invoice"], ["id"]],
    "subscription_items": [["subscription"], ["id"]],
    "ticket_metrics": [["ticket_id"]],
    "tags": [["name"]],
    "custom_objects": [["key"]],
    "custom_object_records": [["custom_object_key"], ["id"]],
}


@pytest.mark.parametrize("connector_type", ["stripe", "zendesk"])
def test_every_stream_has_a_schema_a_primary_key_and_a_cursor(connector_type):
    config = {
        "stripe": {"client_secret": KEY},
        "zendesk": {"subdomain": "acme", "email": "a@b.c", "api_token": KEY},
    }[connector_type]
    catalog = create_source(connector_type, config).discover(None, config)
    for stream in catalog.streams:
        assert stream.source_defined_primary_key == KEYS.get(stream.name, [["id"]])
        assert stream.json_schema["additionalProperties"] is True
        for (key,) in stream.source_defined_primary_key:
            assert key in stream.json_schema["properties"]
        assert (
            "_ab_cdc_deleted_at" in stream.json_schema["properties"]
            or len(stream.json_schema["properties"]) > 10
        )
        assert stream.default_cursor_field[0] in stream.json_schema["properties"]
        assert [mode.value for mode in stream.supported_sync_modes] == [
            "full_refresh",
            "incremental",
        ]


def test_a_stream_that_is_left_out_is_neither_found_nor_checked():
    config = {"access_token": KEY, "without": ["leads", "tickets"]}
    names = {s.name for s in create_source("hubspot", config).discover(None, config).streams}
    assert "contacts" in names
    assert not names & {"leads", "tickets"}


def test_leaving_out_a_stream_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(AirbyteTracedException, match=r"`without.0` must be one of .*leads"):
        create_source("hubspot", {"access_token": KEY, "without": ["lead"]})


def test_a_type_key_in_the_configuration_is_ignored():
    assert create_source("stripe", {"type": "stripe", "client_secret": KEY}).name == "stripe"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {"since": 5, "full_read_at": 5}, True),
        ({"since": 1, "full_read_at": 1}, {"since": 5, "full_read_at": 5}, True),
        ({"since": 1, "full_read_at": 1}, {"since": 5, "full_read_at": 1}, False),
        ({"reading": {"since": 5}}, {"since": 5, "full_read_at": 5}, False),
        ({"reading": {"since": 5}}, {"since": 9, "full_read_at": 9}, True),
        (None, {"reading": {"since": 5, "after": "x"}}, False),
        ({"cursor": "x"}, {"cursor": "y"}, False),
        (None, None, False),
    ],
)
def test_only_a_read_from_beginning_to_end_in_one_sync_is_complete(before, after, expected):
    assert is_complete_reread(before, after) is expected


@pytest.mark.parametrize("vendor", ["stripe", "zendesk"])
def test_spec_marks_secrets_and_explains_every_key(vendor, tmp_path):
    messages, code, _ = connector(vendor, "spec", cwd=tmp_path)
    assert code == 0
    (message,) = of_type(messages, "SPEC")
    properties = message["spec"]["connectionSpecification"]["properties"]
    assert all(value["title"] and value["description"] for value in properties.values())
    secret = {key for key, value in properties.items() if value.get("airbyte_secret")}
    assert secret == {"stripe": {"client_secret"}, "zendesk": {"api_token"}}[vendor]


def test_a_connector_runs_as_airbyte_runs_it(local_vendor, tmp_path):
    def answer(request):
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return Answer({"error": {"message": "Invalid API Key"}}, 401)
        if request.path == "/v1/events":
            return Answer({"data": [], "has_more": False})
        return Answer({"data": [{"id": "cus_1", "name": "דנה"}], "has_more": False})

    server = local_vendor(answer)
    config = written(tmp_path / "config.json", {"client_secret": KEY, "base_url": server.base_url})
    messages, code, _ = connector("stripe", "check", "--config", config, cwd=tmp_path)
    assert code == 0
    assert of_type(messages, "CONNECTION_STATUS")[0]["connectionStatus"]["status"] == "SUCCEEDED"

    messages, code, _ = connector("stripe", "discover", "--config", config, cwd=tmp_path)
    assert len(of_type(messages, "CATALOG")[0]["catalog"]["streams"]) == 19

    catalog = written(
        tmp_path / "catalog.json",
        {
            "streams": [
                {
                    "stream": {
                        "name": entry.stream.name,
                        "json_schema": {},
                        "supported_sync_modes": ["full_refresh", "incremental"],
                    },
                    "sync_mode": "incremental",
                    "destination_sync_mode": "append",
                }
                for entry in configured("customers").streams
            ]
        },
    )
    messages, code, output = connector(
        "stripe", "read", "--config", config, "--catalog", catalog, cwd=tmp_path
    )
    assert code == 0
    (record,) = of_type(messages, "RECORD")
    assert record["record"]["data"]["name"] == "דנה"
    state = of_type(messages, "STATE")[-1]["state"]
    assert KEY not in output

    server.requests.clear()
    state_file = written(tmp_path / "state.json", [state])
    arguments = ("--config", config, "--catalog", catalog, "--state", state_file)
    _, code, _ = connector("stripe", "read", *arguments, cwd=tmp_path)
    assert code == 0
    assert set(server.paths()) == {"/v1/events"}


def test_debug_output_hides_the_key(local_vendor, tmp_path):
    server = local_vendor(lambda _: Answer({"error": {"message": f"bad key {KEY}"}}, 401))
    config = written(tmp_path / "config.json", {"client_secret": KEY, "base_url": server.base_url})
    messages, _, output = connector(
        "stripe", "check", "--debug", "--config", config, env={"LOG_LEVEL": "debug"}
    )
    assert "Making outbound API request" in output
    status = of_type(messages, "CONNECTION_STATUS")[0]["connectionStatus"]
    assert status["status"] == "FAILED"
    assert KEY not in output


@pytest.mark.parametrize("content", ['{"client_secret": ', "[]", '{"client_secret": 5}', None])
def test_a_bad_configuration_file_is_one_clear_message_and_exit_code_1(content, tmp_path, capsys):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    assert run(stripe_source, ["check", "--config", str(path)]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    error = json.loads(line)["trace"]["error"]
    assert "config" in error["message"]
    assert "Traceback" not in error["message"]
    assert error["failure_type"] == "config_error"


def test_every_type_of_the_contract_is_known():
    assert CONNECTOR_TYPES == ("stripe", "zendesk", "mailchimp", "hubspot", "files", "manifest")
