"""What a vendor's refusals mean, in one sentence each, and how long to wait before asking again.

Every message says what happened, where (the URL's path, never its query, a header or a key) and
what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers import (
    ErrorHandler,
    ErrorResolution,
    ResponseAction,
)
from airbyte_cdk.sources.types import Config
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors import waiting
from connectors.rate_limits import asked_wait, told_to_retry

CONNECT_TIMEOUT_SECONDS = 5
"""How long a connection may take to stand. Same for every request."""
READ_TIMEOUT_SECONDS = 30
"""How long a vendor may stay silent; `timeout_seconds` in a source's configuration overrides it."""
MAX_RETRIES = 4
"""Retries after the first attempt, waiting up to 1, 2, 4 and 8 s; `max_retries` overrides it."""
MAX_READ_TIMEOUT_RETRIES = 1
"""A vendor that takes the request and stays silent is asked only once more: each try is long."""
PATIENCE_SECONDS = 900
"""The longest that one request is waited for in all; `patience_seconds` overrides it.

A `Retry-After` beyond this fails the stream at once: better to run again later than to hang.
"""
RETRIED = frozenset({408, 409, 423, 425, 429, 477})
"""Refusals that may pass, beside those of 500 and more."""
NEVER_RETRIED = frozenset({501, 505, 511})
"""Faults of 500 and more that stay."""


class VendorError(AirbyteTracedException):
    """A vendor's API did not give what was asked for.

    Attributes:
        status: the HTTP status, or `None` when there was no usable response.
        vendor_code: the vendor's own word for the error, where its body has one.
    """

    def __init__(
        self,
        message: str,
        failure_type: FailureType,
        status: int | None = None,
        vendor_code: str | None = None,
    ) -> None:
        super().__init__(
            internal_message=filter_secrets(message),
            message=filter_secrets(message),
            failure_type=failure_type,
        )
        self.status = status
        self.vendor_code = vendor_code


def url_path(source: requests.Response | requests.RequestException) -> str:
    """The path of the URL that was asked for: no host, no query, so no key can be in it."""
    request = source.request
    return urlsplit(request.url).path if request is not None and request.url else "the API"


def malformed_body(vendor: str, response: requests.Response, reason: str) -> VendorError:
    """The error for a successful response whose body cannot be used."""
    return VendorError(
        f"{vendor} answered {url_path(response)} with a body that cannot be read: {reason}. "
        "Nothing of this stream after that point was taken over. Run the sync again; if it stays, "
        f"ask {vendor}'s support, or look for a proxy that alters responses.",
        FailureType.transient_error,
        status=response.status_code,
    )


def _reason(error: requests.RequestException) -> str:
    text = str(error)
    if isinstance(error, requests.ConnectTimeout):
        return "it did not accept a connection in time"
    if isinstance(error, requests.ReadTimeout) or "Read timed out" in text:
        return "it did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate was not accepted"
    for mark, reason in (
        ("refused", "the connection was refused"),
        ("Name or service not known", "its host name is not known"),
        ("Temporary failure in name resolution", "its host name could not be looked up"),
        ("No address associated", "its host name is not known"),
        ("IncompleteRead", "the response was cut short"),
        ("Connection aborted", "the connection was cut"),
        ("Connection broken", "the connection was cut"),
        ("Connection reset", "the connection was cut"),
    ):
        if mark in text:
            return reason
    return f"the connection failed ({type(error).__name__})"


def unreachable(
    vendor: str, error: requests.RequestException, attempt_count: int = 1
) -> VendorError:
    """The error for a vendor from whom no usable response came."""
    request = error.request
    parts = urlsplit(request.url) if request is not None and request.url else None
    host = f" at {parts.hostname}{f':{parts.port}' if parts.port else ''}" if parts else ""
    tries = f" in {attempt_count} attempts" if attempt_count > 1 else ""
    return VendorError(
        f"{vendor} could not be read{host}{tries} ({url_path(error)}): {_reason(error)}. "
        "Check the network and, if it is set, `base_url`; then run the sync again.",
        FailureType.transient_error,
    )


def _json_fault(response: requests.Response) -> str:
    from connectors.extractor import parsed_body

    try:
        parsed_body(response)
    except orjson.JSONDecodeError as error:
        return f"it is not JSON ({error})" if response.content else "it is empty"
    return ""


