"""How requests are made: so many at once, with timeouts, and again when that can help."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.streams.call_rate import LimiterSession
from airbyte_cdk.sources.streams.http.error_handlers import ResponseAction
from airbyte_cdk.sources.streams.http.exceptions import BaseBackoffException
from airbyte_cdk.sources.streams.http.http_client import HttpClient
from requests.auth import AuthBase

from connectors import rate_limits, waiting
from connectors.errors import VendorErrorHandler

LONGEST_BODY_SECONDS = 300
"""How long a body may take to come in, though no single silence is as long as the timeout."""
_AGAIN = frozenset({ResponseAction.RETRY, ResponseAction.RATE_LIMITED})
_PIECE = 1 << 16
_SECOND = 1.05
"""A second by the vendor's count, with something for what requests take on their way."""
_SPREAD = 0.1
"""What asks again after one and the same wait is spread over so much of it, one second at most."""


class SourceBudget:
    """What all streams of a source share: so many requests at once, and the vendor's pauses.

    Args:
        at_once: how many requests may be under way at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._turns: dict[str, deque[float]] = {}

    def turn(self, endpoint: str, a_second: int) -> float:
        """Takes the next turn at an endpoint with a limit of its own; the seconds until then."""
        with self._lock:
            taken = self._turns.setdefault(endpoint, deque(maxlen=a_second))
            now = waiting.now()
            at = max(now, taken[0] + _SECOND) if len(taken) == a_second else now
            taken.append(at)
            return at - now

    def pause(self, seconds: float) -> None:
        """Lets no request of the source begin for so long."""
        with self._lock:
            self._not_before = max(self._not_before, waiting.now() + seconds)

    @property
    def seconds_left(self) -> float:
        """How much of a pause is still to come."""
        with self._lock:
            return self._not_before - waiting.now()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Holds the place of one request; first waits for the end of a pause, then for a place."""
        while True:
            while (left := self.seconds_left) > 0:
                waiting.sleep(left)
            with self._slots:
                # Meanwhile another request may have been told to wait.
                if self.seconds_left > 0:
                    continue
                yield
                return


class VendorSession(LimiterSession):
    """The CDK's session, but it asks the environment for proxies and certificates once a host.

    Requests does so for every request, and walks through all of the environment each time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._environment_settings: dict[tuple[Any, ...], Mapping[str, Any]] = {}

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """What requests makes of these settings and the environment's."""
        if proxies:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        target = urlsplit(url)
        key = (target.scheme, target.netloc, stream, verify, cert)
        if key not in self._environment_settings:
            self._environment_settings[key] = super().merge_environment_settings(
                url, {}, stream, verify, cert
            )
        return dict(self._environment_settings[key])


