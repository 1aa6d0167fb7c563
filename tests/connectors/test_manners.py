"""How every connector asks: not too often, not too long, and not again where that is no use."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.streams.call_rate import APIBudget
from answering_vendor import Answer, Request
from reading import read

from connectors import rate_limits, sending, waiting
from connectors.registry import create_source
from connectors.sandbox.fault_answers import rate_limited
from connectors.sandbox.fault_plan import Fault

SECRETS = {
    "stripe": {"client_secret": "sk_live_never_show_this"},
    "zendesk": {"subdomain": "x", "email": "a@x.example", "api_token": "never-show-this"},
    "mailchimp": {"api_key": "never-show-this-us21"},
    "hubspot": {"access_token": "pat-never-show-this"},
}
#: One stream of each, and pages that are all of it, by the end of the path.
STREAM = {
    "stripe": "customers",
    "zendesk": "users",
    "mailchimp": "lists",
    "hubspot": "contacts",
}
#: Requests that reading it takes when all goes well: HubSpot's properties, live and archived ones.
REQUESTS = {"stripe": 1, "zendesk": 1, "mailchimp": 1, "hubspot": 3}
GOOD = {
    "stripe": {"data": [{"id": "x"}], "has_more": False},
    "zendesk": {"users": [{"id": 1}], "after_cursor": "c", "end_of_stream": True},
    "mailchimp": {"lists": [{"id": "x"}], "total_items": 1},
    "hubspot": {"results": [{"id": "1", "name": "email"}]},
}
VENDORS = sorted(GOOD)


def config_for(vendor, base_url, **more):
    return {**SECRETS[vendor], "base_url": base_url, **more}


def in_turn(vendor, *faults):
    """Gives the faults one after the other, then good answers."""
    left = list(faults)
    return lambda _: left.pop(0) if left else Answer(GOOD[vendor])


def refused(vendor, header="vendor", seconds=3.0):
    """A 429 as the vendor says it."""
    said = rate_limited(vendor, Fault("rate_limit", header=header, seconds=seconds))
    return Answer(said.body, said.status, said.headers)


def read_one(vendor, base_url, **more):
    return read(vendor, config_for(vendor, base_url, **more), STREAM[vendor])


def ten_pages():
    """Answers with a list of Stripe's of ten pages, one customer each."""
    pages = iter(range(10))

    def answer(_):
        number = next(pages)
        return Answer({"data": [{"id": str(number)}], "has_more": number < 9})

    return answer


# Rate limits.


@pytest.mark.parametrize("vendor", VENDORS)
def test_retry_after_is_obeyed_to_the_second(local_vendor, waits, vendor):
    server = local_vendor(in_turn(vendor, refused(vendor, "retry-after", 37)))
    assert read_one(vendor, server.base_url).failure is None
    assert 37 <= sum(waits.slept) < 38.5


@pytest.mark.parametrize("vendor", ["zendesk", "hubspot"])
def test_a_vendors_own_header_is_obeyed(local_vendor, waits, vendor):
    answer = refused(vendor, seconds=21)
    answer.headers.pop("retry-after", None)
    server = local_vendor(in_turn(vendor, answer))
    assert read_one(vendor, server.base_url).failure is None
    assert 21 <= sum(waits.slept) < 22.5


@pytest.mark.parametrize("vendor", VENDORS)
def test_without_a_header_waits_double_with_jitter(local_vendor, waits, vendor):
    server = local_vendor(in_turn(vendor, *[refused(vendor, "none")] * 6))
    assert read_one(vendor, server.base_url).failure is None
    assert len(waits.slept) >= 6
    for attempt, slept in enumerate(waits.slept[:6]):
        whole = min(2**attempt, 30)
        assert 0.5 * whole <= slept <= 1.1 * whole + 1


