"""What a user is told when Mailchimp does not answer as it should."""

import json
import logging
import subprocess
import sys

import pytest
from airbyte_cdk.models import Status
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from answering_vendor import Answer
from audience import Account
from reading import read

from connectors.registry import create_source

KEY = "never-show-this-us21"


def config_for(base_url, **more):
    return {"api_key": KEY, "base_url": base_url, "max_retries": 0, **more}


def check(config):
    return create_source("mailchimp", config).check(logging.getLogger("airbyte"), config)


def test_check_succeeds_on_a_good_account_and_on_an_empty_one(local_vendor):
    account = Account()
    assert check(config_for(local_vendor(account).base_url)).status == Status.SUCCEEDED
    account.put("l1", "a@example.com")
    assert check(config_for(local_vendor(account).base_url)).status == Status.SUCCEEDED


@pytest.mark.parametrize("key", ["no", "0123456789abcdef", "0123456789abcdef-", "key-with-words"])
def test_a_key_without_a_data_centre_is_told_so(key):
    with pytest.raises(AirbyteTracedException) as caught:
        create_source("mailchimp", {"api_key": key})
    assert "data centre" in str(caught.value)
    assert key not in str(caught.value).replace("no ", "")


def test_the_address_follows_from_the_keys_data_centre():
    source = create_source("mailchimp", {"api_key": "0123456789abcdef-us21"})
    (members,) = (s for s in source.streams({}) if s.name == "members")
    retriever = members._stream_partition_generator._partition_factory._retriever
    assert retriever.requester.get_url().rstrip("/") == "https://us21.api.mailchimp.com/3.0"


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({}, "api_key"),
        ({"api_key": 5}, "api_key"),
        ({"api_key": KEY, "start_date": "x"}, "start_date"),
    ],
)
def test_a_wrong_configuration_names_the_key(config, word):
    with pytest.raises(AirbyteTracedException) as caught:
        create_source("mailchimp", config)
    assert word in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer({"title": "API Key Invalid", "detail": KEY}, 401), ["401", "`api_key`"]),
        (Answer({"title": "User action not permitted"}, 403), ["403", "Manager"]),
        (Answer({}, 500), ["500"]),
        (Answer({}, 429), ["429"]),
        (Answer(b'{"members": [{"id": '), ["/3.0/", "cannot be read"]),
        (Answer({"member": []}), ["/3.0/", "no field"]),
    ],
)
def test_a_bad_answer_is_one_clear_error(local_vendor, answer, words):
    server = local_vendor(lambda _: answer)
    result = read("mailchimp", config_for(server.base_url), "members", "lists")
    checked = check(config_for(server.base_url))
    for word in words:
        assert word in result.errors["members"]
        assert word in result.errors["lists"]
        assert word in checked.message
    assert KEY not in str(result) + checked.message


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("merge_fields", "lists/l1/merge-fields"),
        ("tags", "lists/l1/tag-search"),
        ("segments", "lists/l1/segments"),
        ("interests", "lists/l1/interest-categories"),
        ("reports", "reports"),
        ("unsubscribes", "reports/c1/unsubscribed"),
        ("automations", "automations"),
        ("landing_pages", "landing-pages"),
    ],
)
def test_what_the_account_may_not_read_fails_its_stream_only(local_vendor, stream, path):
    account = Account()
    account.put("l1", "a@example.com")
    account.leave("c1", "a@example.com")
    account.refused.add(path)
    result = read("mailchimp", config_for(local_vendor(account).base_url), stream, "lists")
    assert set(result.errors) == {stream}
    assert f"/3.0/{path}" in result.errors[stream]
    assert "Manager" in result.errors[stream]
    assert [r["id"] for r in result.records["lists"]] == ["l1"]


def test_a_failing_page_leaves_a_state_from_which_nothing_is_lost(local_vendor):
    account = Account()
    for list_id in ("l1", "l2"):
        account.put(list_id, "a@example.com")
    account.now += 86_400
    broken = [True]

    def answer(request):
        if broken and request.path == "/3.0/lists/l2/members":
            return Answer({}, 503)
        return account(request)

    server = local_vendor(answer)
    first = read("mailchimp", config_for(server.base_url), "members")
    assert "503" in first.errors["members"]
    broken.clear()
    second = read("mailchimp", config_for(server.base_url), "members", state=first.state)
    assert [m["list_id"] for m in second.records["members"]] == ["l2"]


def test_the_command_line_gives_spec_catalog_and_records(tmp_path, local_vendor):
    account = Account()
    account.put("l1", "דוד@example.com")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for(local_vendor(account).base_url)))

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "connectors.mailchimp", *arguments],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert KEY not in done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    (spec,) = (m["spec"]["connectionSpecification"] for m in run("spec") if m["type"] == "SPEC")
    assert spec["properties"]["api_key"]["airbyte_secret"] is True
    (streams,) = (
        m["catalog"]["streams"]
        for m in run("discover", "--config", str(config))
        if m["type"] == "CATALOG"
    )
    assert {s["name"]: s["source_defined_primary_key"] for s in streams} == {
        "lists": [["id"]],
        "members": [["list_id"], ["id"]],
        "campaigns": [["id"]],
        "email_activity": [["campaign_id"], ["email_id"], ["action"], ["timestamp"], ["url"]],
        "merge_fields": [["list_id"], ["merge_id"]],
        "tags": [["list_id"], ["id"]],
        "segments": [["list_id"], ["id"]],
        "interest_categories": [["list_id"], ["id"]],
        "interests": [["list_id"], ["category_id"], ["id"]],
        "reports": [["id"]],
        "unsubscribes": [["campaign_id"], ["email_id"]],
        "automations": [["id"]],
        "landing_pages": [["id"]],
    }
    for stream in streams:
        assert stream["json_schema"]["properties"]
    catalog = tmp_path / "catalog.json"
    configured = [
        {
            "stream": stream,
            "sync_mode": stream["supported_sync_modes"][-1],
            "destination_sync_mode": "append",
        }
        for stream in streams
    ]
    catalog.write_text(json.dumps({"streams": configured}))
    messages = run("read", "--config", str(config), "--catalog", str(catalog))
    members = [
        m["record"]["data"]
        for m in messages
        if m["type"] == "RECORD" and m["record"]["stream"] == "members"
    ]
    assert [m["email_address"] for m in members] == ["דוד@example.com"]
