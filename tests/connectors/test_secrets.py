"""No credential gets out, whatever goes wrong and whatever the vendor repeats."""

from __future__ import annotations

import base64
import logging
import traceback
from urllib.parse import quote, quote_plus, unquote_plus, urlencode

import orjson
import pytest
import yaml
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
    "manifest": {"user": "a@x.example", "key": "S3cret+Never/Shown=="},
}
STREAMS = {
    "stripe": ("customers", "products", "payment_methods", "invoice_lines", "events"),
    "zendesk": ("users", "organizations", "satisfaction_ratings", "ticket_metrics", "tags"),
    "mailchimp": ("lists", "members", "email_activity", "interests", "unsubscribes"),
    "hubspot": ("contacts", "owners", "deal_stage_history", "pipelines"),
    "manifest": ("in_query", "in_path", "basic", "encoded"),
}


def authenticated(name, authenticator, path="/items"):
    """A stream of a manifest that sends its credential in a way of its own."""
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": "id",
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url": "{{ config['base_url'] }}" + path,
                "authenticator": authenticator,
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
            },
        },
    }


KEY = "{{ config['key'] }}"
MANIFEST = {
    "spec": {
        "type": "Spec",
        "connection_specification": {
            "type": "object",
            "properties": {
                "base_url": {"type": "string"},
                "user": {"type": "string"},
                "key": {"type": "string", "airbyte_secret": True},
            },
        },
    },
    "streams": [
        authenticated(
            "in_query",
            {
                "type": "ApiKeyAuthenticator",
                "api_token": KEY,
                "inject_into": {
                    "type": "RequestOption",
                    "inject_into": "request_parameter",
                    "field_name": "api_key",
                },
            },
        ),
        authenticated("in_path", {"type": "NoAuth"}, f"/key-{KEY}/items"),
        authenticated(
            "basic",
            {
                "type": "BasicHttpAuthenticator",
                "username": "{{ config['user'] }}",
                "password": KEY,
            },
        ),
        authenticated(
            "encoded",
            {
                "type": "ApiKeyAuthenticator",
                "api_token": "Basic {{ (config['user'] ~ ':' ~ config['key']) | base64encode }}",
                "inject_into": {
                    "type": "RequestOption",
                    "inject_into": "header",
                    "field_name": "Authorization",
                },
            },
        ),
    ],
}


def settings(vendor, base_url, folder):
    """What the connector is given."""
    own = {**CREDENTIALS[vendor], "base_url": base_url, "max_retries": 2}
    if vendor != "manifest":
        return own
    (folder / "manifest.yaml").write_text(yaml.safe_dump(MANIFEST))
    return {"folder": str(folder), "settings": own}


def secret_texts(vendor):
    """The credential in every form in which it travels."""
    config = CREDENTIALS[vendor]
    key = list(config.values())[-1]
    users = {
        "zendesk": f"{config.get('email')}/token",
        "mailchimp": "kesher",
        "manifest": config.get("user"),
    }
    texts = [key, quote(key, safe=""), quote_plus(key), quote(key)]
    if vendor in users:
        texts.append(base64.b64encode(f"{users[vendor]}:{key}".encode()).decode())
    return texts


def said(request: Request) -> str:
    """What a careless vendor repeats: the address and the header, as they came and in plain."""
    header = request.headers.get("Authorization", "")
    kind, _, value = header.partition(" ")
    plain = base64.b64decode(value).decode() if kind == "Basic" else value
    query = urlencode(request.query, doseq=True)
    return f"{request.path} {query} {unquote_plus(query)} {header} {plain}"


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
    local_vendor, waits, caplog, tmp_path, vendor, status, form
):
    answer = echoing(status, form)
    if status == 302:
        answer = lambda request: Answer(  # noqa: E731
            b"", 302, {"Location": f"/elsewhere?key={said(request).split()[-1]}"}
        )
    server = local_vendor(answer)
    config = settings(vendor, server.base_url, tmp_path)
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


def test_a_key_that_the_vendors_words_are_cut_in_is_not_shown_in_part(local_vendor):
    key = CREDENTIALS["stripe"]["client_secret"]
    said = {"error": {"message": "x" * 290 + key}}
    server = local_vendor(lambda _: Answer(said, 400))
    config = settings("stripe", server.base_url, None)
    outcome = create_source("stripe", config).check(logging.getLogger("airbyte"), config)
    assert "x" * 290 in outcome.message
    assert key[:5] not in outcome.message