def test_jitter_is_random_and_bounded():
    drawn = {waiting.backoff(3) for _ in range(50)}
    assert len(drawn) > 40
    assert all(2 <= seconds <= 4 for seconds in drawn)
    assert waiting.backoff(1000) <= waiting.LONGEST_BACKOFF_SECONDS


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("header", "seconds"), [("retry-after", 50), ("retry-after", 0), ("none", 0)]
)
def test_an_endless_storm_ends_when_patience_does(local_vendor, waits, vendor, header, seconds):
    server = local_vendor(lambda _: refused(vendor, header, seconds))
    reading = read_one(vendor, server.base_url, patience_seconds=400)
    error = reading.errors[STREAM[vendor]]
    assert "429" in error
    assert "patience_seconds" in error
    assert waits.seconds < 450
    assert 7 <= len(server.requests) <= 40


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"ratelimit-reset": "41"}, 41),
        ({"Retry-After": "3", "ratelimit-reset": "41"}, 3),
        ({"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}, 10),
        ({"zendesk-ratelimit-tickets-index": "total=100; remaining=0; resets=41"}, 41),
        ({}, None),
    ],
)
def test_what_a_refusal_asks_for(headers, seconds):
    response = requests.Response()
    response.headers.update(headers)
    assert rate_limits.asked_wait(response) == seconds


def test_a_date_to_wait_for_is_by_the_vendors_clock():
    vendors_now = datetime(2031, 1, 1, tzinfo=UTC)
    response = requests.Response()
    response.headers["Date"] = format_datetime(vendors_now, usegmt=True)
    until = vendors_now + timedelta(seconds=90)
    response.headers["Retry-After"] = format_datetime(until, usegmt=True)
    assert rate_limits.asked_wait(response) == 90
    response.headers.clear()
    response.headers["Date"] = format_datetime(vendors_now, usegmt=True)
    response.headers["X-Rate-Limit-Reset"] = str(int(until.timestamp()))
    assert rate_limits.asked_wait(response) == 90


@pytest.mark.parametrize(
    ("vendor", "headers", "pause"),
    [
        (
            "hubspot",
            {
                "X-HubSpot-RateLimit-Remaining": "0",
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            },
            10,
        ),
        ("zendesk", {"ratelimit-remaining": "0", "ratelimit-reset": "12"}, 12),
        ("zendesk", {"ratelimit-remaining": "5", "ratelimit-reset": "12"}, 0),
    ],
)
def test_the_last_request_within_a_limit_is_followed_by_a_pause(
    local_vendor, waits, vendor, headers, pause
):
    pages = [Answer({**GOOD[vendor]}, headers=headers)]
    if vendor == "zendesk":
        pages[0].body = {**GOOD[vendor], "end_of_stream": False, "after_cursor": "b"}
    server = local_vendor(in_turn(vendor, *pages))
    assert read_one(vendor, server.base_url).failure is None
    assert sum(waits.slept) == pytest.approx(pause)


def test_a_refused_stream_makes_all_streams_of_its_source_wait(local_vendor):
    moments: dict[str, list[float]] = {}
    lock = threading.Lock()

    def answer(request: Request) -> Answer:
        with lock:
            moments.setdefault(request.path, []).append(time.monotonic())
            first = len(moments.get("/v1/invoices", ())) == 1
        if request.path == "/v1/invoices" and first:
            return Answer({}, 429, {"Retry-After": "1"})
        time.sleep(0.05)
        more = request.path == "/v1/customers" and len(moments[request.path]) < 20
        page = [{"id": f"{request.path}{len(moments[request.path])}"}]
        return Answer({"data": page, "has_more": more})

    server = local_vendor(answer)
    reading = read("stripe", config_for("stripe", server.base_url), "customers", "invoices")
    assert reading.failure is None
    refused_at = moments["/v1/invoices"][0]
    # What was under way already may still have come.
    during = [at for at in moments["/v1/customers"] if refused_at + 0.15 < at < refused_at + 1]
    assert during == []


