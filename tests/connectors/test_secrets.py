"""No credential gets out, whatever goes wrong and whatever the vendor repeats."""

from __future__ import annotations

import base64
import logging
import traceback

import orjson
import pytest
from airbyte_cdk.logger import AirbyteLogFormatter
from airbyte_cdk.models import AirbyteMessageSerializer
from answering_vendor import Answer, Request
from reading import configured

from connectors.registry import create_source

CREDENTIALS = {
    "stripe": {"client_secret": "sk_live_S3cretNeverShown"},
    "zendesk": {"subdomain": "x", "email": "a@x.example", "api_token": "S3cretNeverShown"},
    "mailchimp": {"api_key": "S3cretNeverShown0123-us21"},
    "hubspot": {"access_token": "pat-eu1-S3cretNeverShown"},
}
STREAMS = {
    "stripe": ("customers", "products", "payment_methods", "invoice_lines", "events"),
    "zendesk": ("users", "organizations", "satisfaction_ratings", "ticket_metrics", "tags"),
    "mailchimp": ("lists", "members", "email_activity", "interests", "unsubscribes"),
    "hubspot": ("contacts", "owners", "deal_stage_history", "pipelines"),
}


def secret_texts(vendor):
    """The credential in every form in which it travels."""
    config = CREDENTIALS[vendor]
    key = list(config.values())[-1]
    users = {"zendesk": f"{config.get('email')}/token", "mailchimp": "kesher"}
    texts = [key]
    if vendor in users:
        texts.append(base64.b64encode(f"{users[vendor]}:{key}".encode()).decode())
    return texts


def said(request: Request) -> str:
    """What a careless vendor repeats: the header as it came, and what is in it."""
    header = request.headers.get("Authorization", "")
    kind, _, value = header.partition(" ")
    plain = base64.b64decode(value).decode() if kind == "Basic" else value
    return f"{header} {plain}"


def echoing(status, form):
    def answer(request: Request) -> Answer:
        text = said(request)
        bodies = {
            "error": {"error": {"message": text, "code": text, "type": text}},
            "flat": {"error": text, "description": text, "title": text, "detail": text},
            "message": {"message": text, "category": text, "errors": [{"message": text}]},
            "errors": {"errors": [{"code": text, "title": text}]},
            "html": f"<html>{text}".encode(),
            "half": f'{{"data": ["{text}'.encode(),
            "shape": {text: text},
        }
        headers = {"X-Debug": text, "Retry-After": "0"}
        cut_at = 8 if form == "cut" else None
        return Answer(bodies.get(form, bodies["error"]), status, headers, cut_at=cut_at)

    return answer


@pytest.mark.parametrize("vendor", CREDENTIALS)
@pytest.mark.parametrize(
    ("status", "form"),
    [
        *((status, "error") for status in (400, 401, 403, 404, 409, 429, 500, 503)),
        *((400, form) for form in ("flat", "message", "errors", "html")),
        *((200, form) for form in ("html", "half", "shape", "cut")),
        (302, "error"),
    ],
)
def test_nothing_that_is_put_out_holds_the_credential(
    local_vendor, waits, caplog, vendor, status, form
):
    answer = echoing(status, form)
    if status == 302:
        answer = lambda request: Answer(  # noqa: E731
            b"", 302, {"Location": f"/elsewhere?key={said(request).split()[1]}"}
        )
    server = local_vendor(answer)
    config = {**CREDENTIALS[vendor], "base_url": server.base_url, "max_retries": 2}
    put_out: list[str] = []
    with caplog.at_level(logging.DEBUG):
        source = create_source(vendor, config)
        logger = logging.getLogger("airbyte")
        put_out.append(repr(source.check(logger, config)))
        catalog = configured(*STREAMS[vendor])
        try:
            again = create_source(vendor, config, catalog, [])
            for message in again.read(logger, config, catalog, []):
                told = orjson.dumps(AirbyteMessageSerializer.dump(message)).decode()
                put_out.append(told)
        except Exception as error:
            put_out.append("".join(traceback.format_exception(error)))
            put_out.append(repr(error))
    put_out += [AirbyteLogFormatter().format(record) for record in caplog.records]
    everything = "\n".join(put_out)
    assert server.base_url in everything or vendor in everything  # something was put out
    for text in secret_texts(vendor):
        assert text not in everything
