"""State that a retriever decides on: what is safe to start from next time, and when it is.

The CDK's own cursors take the local clock for "now" and the largest value seen for the state.
Neither holds for exports with opaque cursors, nor for lists that come newest first. A
`CheckpointedRetriever` reads pages itself and calls `self.checkpoint.save(state)` after the
records of a page were handed over; the state message then follows those records in the output.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import InitVar, dataclass, field
from typing import Any

import requests
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.declarative.requesters.requester import Requester
from airbyte_cdk.sources.declarative.retrievers.retriever import Retriever
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import Config, Record, StreamSlice

from connectors import waiting
from connectors.errors import MAX_RETRIES, malformed_body

logger = logging.getLogger("airbyte")

RECORDS_A_STATE = 2_000
"""`Checkpoint.offer` sends a state at the latest when so many records are behind it."""
SECONDS_A_STATE = 1.0
"""Or when the last state is so old. Sending costs little: whoever reads decides what to keep."""


class Checkpoint(Cursor):
    """One stream's state: any JSON object, replaced as a whole by `save`.

    Args:
        stream_name: whose state it is.
        cursor_field: the field that the catalog shows as the cursor.
        state_manager: holds the state that the sync was given.
        message_repository: takes the state messages.
        from_scratch: begin with an empty state whatever was given (a full refresh).
    """

    def __init__(
        self,
        stream_name: str,
        cursor_field: str,
        state_manager: ConnectorStateManager,
        message_repository: MessageRepository,
        from_scratch: bool = False,
    ) -> None:
        self._stream_name = stream_name
        self._state_manager = state_manager
        self._message_repository = message_repository
        self.cursor_field = CursorField(cursor_field)
        self._state: dict[str, Any] = {}
        self._records_since = 0
        self._is_unsent = False
        self._sent_at = waiting.now()
        # Requests that are made side by side send what was offered, each before it waits.
        self._lock = threading.Lock()
        if not from_scratch:
            self._state = dict(state_manager.get_stream_state(stream_name, None))
        # What a full refresh of a stream without cursor leaves behind is no place to go on from.
        self._state.pop("__ab_no_cursor_state_message", None)

    @property
    def state(self) -> MutableMapping[str, Any]:
        """A copy of the state as it was given, or as it was last saved."""
        return deepcopy(self._state)

    def save(self, state: Mapping[str, Any]) -> None:
        """Sends the state out, behind the records that were handed over before the call."""
        with self._lock:
            self._state = deepcopy(dict(state))
            self._emit()

    def offer(self, state: Mapping[str, Any], records: int) -> None:
        """Like `save`, but it is sent only now and then, and before a long wait.

        Args:
            state: safe to go on from.
            records: how many records were handed over since the last `save` or `offer`.
        """
        with self._lock:
            self._records_since += records
            self._state = deepcopy(dict(state))
            self._is_unsent = True
            if (
                self._records_since >= RECORDS_A_STATE
                or waiting.now() - self._sent_at >= SECONDS_A_STATE
            ):
                self._emit()

    def flush(self) -> None:
        """Sends what was offered and not sent yet."""
        with self._lock:
            if self._is_unsent:
                self._emit()

    def observe(self, record: Record) -> None:
        """Nothing: the state does not follow from single records."""

    def close_partition(self, partition: Partition) -> None:
        """Nothing: the retriever saved when its last page was safe."""

    def ensure_at_least_one_state_emitted(self) -> None:
        """Repeats the last saved state, unchanged when nothing was saved."""
        with self._lock:
            self._emit()

    def should_be_synced(self, record: Record) -> bool:  # noqa: ARG002
        """Every record is."""
        return True

    def _emit(self) -> None:
        self._records_since = 0
        self._is_unsent = False
        self._sent_at = waiting.now()
        self._state_manager.update_state_for_stream(self._stream_name, None, self._state)
        self._message_repository.emit_message(
            self._state_manager.create_state_message(self._stream_name, None)
        )


MOST_EMPTY_PAGES = 20
"""Pages in a row without a record that each lead to another one; more is no list but a loop."""
MOST_RE_READS = 3
"""How often a page that cannot be right is asked for again; each time took a whole answer."""


@dataclass
class CheckpointedRetriever(Retriever):
    """Base of retrievers that page by themselves and keep their own state.

    In a manifest: `retriever: {type: CustomRetriever, class_name: …, requester: {…}}` and no
    `incremental_sync`. The stream then is incremental, with `cursor_field` as its cursor.
    `ManifestSource` sets `checkpoint` before anything is read.

    Attributes:
        requester: an `HttpRequester` whose `url` ends where `path` begins.
        name: the stream's name.
        cursor_field: the record's field that is shown as the cursor in the catalog.
    """

    requester: Requester
    config: Config
    name: str
    parameters: InitVar[Mapping[str, Any]]
    cursor_field: str = "updated_at"
    checkpoint: Checkpoint = field(init=False, repr=False)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        """Nothing of `$parameters` is used."""

    def get(self, path: str, params: Mapping[str, Any]) -> requests.Response:
        """One page: `path` (without leading slash) below the requester's `url`.

        Raises:
            VendorError: as `VendorErrorHandler` says.
        """
        response = self.requester.send_request(path=path, request_params=params)
        if response is None:
            msg = f"the requester of stream {self.name} ignored a response"
            raise RuntimeError(msg)
        return response

    def sound(
        self,
        vendor: str,
        ask: Callable[[], requests.Response],
        fault_of: Callable[[requests.Response], str | None],
    ) -> requests.Response:
        """An answer that can be right: one that cannot is asked for again, then the stream fails.

        Args:
            vendor: its name, for the error.
            ask: makes the request.
            fault_of: what is wrong with an answer, e.g. "its next page is the same page".

        Raises:
            VendorError: it was wrong each time.
        """
        attempt = 0
        while True:
            attempt += 1
            response = ask()
            fault = fault_of(response)
            if fault is None:
                return response
            if attempt > min(int(self.config.get("max_retries", MAX_RETRIES)), MOST_RE_READS):
                raise malformed_body(vendor, response, fault)
            logger.info("%s: %s gave a page of which %s. Asking again", self.name, vendor, fault)
            self.checkpoint.flush()
            waiting.sleep(waiting.backoff(attempt))

    def watch_emptiness(
        self, vendor: str, response: requests.Response, records: int, empty: int
    ) -> int:
        """How many pages in a row were empty, this one included.

        Args:
            vendor: its name, for the error.
            response: a page that leads to another one.
            records: how many it holds.
            empty: how many were empty before it.

        Raises:
            VendorError: too many.
        """
        if records:
            return 0
        if empty >= MOST_EMPTY_PAGES:
            raise malformed_body(
                vendor, response, f"it and {empty} before it are empty, but lead to another"
            )
        return empty + 1

    def read_records(
        self,
        records_schema: Mapping[str, Any],  # noqa: ARG002
        stream_slice: StreamSlice | None = None,
    ) -> Iterable[StreamData]:
        """Wraps what `read_pages` gives; schemas are not applied here."""
        for page in self.read_pages():
            for data in page:
                yield Record(data=data, stream_name=self.name, associated_slice=stream_slice)

    def read_pages(self) -> Iterable[Iterable[Mapping[str, Any]]]:
        """Pages of records, in order.

        When this generator is resumed, the records of the page before are in the output: that is
        where to call `self.checkpoint.save`.
        """
        raise NotImplementedError
