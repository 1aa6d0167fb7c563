"""The manners of our own connectors for manifests that bring an error handler of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.declarative.requesters.error_handlers import HttpResponseFilter
from airbyte_cdk.sources.streams.http.error_handlers import (
    ErrorHandler,
    ErrorResolution,
    ResponseAction,
)

from connectors.errors import VendorError, VendorErrorHandler, url_path

_LOGGER = logging.getLogger("airbyte")


@dataclass
class DeclaredErrorHandler(VendorErrorHandler):
    """What the manifest says of single responses comes first; all else is as in our connectors.

    A response that the manifest ignores is told in the log: nothing is skipped in silence.

    Attributes:
        declared: the manifest's own error handler.
    """

    declared: ErrorHandler | None = None

    def wait(
        self,
        outcome: requests.Response | requests.RequestException,
        attempt: int,
        waited: float,
    ) -> float:
        """Seconds to wait as the manifest says, else as in our connectors; ours are the bounds.

        Raises:
            VendorError: no further attempt is worth it.
        """
        ours = super().wait(outcome, attempt, waited)
        for handler in _simple(self.declared):
            for strategy in getattr(handler, "backoff_strategies", None) or []:
                seconds = strategy.backoff_time(
                    response_or_exception=outcome, attempt_count=attempt
                )
                if seconds:
                    return float(min(seconds, max(self.patience_seconds - waited, ours)))
        return ours

    def interpret_response(self, response: requests.Response | Exception | None) -> ErrorResolution:
        """Says whether a response is good, worth another attempt, to be left out, or an error.

        Raises:
            VendorError: another attempt cannot help.
        """
        for handler in _simple(self.declared):
            for declared in getattr(handler, "response_filters", None) or []:
                if not _is_declared(declared):
                    continue
                resolution: ErrorResolution | None = declared.matches(response)
                if resolution is None:
                    continue
                if isinstance(response, requests.Response):
                    self._tell(resolution, response)
                return resolution
        return super().interpret_response(response)

    def _tell(self, resolution: ErrorResolution, response: requests.Response) -> None:
        action = resolution.response_action
        if action == ResponseAction.IGNORE:
            _LOGGER.warning(
                f"{self.vendor} answered {url_path(response)} with {response.status_code}, "
                "which manifest.yaml says to ignore: nothing was read there"
            )
        elif action == ResponseAction.FAIL:
            raise VendorError(
                f"{self.vendor} answered {url_path(response)} with {response.status_code}: "
                f"{resolution.error_message or 'manifest.yaml takes it for an error'}",
                resolution.failure_type or FailureType.system_error,
                response.status_code,
            )


def _simple(handler: ErrorHandler | None) -> Iterator[ErrorHandler]:
    parts = getattr(handler, "error_handlers", None)
    if parts:
        for part in parts:
            yield from _simple(part)
    elif handler is not None:
        yield handler


def _is_declared(response_filter: Any) -> bool:
    """Leaves out the filter that airbyte-cdk adds where a handler has none."""
    return isinstance(response_filter, HttpResponseFilter) and response_filter.action is not None
