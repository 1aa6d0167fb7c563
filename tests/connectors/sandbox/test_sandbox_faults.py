"""A served sandbox in which things go wrong as a plan says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors import sandbox
from connectors.sandbox import Fault, FaultPlan, SandboxError
from connectors.sandbox.accounts import (
    HUBSPOT_TOKEN,
    MAILCHIMP_KEY,
    STRIPE_KEY,
    ZENDESK_EMAIL,
    ZENDESK_TOKEN,
)
from connectors.sandbox.fault_answers import REFUSALS
from connectors.sandbox.fault_plan import KINDS, PROFILES, load_plan

PATHS = {
    "stripe": "/v1/customers?limit=10",
    "zendesk": "/api/v2/incremental/users/cursor?start_time=0&per_page=10",
    "mailchimp": "/3.0/lists?count=10",
    "hubspot": "/crm/v3/objects/contacts?limit=10",
}
LOGIN: dict[str, dict[str, Any]] = {
    "stripe": {"headers": {"authorization": f"Bearer {STRIPE_KEY}"}},
    "zendesk": {"auth": (f"{ZENDESK_EMAIL}/token", ZENDESK_TOKEN)},
    "mailchimp": {"auth": ("anybody", MAILCHIMP_KEY)},
    "hubspot": {"headers": {"authorization": f"Bearer {HUBSPOT_TOKEN}"}},
}


def ask(url: str, vendor: str, path: str | None = None) -> requests.Response:
    return requests.get(f"{url}/{vendor}{path or PATHS[vendor]}", timeout=10, **LOGIN[vendor])


def outcome(url: str, vendor: str = "stripe") -> str:
    try:
        answer = ask(url, vendor)
    except requests.RequestException as error:
        return type(error).__name__
    try:
        answer.json()
    except requests.JSONDecodeError:
        return f"{answer.status_code} no JSON"
    return str(answer.status_code)


@pytest.mark.parametrize("name", [*PROFILES, "hostile"])
def test_every_profile_survives_being_written_and_read(name: str) -> None:
    plan = load_plan(name, 5)
    assert load_plan(plan.as_json()) == plan
    assert {fault.kind for fault in plan.faults} <= KINDS.keys()


def test_a_plan_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("seed: 3\nfaults:\n  - {kind: slow, vendor: hubspot, seconds: 0.5}\n")
    assert load_plan(str(file)) == FaultPlan((Fault("slow", vendor="hubspot", seconds=0.5),), 3)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("tempest", "storm"),
        ("nowhere.yaml", "nowhere.yaml"),
        ('{"faults": 1}', "list"),
        ('{"faults": [{"kind": "plague"}]}', "plague"),
        ('{"faults": [{"kind": "cut", "how": 1}]}', "how"),
        ('{"faults": [{"kind": "cut", "share": 2}]}', "share"),
        ('{"faults": [{"kind": "cut", "after": "x"}]}', "after"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_by_name(text: str, word: str) -> None:
    with pytest.raises(SandboxError, match=word):
        load_plan(text)


def test_equal_seeds_give_equal_faults(sandbox_directory: Path) -> None:
    def run(seed: int) -> list[str]:
        with sandbox.running(sandbox_directory, faults=load_plan("flaky", seed)) as url:
            return [outcome(url) for _ in range(40)]

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    assert {"200", "500", "ChunkedEncodingError", "200 no JSON"} & set(first) >= {"200"}


def test_a_fault_happens_when_and_where_the_plan_says(sandbox_directory: Path) -> None:
    plan = FaultPlan((Fault("cut", vendor="stripe", after=1, every=2, times=2),))
    with sandbox.running(sandbox_directory, faults=plan) as url:
        cut = "ConnectionError"
        assert [outcome(url) for _ in range(7)] == ["200", cut, "200", cut, "200", "200", "200"]
        assert outcome(url, "hubspot") == "200"
        told = requests.get(f"{url}/_faults", timeout=10).json()
    assert told["faults"] == {"cut": 2}
    assert told["requests"] == {"stripe": 7, "hubspot": 1}
    assert told["at_once"]["stripe"] == 1


@pytest.mark.parametrize("vendor", PATHS)
@pytest.mark.parametrize("kind", REFUSALS)
def test_refusals_are_in_the_vendors_own_form(
    sandbox_directory: Path, kind: str, vendor: str
) -> None:
    status = {
        "rate_limit": 429,
        "server_error": 500,
        "expired_credentials": 401,
        "forbidden": 403,
        "not_found": 404,
    }.get(kind, 400)
    fault = Fault(kind, status=500, seconds=3)
    answer = REFUSALS[kind](vendor, fault)
    assert answer.status == status
    assert answer.body.startswith(b"{")
    told = {
        "stripe": "stripe-should-retry",
        "zendesk": "ratelimit-reset",
        "hubspot": "x-hubspot-ratelimit-interval-milliseconds",
    }
    if kind == "rate_limit":
        bare = REFUSALS[kind](vendor, Fault(kind, header="none"))
        assert not {"retry-after", *told.values()} & bare.headers.keys()
        plain = REFUSALS[kind](vendor, Fault(kind, header="retry-after", seconds=3))
        assert plain.headers["retry-after"] == "3"
        assert vendor == "mailchimp" or told[vendor] in answer.headers


@pytest.mark.parametrize("vendor", PATHS)
def test_an_empty_page_says_that_there_is_more_and_hides_nothing(
    sandbox_directory: Path, vendor: str
) -> None:
    plan = FaultPlan((Fault("empty_page", times=1),))
    with sandbox.running(sandbox_directory, faults=plan) as url:
        empty = ask(url, vendor).json()
        name = {"stripe": "data", "zendesk": "users", "mailchimp": "lists", "hubspot": "results"}
        assert empty[name[vendor]] == []
        path = {
            "zendesk": lambda: "/api/v2/incremental/users/cursor?cursor=" + empty["after_cursor"],
            "hubspot": lambda: (
                "/crm/v3/objects/contacts?limit=10&after=" + empty["paging"]["next"]["after"]
            ),
        }.get(vendor, lambda: None)()
        then = ask(url, vendor, path).json()
        assert then[name[vendor]]
        assert then == ask(url, vendor).json()


def test_a_repeated_page_is_the_one_before_also_when_another_reads_the_same_list(
    sandbox_directory: Path,
) -> None:
    plan = FaultPlan((Fault("repeated_page", after=4, times=1),))
    with sandbox.running(sandbox_directory, faults=plan) as url:
        first = ask(url, "stripe").json()
        behind_first = f"{PATHS['stripe']}&starting_after={first['data'][-1]['id']}"
        second = ask(url, "stripe", behind_first).json()
        # Somebody else is further on, and somebody else begins.
        ask(url, "stripe", f"{PATHS['stripe']}&starting_after={second['data'][-1]['id']}")
        ask(url, "stripe")
        assert ask(url, "stripe", behind_first).json() == first


def test_a_repeated_page_is_the_page_before(sandbox_directory: Path) -> None:
    plan = FaultPlan((Fault("repeated_page", after=1, times=1),))
    with sandbox.running(sandbox_directory, faults=plan) as url:
        first = ask(url, "stripe").json()
        path = f"/v1/customers?limit=10&starting_after={first['data'][-1]['id']}"
        assert ask(url, "stripe", path).json() == first
        assert ask(url, "stripe", path).json() != first


def test_fields_appear_and_change_their_type(sandbox_directory: Path) -> None:
    plan = FaultPlan((Fault("unknown_field", times=1), Fault("changed_type", field="email")))
    with sandbox.running(sandbox_directory, faults=plan) as url:
        assert all("kesher_unknown_field" in each for each in ask(url, "stripe").json()["data"])
        assert all(isinstance(each["email"], list) for each in ask(url, "stripe").json()["data"])


def test_a_wrong_plan_ends_the_server_with_one_line(sandbox_directory: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "connectors.sandbox", "serve"),
            *("--directory", str(sandbox_directory), "--faults", "tempest"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "hostile" in done.stderr