class VendorClient(HttpClient):
    """The CDK's client, but it retries as `VendorErrorHandler` says and shares a `SourceBudget`.

    The CDK's own retrying adds a second to every wait, has no jitter, lets each stream run into
    the limit by itself, and does not say in the end what happened.
    """

    def __init__(
        self, requester: HttpRequester, handler: VendorErrorHandler, budget: SourceBudget
    ) -> None:
        super().__init__(
            name=requester.name,
            logger=requester.logger,
            error_handler=handler,
            authenticator=requester.get_authenticator(),
            message_repository=requester.message_repository,
            request_timeout=(
                requester.connect_timeout_in_seconds,
                requester.read_timeout_in_seconds,
            ),
        )
        self._handler = handler
        self._budget = budget
        self.before_waiting: Callable[[], None] = lambda: None

    def _request_session(self) -> requests.Session:
        return VendorSession(api_budget=self._api_budget)

    def _create_prepared_request(self, *args: Any, **kwargs: Any) -> requests.PreparedRequest:
        try:
            return super()._create_prepared_request(*args, **kwargs)
        except (requests.exceptions.InvalidHeader, UnicodeError):
            # The CDK's and requests' own words would quote the header, and so the key.
            raise self._handler.unsendable() from None

    def _send_with_retry(
        self,
        request: requests.PreparedRequest,
        request_kwargs: Mapping[str, Any],
        log_formatter: Callable[[requests.Response], Any] | None = None,  # noqa: ARG002
        exit_on_rate_limit: bool | None = False,  # noqa: ARG002
    ) -> requests.Response:
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            outcome = self._attempt(request, request_kwargs, attempt)
            resolution = self._handler.interpret_response(outcome)
            if resolution.response_action not in _AGAIN:
                response = outcome if isinstance(outcome, requests.Response) else None
                error = outcome if isinstance(outcome, requests.RequestException) else None
                self._request_attempt_count[request] = attempt
                try:
                    # What only a manifest of its own can say: to leave out, to page anew ….
                    if resolution.response_action != ResponseAction.SUCCESS:
                        self._handle_error_resolution(response, error, request, resolution)
                except BaseBackoffException:
                    self._logger.info("%s: the token was renewed", self._handler.vendor)
                else:
                    return response  # type: ignore[return-value]  # None: the CDK's way to ignore
                finally:
                    self._evict_key(request)
            wait = self._handler.wait(outcome, attempt, waited)
            waited += wait
            self._logger.info(
                "%s. Asking again in %.1f s (attempt %d)",
                resolution.error_message, wait, attempt + 1,
            )  # fmt: skip
            self.before_waiting()
            spread = waiting.backoff(1) * min(_SPREAD * wait, 1.0)
            if isinstance(outcome, requests.Response) and outcome.status_code == 429:
                self._budget.pause(wait)
                waiting.sleep(wait + spread)
            else:
                waiting.sleep(wait)

    def _attempt(
        self, request: requests.PreparedRequest, request_kwargs: Mapping[str, Any], attempt: int
    ) -> requests.Response | requests.RequestException:
        if attempt > 1 and isinstance(self._session.auth, AuthBase):
            self._session.auth(request)
        self._logger.debug(
            "Making outbound API request",
            extra={"headers": request.headers, "url": request.url, "request_body": request.body},
        )
        for end, a_second in self._handler.requests_a_second.items():
            if urlsplit(request.url or "").path.endswith(end):
                wait = self._budget.turn(end, a_second)
                if wait > 0:
                    waiting.sleep(wait)
        if self._budget.seconds_left > 0:
            self.before_waiting()
        settings = {"timeout": self._request_timeout, **request_kwargs, "stream": True}
        with self._budget.slot():
            try:
                response = self._session.send(request, **settings)
                _read_body(response, request)
            except requests.RequestException as error:
                return error
            except UnicodeError:
                raise self._handler.unsendable() from None
        if response.ok and (pause := rate_limits.pause_after(response)):
            self._budget.pause(min(pause, self._handler.patience_seconds))
        return response


def _read_body(response: requests.Response, request: requests.PreparedRequest) -> None:
    """Reads a response to its end, as requests does, but in bounded time."""
    began = waiting.now()
    pieces = []
    try:
        while piece := response.raw.read1(_PIECE, decode_content=True):
            pieces.append(piece)
            if waiting.now() - began > LONGEST_BODY_SECONDS:
                response.close()
                msg = "Read timed out: the body did not come to its end"
                raise requests.ReadTimeout(msg, request=request)
    except requests.RequestException:
        raise
    except (urllib3.exceptions.HTTPError, OSError) as error:
        response.close()
        kind = (
            requests.ReadTimeout
            if isinstance(error, urllib3.exceptions.ReadTimeoutError | TimeoutError)
            else requests.exceptions.ChunkedEncodingError
        )
        raise kind(error, request=request) from error
    # As requests itself does when it has read a body; closing then gives the connection back.
    response._content = b"".join(pieces)
    response._content_consumed = True  # type: ignore[attr-defined]
    response.close()


def mannerly(requester: HttpRequester, budget: SourceBudget) -> HttpRequester:
    """Gives a requester with our error handler the client that goes with it; returns it."""
    if isinstance(requester.error_handler, VendorErrorHandler):
        requester._http_client = VendorClient(requester, requester.error_handler, budget)
    return requester
