"""What an account keeps in Zendesk beside tickets and people: custom objects and their records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson
import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.extractor import parsed_body, records_in
from connectors.id_set import pack_texts, unpack_texts
from connectors.whole_list import WholeList
from connectors.zendesk.lists import LongList
from connectors.zendesk.pages import VENDOR, cursor_pages

OBJECTS = "api/v2/custom_objects"
"""The list of custom objects; an account has 50 at most, and Zendesk gives all of them at once."""


def whole_response(stream: CheckpointedRetriever) -> requests.Response:
    """The list of custom objects.

    Raises:
        VendorError: it cannot be read, or is not the whole list.
    """

    def fault(response: requests.Response) -> str | None:
        records_in(response, "custom_objects", VENDOR)
        body = parsed_body(response)
        if body.get("next_page") or (body.get("meta") or {}).get("has_more"):
            return "it is only a page of the list"
        return None

    return stream.sound(VENDOR, partial(stream.get, OBJECTS, {}), fault)


@dataclass
class CustomObjectList(WholeList):
    """The custom objects: what they are called, not what is in them."""

    def whole_pages(self) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        """The one page that there is."""
        response = whole_response(self)
        yield records_in(response, "custom_objects", VENDOR), response


@dataclass
class CustomObjectRecords(LongList):
    """The records of all custom objects, one object after the other in order of their keys.

    State: as of `LongList`; a place is `{"object": …, "after": …}`. Ids are texts.
    """

    def pages(self, after: Any) -> Iterator[tuple[list[dict[str, Any]], requests.Response, Any]]:
        """The pages behind a place; the first one is empty and says when reading began."""
        response = whole_response(self)
        yield [], response, after
        place = after or {"object": "", "after": None}
        keys = sorted(str(found["key"]) for found in records_in(response, "custom_objects", VENDOR))
        for key in keys:
            if key < place["object"]:
                continue
            path = f"{OBJECTS}/{quote(key, safe='')}/records"
            begin = place["after"] if key == place["object"] else None
            for records, page in cursor_pages(self, path, self.records_field, {}, begin):
                following = (parsed_body(page).get("meta") or {}).get("after_cursor")
                told = [{**record, "custom_object_key": key} for record in records]
                yield told, page, {"object": key, "after": following}

    def key_of(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The custom object and the record's id."""
        return {"custom_object_key": record["custom_object_key"], "id": str(record["id"])}

    def packed(self, keys: Iterable[Mapping[str, Any]]) -> str:
        """The keys as lines of JSON."""
        return pack_texts(map(_line, keys))

    def gone(self, packed: str, there: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The keys of what was remembered and is not there any more, in order."""
        lines = unpack_texts(packed) - set(map(_line, there))
        return [
            dict(zip(("custom_object_key", "id"), orjson.loads(line), strict=True))
            for line in sorted(lines)
        ]


def _line(key: Mapping[str, Any]) -> str:
    return orjson.dumps([key["custom_object_key"], key["id"]]).decode()
