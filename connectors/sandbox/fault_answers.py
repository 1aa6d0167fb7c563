"""What the vendors say when something is wrong, in their own words and headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import orjson

from .fault_plan import Fault


@dataclass(frozen=True)
class Refusal:
    """A whole answer that is no success."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def _json(
    status: int, body: Any, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> Refusal:
    return Refusal(status, orjson.dumps(body), {"content-type": kind, **(headers or {})})


def rate_limited(vendor: str, fault: Fault) -> Refusal:
    """Return a 429."""
    seconds = str(ceil(fault.seconds))
    told = fault.header == "vendor"
    headers = {"retry-after": seconds} if fault.header == "retry-after" else {}
    if vendor == "stripe":
        error = {
            "message": "Request rate limit exceeded. Learn more about rate limits here "
            "https://stripe.com/docs/rate-limits.",
            "type": "invalid_request_error",
            "code": "rate_limit",
        }
        own = {"stripe-should-retry": "true", "stripe-rate-limited-reason": "global-rate"}
        return _json(429, {"error": error}, headers | (own if told else {}))
    if vendor == "zendesk":
        own = {
            "retry-after": seconds,
            "x-rate-limit": "700",
            "x-rate-limit-remaining": "0",
            "ratelimit-limit": "700",
            "ratelimit-remaining": "0",
            "ratelimit-reset": seconds,
        }
        body = {
            "error": "APIRateLimitExceeded",
            "description": "Number of allowed API requests per minute exceeded",
        }
        return _json(429, body, headers | (own if told else {}))
    if vendor == "mailchimp":
        return _problem(
            429,
            "Too Many Requests",
            "You have exceeded the limit of 10 simultaneous connections.",
            headers,
        )
    own = {
        "x-hubspot-ratelimit-interval-milliseconds": str(ceil(fault.seconds * 1000)),
        "x-hubspot-ratelimit-max": "100",
        "x-hubspot-ratelimit-remaining": "0",
    }
    body = {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": "00000000-0000-4000-8000-000000000429",
        "policyName": "TEN_SECONDLY_ROLLING",
    }
    return _json(429, body, headers | (own if told else {}))


def _problem(
    status: int, title: str, detail: str, headers: dict[str, str] | None = None
) -> Refusal:
    body = {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "00000000-0000-4000-8000-000000000000",
    }
    return _json(status, body, headers, "application/problem+json; charset=utf-8")


def server_error(vendor: str, fault: Fault) -> Refusal:
    """Return a failure of the vendor's; what stands before its servers answers in HTML."""
    headers = {"retry-after": str(ceil(fault.seconds))} if fault.header == "retry-after" else {}
    if fault.status in (502, 503, 504):
        page = b"<html><body><h1>Service unavailable</h1></body></html>"
        return Refusal(fault.status, page, {"content-type": "text/html", **headers})
    if vendor == "stripe":
        error = {"message": "An unknown error occurred", "type": "api_error"}
        return _json(fault.status, {"error": error}, headers)
    if vendor == "mailchimp":
        return _problem(fault.status, "Internal Server Error", "An unexpected error.", headers)
    return _json(fault.status, {"error": "InternalError", "message": "internal error"}, headers)


def unauthorized(vendor: str, _fault: Fault) -> Refusal:
    """Return a 401: the credential was good and is so no more."""
    if vendor == "stripe":
        error = {
            "message": "Expired API Key provided: sk_test_****",
            "type": "invalid_request_error",
        }
        return _json(401, {"error": {**error, "code": "api_key_expired"}})
    if vendor == "zendesk":
        return _json(401, {"error": "Couldn't authenticate you"})
    if vendor == "mailchimp":
        return _problem(401, "API Key Invalid", "Your API key may be invalid.")
    body = {
        "status": "error",
        "message": "The OAuth token used to make this call expired.",
        "category": "EXPIRED_AUTHENTICATION",
    }
    return _json(401, body)


def forbidden(vendor: str, _fault: Fault) -> Refusal:
    """Return a 403 that names what is missing, where the vendor does."""
    if vendor == "stripe":
        error = {
            "message": "The provided key 'rk_test_****' does not have the required permissions for "
            "this endpoint. Having the 'rak_sandbox_read' permission would allow this request to "
            "continue.",
            "type": "invalid_request_error",
        }
        return _json(403, {"error": error})
    if vendor == "zendesk":
        refusal = {"title": "Forbidden", "message": "You do not have access to this page."}
        return _json(403, {"error": refusal})
    if vendor == "mailchimp":
        return _problem(
            403, "User action not permitted", "The API key cannot be used for this action."
        )
    missing = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": ["crm.sandbox.read"]},
    }
    body: dict[str, Any] = {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "category": "MISSING_SCOPES",
        "errors": [missing],
    }
    return _json(403, body)


def not_found(vendor: str, _fault: Fault) -> Refusal:
    """Return a 404."""
    if vendor == "stripe":
        error = {"message": "Unrecognized request URL.", "type": "invalid_request_error"}
        return _json(404, {"error": error})
    if vendor == "zendesk":
        return _json(404, {"error": "InvalidEndpoint", "description": "Not found"})
    if vendor == "mailchimp":
        return _problem(404, "Resource Not Found", "The requested resource could not be found.")
    return _json(404, {"status": "error", "message": "resource not found"})


def bad_request(vendor: str, _fault: Fault) -> Refusal:
    """Return a 400."""
    if vendor == "stripe":
        error = {"message": "Received unknown parameter: x", "type": "invalid_request_error"}
        return _json(400, {"error": {**error, "code": "parameter_unknown", "param": "x"}})
    if vendor == "zendesk":
        return _json(400, {"errors": [{"code": "InvalidParameter", "title": "x is not known"}]})
    if vendor == "mailchimp":
        return _problem(400, "Invalid Resource", "The resource submitted could not be validated.")
    return _json(
        400, {"status": "error", "message": "x is not known", "category": "VALIDATION_ERROR"}
    )


def refused_cursor(vendor: str, _fault: Fault) -> Refusal:
    """Return what a vendor says of a place that it does not know any more."""
    if vendor == "stripe":
        error = {"message": "No such object: 'gone'", "type": "invalid_request_error"}
        return _json(
            400, {"error": {**error, "code": "resource_missing", "param": "starting_after"}}
        )
    if vendor == "zendesk":
        errors = [{"code": "InvalidPaginationParameter", "title": "Invalid cursor"}]
        return _json(400, {"errors": errors})
    body = {
        "status": "error",
        "message": "The after parameter is not a valid cursor",
        "category": "VALIDATION_ERROR",
    }
    return _json(400, body)


REFUSALS: dict[str, Callable[[str, Fault], Refusal]] = {
    "rate_limit": rate_limited,
    "server_error": server_error,
    "expired_credentials": unauthorized,
    "forbidden": forbidden,
    "not_found": not_found,
    "bad_request": bad_request,
    "refused_cursor": refused_cursor,
}
"""The kinds of faults that are an answer of their own."""
