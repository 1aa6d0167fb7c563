"""What a user is told when HubSpot does not answer as it should."""

import json
import logging
import socket
import subprocess
import sys

import pytest
from airbyte_cdk.models import Status
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from answering_vendor import Answer
from portal import TYPES, Portal
from reading import read

from connectors.registry import create_source

KEY = "pat-never-show-this"


def config_for(base_url, **more):
    return {"access_token": KEY, "base_url": base_url, "max_retries": 0, **more}


def check(config):
    return create_source("hubspot", config).check(logging.getLogger("airbyte"), config)


def test_check_succeeds_and_saves_no_state(local_vendor):
    assert check(config_for(local_vendor(Portal()).base_url)).status == Status.SUCCEEDED


def test_a_wrong_key_is_said_once(local_vendor):
    server = local_vendor(lambda _: Answer({"message": f"Authentication {KEY} invalid"}, 401))
    result = check(config_for(server.base_url, max_retries=4))
    assert "`access_token`" in result.message
    assert KEY not in result.message
    assert len(server.requests) == 1


def test_a_missing_scope_is_named_and_the_other_streams_go_on(local_vendor):
    portal = Portal()
    portal.put("contacts", 1)

    def answer(request):
        if "deals" in request.path:
            body = {
                "status": "error",
                "message": "This app hasn't been granted all required scopes to make this call.",
                "category": "MISSING_SCOPES",
                "errors": [
                    {
                        "message": "One or more of the following scopes are required.",
                        "context": {"requiredGranularScopes": ["crm.objects.deals.read"]},
                    }
                ],
            }
            return Answer(body, 403)
        return portal(request)

    server = local_vendor(answer)
    checked = check(config_for(server.base_url))
    assert checked.status == Status.FAILED
    assert "crm.objects.deals.read" in checked.message
    result = read("hubspot", config_for(server.base_url), "deals", "contacts")
    assert "crm.objects.deals.read" in result.errors["deals"]
    assert [r["id"] for r in result.records["contacts"]] == ["1"]


@pytest.mark.parametrize("status", [400, 404])
def test_what_an_account_does_not_have_is_told_by_check_with_what_else_is_missing(
    local_vendor, status
):
    portal = Portal()

    def answer(request):
        if "leads" in request.path:
            return Answer({"message": "Unable to infer object type from: leads"}, status)
        if request.path.endswith("/tickets"):
            return Answer({"errors": [{"context": {"requiredScopes": ["tickets"]}}]}, 403)
        return portal(request)

    result = check(config_for(local_vendor(answer).base_url))
    assert result.status == Status.FAILED
    said = result.message.splitlines()
    assert [line.partition(":")[0] for line in said] == ["tickets", "leads"]
    assert "scope tickets" in said[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer({}, 500), ["500"]),
        (Answer({"message": "slow down"}, 429), ["429"]),
        (Answer(b'{"results": [{"id": '), ["/crm/v3/", "cannot be read"]),
        (Answer({"result": []}), ["/crm/v3/", "'results'"]),
        (Answer(b"<html>login</html>"), ["/crm/v3/"]),
    ],
)
def test_a_bad_answer_is_one_clear_error(local_vendor, answer, words):
    server = local_vendor(lambda _: answer)
    result = read("hubspot", config_for(server.base_url), "contacts")
    for word in words:
        assert word in result.errors["contacts"]
    assert KEY not in str(result.errors)


def test_a_passing_fault_is_read_over(local_vendor):
    portal = Portal()
    portal.put("contacts", 1)
    faults = [Answer({}, 429, {"Retry-After": "0"}), Answer(b"{", 200)]

    def answer(request):
        if request.path == "/crm/v3/objects/contacts" and faults:
            return faults.pop()
        return portal(request)

    result = read("hubspot", config_for(local_vendor(answer).base_url, max_retries=2), "contacts")
    assert result.failure is None
    assert [r["id"] for r in result.records["contacts"]] == ["1"]


def test_an_unreachable_host_is_said(local_vendor):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "refused" in check(config_for(f"http://127.0.0.1:{port}")).message


@pytest.mark.parametrize(
    "config", [{}, {"access_token": 5}, {"access_token": "x", "base_url": "ftp://x"}]
)
def test_a_wrong_configuration_names_the_key(config):
    with pytest.raises(AirbyteTracedException) as caught:
        create_source("hubspot", config)
    assert "access_token" in str(caught.value) or "base_url" in str(caught.value)


def test_the_command_line_gives_spec_and_catalog(tmp_path, local_vendor):
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for(local_vendor(Portal()).base_url)))

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "connectors.hubspot", *arguments],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert KEY not in done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    (spec,) = (m["spec"]["connectionSpecification"] for m in run("spec") if m["type"] == "SPEC")
    assert spec["properties"]["access_token"]["airbyte_secret"] is True
    (catalog,) = (
        m["catalog"]["streams"]
        for m in run("discover", "--config", str(config))
        if m["type"] == "CATALOG"
    )
    keys = {name: [["id"]] for name in (*TYPES, "owners")}
    keys["deal_stage_history"] = [["deal_id"], ["timestamp"], ["value"]]
    keys["pipelines"] = [["object_type"], ["id"]]
    keys["property_definitions"] = [["object_type"], ["name"]]
    assert {s["name"]: s["source_defined_primary_key"] for s in catalog} == keys
    for stream in catalog:
        for (part,) in keys[stream["name"]]:
            assert stream["json_schema"]["properties"][part]
        assert "incremental" in stream["supported_sync_modes"]
    checked = run("check", "--config", str(config))
    assert any(m.get("connectionStatus", {}).get("status") == "SUCCEEDED" for m in checked)