class UnderWay:
    """Counts the requests that are answered at the same time."""

    def __init__(self):
        self.most = self._now = 0
        self._lock = threading.Lock()

    def __enter__(self):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)

    def __exit__(self, *_):
        with self._lock:
            self._now -= 1


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_requests_than_the_budget_are_under_way(local_vendor, at_once):
    under_way = UnderWay()

    def answer(_: Request) -> Answer:
        with under_way:
            time.sleep(0.05)
        return Answer(GOOD["stripe"])

    server = local_vendor(answer)
    config = config_for("stripe", server.base_url, max_concurrency=at_once)
    streams = ("customers", "invoices", "charges", "refunds", "subscriptions", "products")
    assert read("stripe", config, *streams).failure is None
    assert under_way.most == at_once


@pytest.mark.parametrize("at_once", [1, 4])
def test_one_request_a_parent_is_asked_side_by_side_within_the_budget(local_vendor, at_once):
    customers = [{"id": f"cus_{number:02}"} for number in range(20)]
    under_way = UnderWay()

    def answer(request: Request) -> Answer:
        if not request.path.endswith("/payment_methods"):
            return Answer({"data": customers, "has_more": False})
        with under_way:
            time.sleep(0.05)
        owner = request.path.split("/")[-2]
        return Answer({"data": [{"id": f"pm_{owner}", "customer": owner}], "has_more": False})

    server = local_vendor(answer)
    config = config_for("stripe", server.base_url, max_concurrency=at_once)
    reading = read("stripe", config, "payment_methods")
    assert reading.failure is None
    assert [r["customer"] for r in reading.records["payment_methods"]] == [
        customer["id"] for customer in customers
    ]
    assert under_way.most == at_once


def searched(moments, most, now):
    """HubSpot with so many pages of one result in each search; notes when each search came."""

    def answer(request: Request) -> Answer:
        if "/associations/" in request.path:
            return Answer({"results": []})
        if not request.path.endswith("/search"):
            return Answer(GOOD["hubspot"])
        came = moments.setdefault(request.path, [])
        came.append(now())
        page = {"results": [{"id": str(len(came))}]}
        more = {"paging": {"next": {"after": "1"}}} if len(came) < most else {}
        return Answer({**page, **more})

    return answer


SEARCHING = {"updated_after": "2026-01-01T00:00:00+00:00"}


def test_hubspots_searches_are_paced_and_nothing_else_is(local_vendor, waits):
    moments: dict[str, list[float]] = {}
    server = local_vendor(searched(moments, 11, waits.now))
    config = config_for("hubspot", server.base_url)
    assert read("hubspot", config, "calls", state={"calls": SEARCHING}).failure is None
    (came,) = moments.values()
    assert [round(moment) for moment in came] == [0] * 5 + [1] * 5 + [2]
    assert len(server.requests) > 40
    assert waits.seconds == pytest.approx(2.1)


def test_all_streams_of_hubspot_search_five_times_a_second_together(local_vendor):
    moments: dict[str, list[float]] = {}
    server = local_vendor(searched(moments, 4, time.monotonic))
    streams = ("calls", "notes", "tasks")
    config = config_for("hubspot", server.base_url)
    state = dict.fromkeys(streams, SEARCHING)
    assert read("hubspot", config, *streams, state=state).failure is None
    came = sorted(moment for each in moments.values() for moment in each)
    assert len(came) == 12
    for first, sixth in zip(came, came[5:], strict=False):
        assert sixth - first > 0.9


# What cannot succeed is not tried again.


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 422, 451, 501, 505])
def test_what_cannot_succeed_is_asked_once(local_vendor, waits, vendor, status):
    server = local_vendor(lambda _: Answer({}, status))
    reading = read_one(vendor, server.base_url)
    assert str(status) in reading.errors[STREAM[vendor]]
    assert len(server.requests) == 1
    assert waits.slept == []


