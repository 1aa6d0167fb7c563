"""Streams that are read whole each time, page by page: a killed reading goes on at its page.

airbyte-cdk sends no state of such a stream. What the API's pages are is not known here: a number,
an offset, a token that holds for an hour. So the page that was read last is asked for again, and
only if it still ends with the same record does the reading go on behind it; else it begins anew.

Records can move from pages that are still to be read to those that were, as in a list by time of
change. One reading gives them a minute for that, two syncs a day. So a reading that goes on where
another one stopped takes nothing for deleted; the next one does, which is whole.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import requests
from airbyte_cdk.sources.declarative.requesters.paginators import NoPagination
from airbyte_cdk.sources.declarative.retrievers.simple_retriever import SimpleRetriever
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import Record, StreamSlice
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from connectors.checkpoint import Checkpoint
from connectors.errors import VendorError

logger = logging.getLogger("airbyte")

PLACE_HOLDS = timedelta(days=1)
"""An older reading is not gone on with: what it read first has become old."""

_NO_SUCH_PAGE = (400, 404, 410, 422)


class WholePages(SimpleRetriever):
    """A retriever as airbyte-cdk makes it, which keeps its place. Create it with `of`.

    State: `{"full_read_at": time}` of the last reading from beginning to end, and `read_at` if a
    later one was in two parts; in the middle of one also `"place": {"since": time, "page": what the
    page that was read last is asked for by, "last": the key of its last record}`.

    Attributes:
        checkpoint: of the stream.
    """

    checkpoint: Checkpoint
    _key: Sequence[Sequence[str]]
    _since: str
    _begin: Mapping[str, Any] | None
    _whole: Mapping[str, Any]

    @classmethod
    def of(cls, retriever: Any, key: Sequence[Sequence[str]]) -> WholePages | None:
        """The retriever with places; None if it is another kind, or reads no pages.

        Args:
            retriever: as airbyte-cdk made it.
            key: the paths of the stream's primary key.
        """
        if type(retriever) is not SimpleRetriever or not key:
            return None
        if isinstance(retriever._paginator, NoPagination):
            return None
        placed = cls.__new__(cls)
        vars(placed).update(vars(retriever))
        placed._key = key
        placed._begin = None
        return placed

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """All records, or those behind the place where the last reading stopped."""
        known = self.checkpoint.state
        place: Mapping[str, Any] = known.get("place") or {}
        now = datetime.now(UTC)
        self._since = now.isoformat()
        self._begin = None
        goes_on = False
        if place and now - datetime.fromisoformat(place["since"]) < PLACE_HOLDS:
            one_slice = stream_slice or StreamSlice(partition={}, cursor_slice={})
            goes_on, self._begin = self._behind(place, records_schema, one_slice)
        if goes_on:
            logger.info("%s: going on behind the page that was read last", self.name)
            self._since = place["since"]
        self._whole = {"full_read_at": known["full_read_at"]} if "full_read_at" in known else {}
        if not goes_on or self._begin is not None:
            yield from super().read_records(records_schema, stream_slice)
        if not goes_on:
            self._whole = {"full_read_at": self._since}
        self.checkpoint.save({**self._whole, **({"read_at": self._since} if goes_on else {})})

    def _behind(
        self, place: Mapping[str, Any], schema: Mapping[str, Any], stream_slice: StreamSlice
    ) -> tuple[bool, Mapping[str, Any] | None]:
        """Whether the page that was read last is still as it was, and the page that follows it."""
        page = place["page"]
        asked = super()._get_initial_next_page_token() if page is None else _token(page)
        try:
            response = self._fetch_next_page(stream_slice, asked)
        except VendorError as error:
            if error.status not in _NO_SUCH_PAGE:
                raise
            response = None
        if response is None:
            return False, None
        records = list(
            self._parse_records(response, stream_slice=stream_slice, records_schema=schema)
        )
        if not records or self._key_of(records[-1]) != place["last"]:
            return False, None
        return True, super()._next_page_token(
            response, len(records), records[-1], page, stream_slice=stream_slice
        )

    def _get_initial_next_page_token(self) -> Mapping[str, Any] | None:
        begin, self._begin = self._begin, None
        return begin or super()._get_initial_next_page_token()

    def _next_page_token(
        self,
        response: requests.Response,
        last_page_size: int,
        last_record: Record | None,
        last_page_token_value: Any | None,
        page_size_override: int | None = None,
        stream_slice: StreamSlice | None = None,
    ) -> Mapping[str, Any] | None:
        """As ever; it is asked for when a page's records were handed over."""
        if last_record is not None and _can_be_kept(last_page_token_value):
            place = {
                "since": self._since,
                "page": last_page_token_value,
                "last": self._key_of(last_record),
            }
            self.checkpoint.offer({**self._whole, "place": place}, last_page_size)
        return super()._next_page_token(
            response,
            last_page_size,
            last_record,
            last_page_token_value,
            page_size_override,
            stream_slice,
        )

    def _key_of(self, record: Mapping[str, Any]) -> str:
        values = []
        for path in self._key:
            value: Any = record
            for step in path:
                value = value.get(step) if isinstance(value, Mapping) else None
            values.append(value)
        return orjson.dumps(values, default=str).decode()


def _token(page: Any) -> Mapping[str, Any]:
    return {"next_page_token": page}


def _can_be_kept(page: Any) -> bool:
    """Whether a page's token is plain data, and holds no secret, as an address may."""
    try:
        text = orjson.dumps(page).decode()
    except TypeError:
        return False
    return bool(filter_secrets(text) == text)
