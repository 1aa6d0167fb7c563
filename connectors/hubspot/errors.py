"""What HubSpot says when it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers import ErrorResolution

from connectors.errors import VendorError, VendorErrorHandler, url_path
from connectors.extractor import parsed_body


@dataclass
class HubSpotErrorHandler(VendorErrorHandler):
    """Names the scopes that a token lacks, and the day's limit; otherwise as every vendor's."""

    def interpret_response(self, response: requests.Response | Exception | None) -> ErrorResolution:
        """Says whether a response is good, worth another attempt, or an error.

        Raises:
            VendorError: another attempt cannot help.
        """
        if isinstance(response, requests.Response) and response.status_code == 403:
            scopes = missing_scopes(response)
            if scopes:
                raise VendorError(
                    f"{self.vendor} does not let this token read {url_path(response)} (403): it "
                    f"lacks the scope {' or '.join(scopes)}. {self.permission_hint}",
                    FailureType.config_error,
                    response.status_code,
                )
        if isinstance(response, requests.Response) and is_daily_limit(response):
            raise VendorError(
                f"{self.vendor}'s limit of requests a day is used up (429 at "
                f"{url_path(response)}). It begins anew at midnight in the account's time zone: "
                "run the sync again then, or see in HubSpot (Settings, Integrations, Private "
                "Apps, Logs) what uses it up.",
                FailureType.transient_error,
                response.status_code,
            )
        return super().interpret_response(response)


def is_daily_limit(response: requests.Response) -> bool:
    """Whether a refusal is for the rest of the day, so that waiting for it is no use."""
    if response.status_code != requests.codes.too_many_requests:
        return False
    try:
        body = parsed_body(response)
    except orjson.JSONDecodeError:
        return False
    return isinstance(body, dict) and body.get("policyName") == "DAILY"


def missing_scopes(response: requests.Response) -> list[str]:
    """The scopes of which one would do, as the body of a 403 lists them; none if it does not."""
    try:
        body = parsed_body(response)
    except orjson.JSONDecodeError:
        return []
    return list(dict.fromkeys(_scopes(body)))


def _scopes(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("requiredGranularScopes", "requiredScopes") and isinstance(part, list):
                yield from (scope for scope in part if isinstance(scope, str))
            else:
                yield from _scopes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _scopes(part)
