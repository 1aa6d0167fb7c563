"""What a vendor's refusals mean, in one sentence each, and how long to wait before asking again.

Every message says what happened, where (the URL's path, never its query, a header or a key) and
what to do about it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers import (
    BackoffStrategy,
    ErrorHandler,
    ErrorResolution,
    ResponseAction,
)
from airbyte_cdk.sources.types import Config
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

CONNECT_TIMEOUT_SECONDS = 5
"""How long a connection may take to stand. Same for every request."""
READ_TIMEOUT_SECONDS = 30
"""How long a vendor may stay silent; `timeout_seconds` in a source's configuration overrides it."""
MAX_RETRIES = 4
"""Retries after the first attempt, waiting 1, 2, 4 and 8 s; `max_retries` overrides it."""
MAX_READ_TIMEOUT_RETRIES = 1
"""A vendor that takes the request and stays silent is asked only once more: each try is long."""
LONGEST_WAIT_SECONDS = 900
"""A `Retry-After` beyond this fails the stream instead: better to run again later than to hang."""


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
            internal_message=message,
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


def server_time(response: requests.Response) -> datetime | None:
    """The vendor's clock: the response's `Date` header in UTC, or `None` when it has none."""
    text = response.headers.get("Date")
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_after_seconds(response: requests.Response) -> float | None:
    """Seconds that a `Retry-After` header asks to wait, or `None` when there is none to obey.

    A date in the header is taken against the vendor's own clock, not ours.
    """
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        seconds = (until - (server_time(response) or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None


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
    ):
        if mark in text:
            return reason
    return f"the connection failed ({type(error).__name__})"


@dataclass
class RetryWaits(BackoffStrategy):
    """How long to wait before asking again, and when to stop asking.

    429 waits what `Retry-After` says, or ever longer with jitter where there is no such header,
    and may come twice as often as other failures. Everything else waits 1, 2, 4, … seconds.
    """

    vendor: str
    max_retries: int

    def backoff_time(
        self,
        response_or_exception: requests.Response | requests.RequestException | None,
        attempt_count: int,
    ) -> float | None:
        """Seconds to wait before the next attempt; `None` leaves them to the CDK's doubling wait.

        Raises:
            VendorError: no further attempt is worth it.
        """
        if isinstance(response_or_exception, requests.Response):
            return self._wait_for_response(response_or_exception, attempt_count)
        allowed = self.max_retries
        if isinstance(response_or_exception, requests.ReadTimeout):
            allowed = min(allowed, MAX_READ_TIMEOUT_RETRIES)
        if attempt_count > allowed and response_or_exception is not None:
            raise unreachable(self.vendor, response_or_exception, attempt_count)
        return None

    def _wait_for_response(self, response: requests.Response, attempt_count: int) -> float | None:
        limited = response.status_code == requests.codes.too_many_requests
        asked = retry_after_seconds(response)
        if asked is not None and asked > LONGEST_WAIT_SECONDS:
            raise VendorError(
                f"{self.vendor} asks to wait {asked:.0f} s before {url_path(response)} is read on "
                f"({response.status_code}), which is longer than a sync waits "
                f"({LONGEST_WAIT_SECONDS} s). Run the sync again later.",
                FailureType.transient_error,
                status=response.status_code,
            )
        if attempt_count > (2 * self.max_retries if limited else self.max_retries):
            if response.ok:
                raise malformed_body(self.vendor, response, _json_fault(response))
            raise VendorError(
                f"{self.vendor} limits how often it may be asked and still refused "
                f"{url_path(response)} (429) after {attempt_count} attempts. Run the sync again "
                "later, or lower the load that other programs put on this account."
                if limited
                else f"{self.vendor} failed at {url_path(response)} "
                f"({response.status_code}) in {attempt_count} attempts. The fault is on its side: "
                "run the sync again later.",
                FailureType.transient_error,
                status=response.status_code,
            )
        if asked is not None:
            return max(asked, 0.01)
        if limited:
            return float(min(2 ** (attempt_count - 1), 30)) * random.uniform(0.5, 1.0)  # noqa: S311
        return None


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
    """

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    vendor: str = "The vendor"
    credential: str = "the key"
    permission_hint: str = "Grant it in the vendor's settings."
    account_hint: str = "Check `base_url` if it is set."
    expects_json: bool = True
    backoff_strategies: list[BackoffStrategy] = field(default_factory=list)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        """Reads the bounds from the configuration."""
        retries = int(self.config.get("max_retries", MAX_RETRIES))
        self.backoff_strategies = [RetryWaits(self.vendor, retries)]

    @property
    def max_retries(self) -> int | None:
        """Not the bound that acts: `RetryWaits` stops earlier, with a clear message."""
        return 1000

    @property
    def max_time(self) -> int | None:
        """Not the bound that acts, see `max_retries`; seconds."""
        return 24 * 3600

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
        if status == requests.codes.too_many_requests or status >= 500 or status in (408, 425):
            return ErrorResolution(
                ResponseAction.RETRY,
                FailureType.transient_error,
                f"{self.vendor} answered {path} with {status}",
            )
        words = _vendor_words(response)
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
                f"{self.permission_hint}{words}",
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
    return error if isinstance(error, dict) else body


def _vendor_words(response: requests.Response) -> str:
    error = _error_object(response)
    said = [
        error[key]
        for key in ("error", "title", "message", "description", "detail")
        if isinstance(error.get(key), str) and error[key]
    ]
    return f" It says: {': '.join(said)[:300]}" if said else ""


def _vendor_code(response: requests.Response) -> str | None:
    error = _error_object(response)
    code = error.get("code", error.get("error"))
    return code if isinstance(code, str) else None
