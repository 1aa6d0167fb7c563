"""What a user is told when Stripe does not answer as it should, and how soon."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter

import pytest
from airbyte_cdk.models import Status
from answering_vendor import Answer
from reading import read

from connectors.registry import create_source

KEY = "sk_live_never_show_this"
NONE = {"data": [], "has_more": False}
GOOD = {"data": [{"id": "x_1", "lines": NONE, "items": NONE, "created": 1}], "has_more": False}
ONLY = GOOD["data"]


def config_for(base_url, **more):
    return {"client_secret": KEY, "base_url": base_url, "max_retries": 0, **more}


def check(config):
    return create_source("stripe", config).check(logging.getLogger("airbyte"), config)


def said(result):
    assert result.status == Status.FAILED
    assert KEY not in result.message
    return result.message


def test_check_succeeds_when_every_stream_answers(local_vendor):
    server = local_vendor(lambda _: Answer(GOOD))
    assert check(config_for(server.base_url)).status == Status.SUCCEEDED
    lists = ("charges", "refunds", "products", "prices", "plans", "coupons", "promotion_codes")
    more = ("disputes", "credit_notes", "payment_intents", "checkout/sessions", "events")
    assert Counter(server.paths()) == {
        **{f"/v1/{name}": 1 for name in (*lists, *more, "balance_transactions")},
        # Once for themselves, once for what they hold.
        **{f"/v1/{name}": 2 for name in ("customers", "invoices", "subscriptions")},
        "/v1/customers/x_1/payment_methods": 1,
    }


def test_a_wrong_key_is_named_by_its_config_key_and_asked_only_once(local_vendor):
    server = local_vendor(
        lambda _: Answer({"error": {"message": f"Invalid API Key provided: {KEY}"}}, 401)
    )
    message = said(check(config_for(server.base_url, max_retries=4)))
    assert "`client_secret`" in message
    assert "401" in message
    assert len(server.requests) == 1


def test_every_missing_permission_is_named(local_vendor):
    def answer(request):
        if request.path in ("/v1/charges", "/v1/products"):
            return Answer({"error": {"message": "The provided key lacks charge_read."}}, 403)
        return Answer(GOOD)

    message = said(check(config_for(local_vendor(answer).base_url)))
    assert "/v1/charges" in message
    assert "/v1/products" in message
    assert "/v1/customers" not in message
    assert "restricted key" in message


def test_a_vendor_that_is_down_fails_soon_with_its_address(local_vendor):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    began = time.monotonic()
    message = said(check(config_for(f"http://127.0.0.1:{port}", max_retries=1)))
    assert f"127.0.0.1:{port}" in message
    assert "refused" in message
    assert time.monotonic() - began < 5


def test_an_unknown_host_is_said_to_be_unknown():
    message = said(check(config_for("http://stripe.invalid")))
    assert "stripe.invalid" in message


@pytest.mark.parametrize(
    ("body", "fault"),
    [(b'{"data": [{"id": "x_1"', "not JSON"), (b"", "empty"), (b"<html>", "not JSON")],
)
def test_a_body_that_is_not_json_names_the_path(local_vendor, body, fault):
    server = local_vendor(lambda _: Answer(body))
    message = said(check(config_for(server.base_url)))
    assert "/v1/customers" in message
    assert fault in message


@pytest.mark.parametrize(
    "body", [{"object": "list"}, {"data": None}, {"data": [1]}, [], {"data": {"id": "x"}}]
)
def test_json_of_another_shape_is_an_error_and_not_an_empty_page(local_vendor, body):
    server = local_vendor(lambda _: Answer(body))
    reading = read("stripe", config_for(server.base_url), "customers")
    assert "/v1/customers" in reading.errors["customers"]
    assert reading.state.get("customers", {}) == {}


def test_broken_json_is_asked_for_again_before_the_stream_fails(local_vendor):
    answers = iter([Answer(b'{"data": [{'), Answer(GOOD)])
    server = local_vendor(lambda _: next(answers))
    reading = read("stripe", config_for(server.base_url, max_retries=1), "customers")
    assert reading.records["customers"] == ONLY
    assert reading.failure is None


def test_broken_json_fails_its_stream_only(local_vendor):
    def answer(request):
        return Answer(b"{oops" if request.path == "/v1/invoices" else GOOD)

    reading = read(
        "stripe", config_for(local_vendor(answer).base_url), "customers", "invoices", "refunds"
    )
    assert set(reading.errors) == {"invoices"}
    assert "/v1/invoices" in reading.errors["invoices"]
    assert set(reading.records) == {"customers", "refunds"}


def test_a_response_that_is_cut_is_asked_for_again(local_vendor):
    answers = iter([Answer(GOOD, cut_at=10), Answer(GOOD)])
    server = local_vendor(lambda _: next(answers))
    reading = read("stripe", config_for(server.base_url, max_retries=1), "customers")
    assert reading.records["customers"] == ONLY


def test_a_silent_vendor_fails_within_the_timeout(local_vendor):
    told = threading.Event()

    def answer(_):
        told.wait(60)
        return Answer(GOOD)

    server = local_vendor(answer)
    try:
        message = said(check(config_for(server.base_url, timeout_seconds=0.3)))
    finally:
        told.set()
    assert "did not answer in time" in message


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_fault_is_retried_and_then_told(local_vendor, status):
    server = local_vendor(lambda _: Answer({"error": {"message": "boom"}}, status))
    reading = read("stripe", config_for(server.base_url, max_retries=1), "customers")
    assert len(server.requests) == 2
    assert str(status) in reading.errors["customers"]
    assert "/v1/customers" in reading.errors["customers"]


def test_a_server_fault_that_passes_is_no_error(local_vendor):
    answers = iter([Answer({}, 503), Answer(GOOD)])
    server = local_vendor(lambda _: next(answers))
    reading = read("stripe", config_for(server.base_url, max_retries=1), "customers")
    assert reading.failure is None
    assert reading.records["customers"] == ONLY


def test_retry_after_is_obeyed(local_vendor):
    moments = []

    def answer(_):
        moments.append(time.monotonic())
        if len(moments) == 1:
            return Answer({"error": {"message": "slow down"}}, 429, headers={"Retry-After": "1"})
        return Answer(GOOD)

    reading = read("stripe", config_for(local_vendor(answer).base_url, max_retries=1), "customers")
    assert reading.failure is None
    assert moments[1] - moments[0] >= 1


def test_an_endless_rate_limit_ends_in_a_clear_error(local_vendor):
    server = local_vendor(lambda _: Answer({"error": {"message": "slow down"}}, 429))
    reading = read("stripe", config_for(server.base_url), "customers")
    assert "429" in reading.errors["customers"]
    assert "later" in reading.errors["customers"]


def test_a_retry_after_of_hours_is_not_waited_for(local_vendor):
    server = local_vendor(lambda _: Answer({}, 429, headers={"Retry-After": "7200"}))
    reading = read("stripe", config_for(server.base_url, max_retries=4), "customers")
    assert "7200 s" in reading.errors["customers"]
    assert len(server.requests) == 1


def test_a_rejected_request_repeats_what_the_vendor_says(local_vendor):
    server = local_vendor(lambda _: Answer({"error": {"message": "Invalid integer: x"}}, 400))
    reading = read("stripe", config_for(server.base_url, max_retries=4), "customers")
    assert "Invalid integer: x" in reading.errors["customers"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_no_log_and_no_error_shows_the_key(local_vendor, caplog, status):
    server = local_vendor(lambda _: Answer({"error": {"message": f"key {KEY} is bad"}}, status))
    caplog.set_level(logging.DEBUG, logger="airbyte")
    with caplog.at_level(logging.DEBUG):
        reading = read("stripe", config_for(server.base_url), "customers")
    from airbyte_cdk.logger import AirbyteLogFormatter

    formatted = "\n".join(AirbyteLogFormatter().format(record) for record in caplog.records)
    assert "Making outbound API request" in formatted
    assert KEY not in formatted
    assert KEY not in str(reading)
