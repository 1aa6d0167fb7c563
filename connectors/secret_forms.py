"""The forms in which a secret travels, and in which a vendor may repeat it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_LEFT_BY_REQUESTS = "!#$%&'()*+,/:;=?@[]~"
"""What the library requests does not quote in an address."""
_URL_SAFE = str.maketrans("+/", "-_")


def written_forms(secret: str) -> list[str]:
    """The secret itself, and as it stands in addresses, forms and JSON texts; the longest first."""
    quoted = {
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        quote(secret, safe=_LEFT_BY_REQUESTS),
    }
    lower = {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in quoted}
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return sorted({secret} | quoted | lower | in_json, key=lambda form: (-len(form), form))


def base64_cores(secret: str) -> Iterator[str]:
    """What every base64 text that holds the secret holds, whatever stands before and behind it.

    A Basic header has the secret behind a user's name. Three bytes make four characters, so there
    are three ways in which the secret can lie in them; those at its edges depend on its neighbours.
    """
    content = secret.encode()
    for before in range(3):
        encoded = b64encode(b"\0" * before + content).decode()
        first = -(-before * 8 // 6)
        core = encoded[first : (before + len(content)) * 8 // 6]
        yield core
        yield core.translate(_URL_SAFE)