@dataclass
class VendorErrorHandler(ErrorHandler):
    """For a manifest's requester: `class_name: connectors.errors.VendorErrorHandler`.

    Attributes:
        vendor: the vendor's name as messages should say it.
        credential: the configuration key that holds the credential, to name it on 401.
        permission_hint: where and what to grant, said on 403 after naming the resource.
        account_hint: what to check on 404, e.g. "Check `subdomain`."
        expects_json: a successful response that is not JSON is asked for again, then fails.
        requests_a_second: limits that single endpoints have, by the end of their paths. The
            streams of a source keep to them together.
    """

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    vendor: str = "The vendor"
    credential: str = "the key"
    permission_hint: str = "Grant it in the vendor's settings."
    account_hint: str = "Check `base_url` if it is set."
    expects_json: bool = True
    requests_a_second: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        """Nothing of `$parameters` is used."""

    @property
    def max_retries(self) -> int:
        """How often a failed request is made again; a 429 as long as patience lasts."""
        return int(self.config.get("max_retries", MAX_RETRIES))

    @property
    def patience_seconds(self) -> float:
        """How long one request is waited for in all."""
        return float(self.config.get("patience_seconds", PATIENCE_SECONDS))

    @property
    def max_time(self) -> int:
        """As `patience_seconds`, for the CDK."""
        return int(self.patience_seconds)

    def wait(
        self,
        outcome: requests.Response | requests.RequestException,
        attempt: int,
        waited: float,
    ) -> float:
        """Seconds to wait before a failed request is made again.

        Args:
            outcome: what the last attempt gave.
            attempt: its number, from 1.
            waited: how long was waited before the attempts so far.

        Raises:
            VendorError: no further attempt is worth it.
        """
        if isinstance(outcome, requests.Response):
            limited = outcome.status_code == requests.codes.too_many_requests
            asked = asked_wait(outcome) if not outcome.ok else None
            if attempt > self.max_retries and not (limited and self.max_retries):
                raise self._given_up(outcome, attempt)
            wait = waiting.backoff(attempt) if asked is None else asked
            if asked is not None and attempt > 2:
                # Who keeps to refusing right after the wait that it asked for, gets a longer one.
                wait = max(asked, waiting.backoff(attempt - 2))
            if waited + wait > self.patience_seconds:
                raise self._out_of_patience(outcome, asked, waited)
            return wait
        allowed = self.max_retries
        if isinstance(outcome, requests.ReadTimeout):
            allowed = min(allowed, MAX_READ_TIMEOUT_RETRIES)
        wait = waiting.backoff(attempt)
        if attempt > allowed or waited + wait > self.patience_seconds:
            raise unreachable(self.vendor, outcome, attempt)
        return wait

    def _given_up(self, response: requests.Response, attempts: int) -> VendorError:
        if response.ok:
            return malformed_body(self.vendor, response, _json_fault(response))
        where, status = url_path(response), response.status_code
        if status == requests.codes.too_many_requests:
            text = (
                f"{self.vendor} limits how often it may be asked and refused {where} (429). "
                "Run the sync again later, or lower the load that other programs put on this "
                "account."
            )
        elif status < 500:
            text = (
                f"{self.vendor} refused {where} ({status}) in {attempts} attempts. Run the sync "
                f"again later.{vendor_words(response)}"
            )
        else:
            text = (
                f"{self.vendor} failed at {where} ({status}) in {attempts} "
                f"attempt{'s' if attempts > 1 else ''}. The fault is on its side: run the sync "
                "again later."
            )
        return VendorError(text, FailureType.transient_error, status)

    def _out_of_patience(
        self, response: requests.Response, asked: float | None, waited: float
    ) -> VendorError:
        where, status = url_path(response), response.status_code
        still = f"asks to wait {asked:.0f} s" if asked is not None else "still refuses"
        after = f", after {waited:.0f} s of waiting" if waited else ""
        return VendorError(
            f"{self.vendor} {still} before {where} is read on ({status}){after}: longer than a "
            f"sync waits (`patience_seconds`, {self.patience_seconds:.0f} s). Run the sync again "
            "later, or lower the load that other programs put on this account.",
            FailureType.transient_error,
            status,
        )

    def unsendable(self) -> VendorError:
        """The error for a credential that cannot even be sent; its value is not quoted."""
        return VendorError(
            f"`{self.credential}` holds a character that no key has, such as a line break or a "
            f"letter that is not Latin. Copy it again from {self.vendor}.",
            FailureType.config_error,
        )

    def interpret_response(self, response: requests.Response | Exception | None) -> ErrorResolution:
        """Says whether a response is good, worth another attempt, or an error.

        Raises:
            VendorError: another attempt cannot help.
        """
        if isinstance(response, requests.Response):
            return self._interpret_status(response)
        if isinstance(
            response,
            requests.exceptions.InvalidURL
            | requests.exceptions.InvalidSchema
            | requests.exceptions.MissingSchema,
        ):
            raise VendorError(
                f"The address of {self.vendor} is not a URL that can be asked. {self.account_hint}",
                FailureType.config_error,
            )
        if isinstance(response, requests.TooManyRedirects) or (
            isinstance(response, requests.exceptions.SSLError)
            and "CERTIFICATE_VERIFY_FAILED" in str(response)
        ):
            raise unreachable(self.vendor, response)
        reason = (
            _reason(response)
            if isinstance(response, requests.RequestException)
            else "no response came"
        )
        return ErrorResolution(
            ResponseAction.RETRY,
            FailureType.transient_error,
            f"{self.vendor} could not be read: {reason}",
        )

    def _interpret_status(self, response: requests.Response) -> ErrorResolution:
        status, path = response.status_code, url_path(response)
        if response.ok:
            if self.expects_json and (fault := _json_fault(response)):
                return ErrorResolution(
                    ResponseAction.RETRY,
                    FailureType.transient_error,
                    f"{self.vendor} answered {path} with a body that cannot be read: {fault}",
                )
            return ErrorResolution(ResponseAction.SUCCESS)
        words = vendor_words(response)
        told = told_to_retry(response)
        may_pass = status in RETRIED or (status >= 500 and status not in NEVER_RETRIED)
        if told or (may_pass and told is None):
            return ErrorResolution(
                ResponseAction.RETRY,
                FailureType.transient_error,
                f"{self.vendor} answered {path} with {status}",
            )
        if may_pass or status >= 500:
            said = " and says that asking again does not help" if may_pass else ""
            raise VendorError(
                f"{self.vendor} answered {path} with {status}{said}. Run the sync again later."
                f"{words}",
                FailureType.transient_error,
                status,
                _vendor_code(response),
            )
        if status == requests.codes.unauthorized:
            raise VendorError(
                f"{self.vendor} does not accept the credentials ({path} answered 401). Check "
                f"`{self.credential}`: complete, for the right account, not revoked or expired."
                f"{words}",
                FailureType.config_error,
                status,
            )
        if status == requests.codes.forbidden:
            raise VendorError(
                f"{self.vendor} does not let this key read {path} (403). "
                f"{self.permission_hint} If this account is not to have it, leave the stream out "
                f"(`without`).{words}",
                FailureType.config_error,
                status,
            )
        if status == requests.codes.not_found:
            raise VendorError(
                f"{self.vendor} has nothing at {path} (404). {self.account_hint}{words}",
                FailureType.config_error,
                status,
                _vendor_code(response),
            )
        raise VendorError(
            f"{self.vendor} rejected the request to {path} ({status}).{words}",
            FailureType.system_error,
            status,
            _vendor_code(response),
        )


def _error_object(response: requests.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        return error
    listed = body.get("errors")
    if isinstance(listed, list) and listed and isinstance(listed[0], dict) and "error" not in body:
        # Zendesk says so of pages; the others' lists only add to what stands beside them.
        return {**listed[0], **body}
    return body


def vendor_words(response: requests.Response) -> str:
    """What the vendor says of its refusal, as a sentence to append; empty if it says nothing."""
    error = _error_object(response)
    said = [
        error[key]
        for key in ("error", "title", "message", "description", "detail")
        if isinstance(error.get(key), str) and error[key]
    ]
    # Masked before it is cut: of half a key nobody could tell that it is one.
    return f" It says: {filter_secrets(': '.join(said))[:300]}" if said else ""


def _vendor_code(response: requests.Response) -> str | None:
    error = _error_object(response)
    code = error.get("code", error.get("error"))
    return code if isinstance(code, str) else None
