"""Records out of a response body, parsed once by orjson.

The CDK's own extractor walks every leaf of every record and its paginators parse each body a
second time. Here a body is parsed once and kept on its response, so that the error handler, the
extractor and the pager share the one result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import requests

from connectors.errors import malformed_body

_PARSED = "_kesher_parsed_body"


def parsed_body(response: requests.Response) -> Any:
    """The response's JSON body, parsed on the first call and remembered on the response.

    Raises:
        orjson.JSONDecodeError: the body is not JSON (also when it is empty or cut short).
    """
    if not hasattr(response, _PARSED):
        setattr(response, _PARSED, orjson.loads(response.content))
    return getattr(response, _PARSED)


def records_in(response: requests.Response, field: str | None, vendor: str) -> list[dict[str, Any]]:
    """The list of JSON objects in the body's top-level `field` (`None`: the body is the list).

    Raises:
        VendorError: the body is not JSON, has no such field, or holds something else there.
            An absent list is never taken for an empty one: that would lose data without a word.
    """
    try:
        body = parsed_body(response)
    except orjson.JSONDecodeError as error:
        raise malformed_body(vendor, response, str(error)) from error
    if field is None:
        records = body
    elif isinstance(body, Mapping) and field in body:
        records = body[field]
    else:
        raise malformed_body(vendor, response, f"it has no field '{field}'")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        where = f"its field '{field}'" if field else "it"
        raise malformed_body(vendor, response, f"{where} is not a list of objects")
    return records
