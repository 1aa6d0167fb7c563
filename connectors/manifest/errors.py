"""The manners of our own connectors for manifests that bring an error handler of their own."""

from __future__ import annotations

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

from connectors.errors import VendorError, VendorErrorHandler, url_path, vendor_words
from connectors.manifest.folder import MANIFEST


@dataclass
class DeclaredErrorHandler(VendorErrorHandler):
    """What the manifest says of single responses comes first; all else is as in our connectors.

    A response that the manifest says to ignore ends what is being read with an error: the stream's
    other parts are read on, but nothing that is missing counts as deleted.

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
        """Says whether a response is good, worth another attempt, or an error.

        Raises:
            VendorError: another attempt cannot help.
        """
        for handler in _simple(self.declared):
            for declared in getattr(handler, "response_filters", None) or []:
                if not _is_declared(declared) or not isinstance(response, requests.Response):
                    continue
                resolution: ErrorResolution | None = declared.matches(response)
                if resolution is None:
                    continue
                action = resolution.response_action
                if action == ResponseAction.SUCCESS and response.ok:
                    # Whether its body can be read is for us to say.
                    return super().interpret_response(response)
                if action in (ResponseAction.IGNORE, ResponseAction.SUCCESS):
                    raise self._left_out(response)
                if action == ResponseAction.FAIL:
                    raise self._failed(response, resolution)
                return resolution
        return super().interpret_response(response)

    def _left_out(self, response: requests.Response) -> VendorError:
        """The error for what the manifest says to ignore.

        To ignore it would be to read nothing there and go on: who is not in a complete reading was
        deleted, and a cursor never comes back to what it passed.
        """
        return VendorError(
            f"{self.vendor} answered {url_path(response)} with {response.status_code}, which "
            f"{MANIFEST} says to ignore. Nothing could be read there, so the stream is not "
            "complete: what was read of it before stays, and nothing counts as deleted. Mend the "
            "cause (a permission?), or leave the stream out (`without`)."
            f"{vendor_words(response)}",
            FailureType.config_error,
            response.status_code,
        )

    def _failed(self, response: requests.Response, resolution: ErrorResolution) -> VendorError:
        return VendorError(
            f"{self.vendor} answered {url_path(response)} with {response.status_code}: "
            f"{resolution.error_message or f'{MANIFEST} takes it for an error'}",
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
