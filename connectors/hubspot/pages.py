"""HubSpot's lists, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.errors import VendorError
from connectors.extractor import parsed_body, records_in

logger = logging.getLogger("airbyte.hubspot")

VENDOR = "HubSpot"
LIST_SIZE = 100
"""The most that a list gives a page, and that one batch reads."""

Records = list[dict[str, Any]]


def list_pages(
    stream: CheckpointedRetriever, path: str, params: Mapping[str, Any], after: str | None
) -> Iterator[tuple[Records, requests.Response]]:
    """The pages of a list from a mark on.

    A mark that is not known any more leads back to the beginning, once.
    """
    seen = {after} if after else set()
    has_gone_back, empty = False, 0

    def fault(response: requests.Response) -> str | None:
        records_in(response, "results", VENDOR)
        if next_page(response) in seen:
            return "its next page is the same page, or one from before"
        return None

    while True:
        asked = {**params, **({"after": after} if after else {})}
        try:
            response = stream.sound(VENDOR, partial(stream.get, path, asked), fault)
        except VendorError as error:
            if not after or has_gone_back or error.status not in (400, 404, 410):
                raise
            logger.info("%s: the place to go on from is not known, starting anew", stream.name)
            after, has_gone_back = None, True
            seen.clear()
            continue
        records = records_in(response, "results", VENDOR)
        yield records, response
        after = next_page(response)
        if after is None:
            return
        empty = stream.watch_emptiness(VENDOR, response, len(records), empty)
        seen.add(after)


def next_page(response: requests.Response) -> str | None:
    """The mark of the next page; `None` on the last."""
    following = (parsed_body(response).get("paging") or {}).get("next") or {}
    after = following.get("after")
    return str(after) if after else None