@pytest.mark.parametrize("status", [408, 409, 423, 425, 500, 502, 503, 504, 520, 524])
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_may_pass_is_asked_again(local_vendor, waits, vendor, status):
    server = local_vendor(in_turn(vendor, *[Answer(b"<html>", status)] * 4))
    assert read_one(vendor, server.base_url).failure is None
    assert len(server.requests) == 4 + REQUESTS[vendor]
    assert 7.5 <= sum(waits.slept) <= 15


def test_retry_after_of_a_failure_is_obeyed_too(local_vendor, waits):
    server = local_vendor(in_turn("hubspot", Answer(b"", 503, {"Retry-After": "44"})))
    assert read_one("hubspot", server.base_url).failure is None
    assert sum(waits.slept) == 44


@pytest.mark.parametrize("status", [429, 500])
def test_stripe_may_say_that_asking_again_is_no_use(local_vendor, waits, status):
    server = local_vendor(lambda _: Answer({}, status, {"Stripe-Should-Retry": "false"}))
    reading = read_one("stripe", server.base_url)
    assert "asking again does not help" in reading.errors["customers"]
    assert len(server.requests) == 1


def test_stripe_may_say_that_asking_again_is_of_use(local_vendor, waits):
    server = local_vendor(in_turn("stripe", Answer({}, 400, {"Stripe-Should-Retry": "true"})))
    assert read_one("stripe", server.base_url).failure is None
    assert len(server.requests) == 2


def test_hubspots_limit_of_the_day_is_not_waited_for(local_vendor, waits):
    body = {"errorType": "RATE_LIMIT", "policyName": "DAILY", "message": "daily limit"}
    server = local_vendor(lambda _: Answer(body, 429))
    assert "midnight" in read_one("hubspot", server.base_url).errors["contacts"]
    assert len(server.requests) == 1
    assert waits.slept == []


def test_going_round_in_redirects_is_not_repeated(local_vendor, waits):
    server = local_vendor(lambda _: Answer(b"", 302, {"Location": "/v1/customers"}))
    assert "/v1/customers" in read_one("stripe", server.base_url).errors["customers"]
    assert waits.slept == []


# Timeouts.


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_request_has_a_connect_and_a_read_timeout(local_vendor, waits, monkeypatch, vendor):
    seen = []
    send = requests.Session.send

    def noting(self, request, **settings):
        seen.append((request.url, settings["timeout"]))
        return send(self, request, **settings)

    monkeypatch.setattr(requests.Session, "send", noting)
    server = local_vendor(lambda _: Answer({}, 404))
    config = config_for(vendor, server.base_url, timeout_seconds=17)
    catalog = create_source(vendor, config).discover(logging.getLogger("airbyte"), config)
    names = [stream.name for stream in catalog.streams]
    reading = read(vendor, config, *names)
    assert set(reading.errors) == set(names)
    assert len(seen) >= len(names)
    assert {timeout for _, timeout in seen} == {(5, 17)}


def test_a_body_that_drips_does_not_go_on_for_ever(local_vendor, waits, monkeypatch):
    # The server writes it at once; the clock says that each of its bytes took a minute.
    server = local_vendor(lambda _: Answer(GOOD["stripe"]))
    monkeypatch.setattr(sending, "_PIECE", 1)
    ticking = waits.now

    def minutes():
        waits.seconds += 60
        return ticking()

    monkeypatch.setattr(waiting, "now", minutes)
    reading = read_one("stripe", server.base_url)
    assert "did not answer in time" in reading.errors["customers"]
    assert len(server.requests) == 2


# Broken answers.

