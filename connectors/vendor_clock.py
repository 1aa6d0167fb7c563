"""Times for a state, by the vendor's own clock: this machine's may be wrong.

What changes while a stream is read shows up in later answers only, so a state takes its time from
the first answer, and looks back a little further.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import requests
from airbyte_cdk.models import FailureType

from connectors.errors import VendorError, url_path
from connectors.rate_limits import server_time


def vendor_seconds(vendor: str, response: requests.Response) -> int:
    """The vendor's clock at a response, in seconds since 1970.

    Raises:
        VendorError: the response does not tell; a state without its time would lose changes.
    """
    moment = server_time(response)
    if moment is None:
        raise VendorError(
            f"{vendor}'s answer to {url_path(response)} has no Date header, without which the "
            "next sync would not know where to go on. Look for a proxy that strips headers.",
            FailureType.system_error,
            response.status_code,
        )
    return int(moment.timestamp())


def safe_until(response: requests.Response, look_back: timedelta) -> str | None:
    """The time from which on the next sync has to read again; `None` if the response has none.

    Args:
        response: the first one of what is being read: what changes later is left to the next sync.
        look_back: changes may show up so long after their time.
    """
    now = server_time(response)
    if now is None:
        return None
    return (now - look_back).astimezone(UTC).isoformat(timespec="seconds")
