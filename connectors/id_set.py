"""Many ids as one short text, for states that must remember which ids there were."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable


def pack_ids(ids: Iterable[int]) -> str:
    """A text from which `unpack_ids` makes the same set: about two characters an id."""
    packed = bytearray()
    before = 0
    for number in sorted(set(ids)):
        step, before = number - before, number
        while step >= 128:
            packed.append(step & 127 | 128)
            step >>= 7
        packed.append(step)
    return base64.b64encode(zlib.compress(bytes(packed))).decode()


def unpack_ids(text: str) -> set[int]:
    """The ids in a text that `pack_ids` made."""
    ids = set()
    number = step = shift = 0
    for byte in zlib.decompress(base64.b64decode(text)):
        step |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            number += step
            ids.add(number)
            step = shift = 0
    return ids


def pack_texts(ids: Iterable[str]) -> str:
    """A text from which `unpack_texts` makes the same set; for ids that are no numbers."""
    packed = "\n".join(sorted(set(ids)))
    return base64.b64encode(zlib.compress(packed.encode())).decode()


def unpack_texts(text: str) -> set[str]:
    """The ids in a text that `pack_texts` made."""
    return set(filter(None, zlib.decompress(base64.b64decode(text)).decode().split("\n")))
