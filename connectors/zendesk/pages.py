"""Zendesk's ordinary lists, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError
from connectors.extractor import parsed_body, records_in

logger = logging.getLogger("airbyte.zendesk")

VENDOR = "Zendesk"
LIST_PAGE_SIZE = 100
"""The most that an ordinary list gives a page."""
CURSOR_REFUSALS = frozenset({400, 404, 410, 422})
"""How Zendesk may answer a cursor that it does not know any more."""


def cursor_pages(
    stream: CheckpointedRetriever,
    path: str,
    field: str,
    params: Mapping[str, Any],
    after: str | None = None,
) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
    """The pages of an ordinary list, by cursor.

    A place to go on from that is not known any more leads back to the beginning, once.
    """
    seen = {after} if after else set()

    def fault(response: requests.Response) -> str | None:
        records_in(response, field, VENDOR)
        meta = parsed_body(response).get("meta") or {}
        following = meta.get("after_cursor")
        if not meta and parsed_body(response).get("next_page"):
            return "it is paged by number, not by cursor"
        if not meta.get("has_more") or (following and following not in seen):
            return None
        return "it has more, but no new after_cursor"

    has_gone_back, empty = False, 0
    while True:
        place = {"page[size]": LIST_PAGE_SIZE, **({"page[after]": after} if after else {})}
        asked = {**params, **place}
        try:
            response = stream.sound(VENDOR, partial(stream.get, path, asked), fault)
        except VendorError as error:
            if not after or has_gone_back or error.status not in CURSOR_REFUSALS:
                raise
            logger.info("%s: the place to go on from is not known, starting anew", stream.name)
            after, has_gone_back = None, True
            seen.clear()
            continue
        records = records_in(response, field, VENDOR)
        yield records, response
        meta = parsed_body(response).get("meta") or {}
        if not meta.get("has_more"):
            return
        empty = stream.watch_emptiness(VENDOR, response, len(records), empty)
        after = str(meta["after_cursor"])
        seen.add(after)