BROKEN = {
    "half": Answer(b'{"data": [{"id":'),
    "html": Answer(b"<html>", headers={"Content-Type": "text/html"}),
    "empty": Answer(b""),
    "cut": Answer(b'{"data": []}' * 50, cut_at=20),
    "wrong compression": Answer(b"no gzip", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_answer_is_asked_for_again_then_told(local_vendor, waits, vendor, broken):
    server = local_vendor(in_turn(vendor, *[BROKEN[broken]] * 4))
    assert read_one(vendor, server.base_url).failure is None
    assert len(server.requests) == 4 + REQUESTS[vendor]
    server = local_vendor(lambda _: BROKEN[broken])
    reading = read_one(vendor, server.base_url)
    assert len(server.requests) == 5
    assert server.requests[0].path in reading.errors[STREAM[vendor]]


def test_compressed_and_chunked_answers_are_read(local_vendor):
    import gzip

    import orjson

    body = gzip.compress(orjson.dumps(GOOD["stripe"]))
    server = local_vendor(lambda _: Answer(body, headers={"Content-Encoding": "gzip"}))
    assert read_one("stripe", server.base_url).records["customers"] == [{"id": "x"}]
    plain = orjson.dumps(GOOD["stripe"])
    chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in plain) + b"0\r\n\r\n"
    headers = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    server = local_vendor(lambda _: Answer(chunked, headers=headers))
    assert read_one("stripe", server.base_url).records["customers"] == [{"id": "x"}]


def test_connections_are_used_again(local_vendor, monkeypatch):
    import urllib3

    opened = []
    make = urllib3.connectionpool.HTTPConnectionPool._new_conn

    def noting(pool):
        opened.append(pool)
        return make(pool)

    monkeypatch.setattr(urllib3.connectionpool.HTTPConnectionPool, "_new_conn", noting)
    server = local_vendor(ten_pages())
    assert len(read_one("stripe", server.base_url).records["customers"]) == 10
    assert len(opened) == 1


def test_a_proxy_of_the_environment_is_used_but_not_for_hosts_that_it_leaves_out(
    local_vendor, monkeypatch
):
    targets = []

    def proxy(request):
        targets.append(request)
        return Answer(GOOD["stripe"])

    server = local_vendor(proxy)
    monkeypatch.setenv("http_proxy", server.base_url)
    monkeypatch.setenv("no_proxy", "localhost")
    # Nobody answers there, so that only a proxy can.
    assert read_one("stripe", "http://127.0.0.1:9").records["customers"] == [{"id": "x"}]
    assert len(targets) == 1
    session = sending.VendorSession(api_budget=APIBudget(policies=[]))
    for host, proxy_of in (("localhost", None), ("far.example", server.base_url)):
        for _ in range(2):
            made = session.merge_environment_settings(f"http://{host}/v1", {}, False, None, None)
            assert made["proxies"].get("http") == proxy_of


def test_the_environment_is_asked_for_a_proxy_once_a_host(local_vendor, monkeypatch):
    asked = []
    look = requests.sessions.get_environ_proxies
    monkeypatch.setattr(
        requests.sessions,
        "get_environ_proxies",
        lambda url, **more: asked.append(url) or look(url, **more),
    )
    server = local_vendor(ten_pages())
    assert len(read_one("stripe", server.base_url).records["customers"]) == 10
    assert len(asked) == 1


# Every requester has these manners, and no credential gets out when it cannot be sent.


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_requester_has_the_client_with_manners(vendor):
    config = SECRETS[vendor]
    for stream in create_source(vendor, config).streams(config):
        retriever = stream._stream_partition_generator._partition_factory._retriever
        requesters = [p for p in vars(retriever).values() if isinstance(p, HttpRequester)]
        assert requesters
        for requester in requesters:
            assert isinstance(requester._http_client, sending.VendorClient)


@pytest.mark.parametrize("secret", ["sk_live_secret\nx", "sk_live_secret\u05d0"])
def test_a_key_that_cannot_be_sent_is_not_shown(local_vendor, caplog, secret):
    server = local_vendor(lambda _: Answer(GOOD["stripe"]))
    config = {"client_secret": secret, "base_url": server.base_url}
    with caplog.at_level(logging.DEBUG):
        reading = read("stripe", config, "customers")
    assert "`client_secret` holds a character" in reading.errors["customers"]
    assert "sk_live_secret" not in caplog.text + str(reading)
