"""Bodies stored as their few varying values, and put back into the vendor's full JSON when served.

Of a Stripe invoice's three kilobytes most are the same as the next one's. Storing only the values
keeps a sandbox of 100,000 people small and quick to write; joining them again takes microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import orjson

_SEPARATOR = b"\x1f"  # JSON escapes control characters, so it cannot occur inside a value
_HOLE = re.compile(rb'"@@json:(\w+)@@"|@@(\w+)@@')


class Shape:
    """One kind of object: a sample with holes, and the names of what fills them.

    A value `"@@json:name@@"` in the sample is replaced by a JSON value, `@@name@@` inside a string
    by plain text.
    """

    def __init__(self, sample: dict[str, Any], fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        places: list[int] = []

        def hole(match: re.Match[bytes]) -> bytes:
            name = (match[1] or match[2]).decode()
            places.append(self.fields.index(name))
            return b"%b"

        text = orjson.dumps(sample).replace(b"%", b"%%")
        self._template = _HOLE.sub(hole, text)
        self._arrange = itemgetter(*places)

    def pack(self, *values: Any) -> bytes:
        """Pack values in the order of `fields`: bytes as plain text, anything else as JSON."""
        if len(values) != len(self.fields):
            raise ValueError(f"expected {len(self.fields)} values, got {len(values)}")
        return _SEPARATOR.join(
            [value if type(value) is bytes else orjson.dumps(value) for value in values]
        )

    def expand(self, packed: bytes) -> bytes:
        """Return the full JSON of a packed body."""
        text: bytes = self._template % self._arrange(packed.split(_SEPARATOR))
        return text

    def values(self, packed: bytes) -> dict[str, bytes]:
        """Return the packed values by name, as they were packed."""
        return dict(zip(self.fields, packed.split(_SEPARATOR), strict=True))

    def changed(self, packed: bytes, **values: Any) -> bytes:
        """Return a packed body with some values replaced, each given as to `pack`."""
        parts = self.values(packed)
        for name, value in values.items():
            if name not in parts:
                raise KeyError(name)
            parts[name] = value if type(value) is bytes else orjson.dumps(value)
        return _SEPARATOR.join(parts.values())


class EitherShape(Shape):
    """Objects in two forms: `present` where a field has a value, `absent` where it is null."""

    def __init__(
        self, field: str, present: dict[str, Any], absent: dict[str, Any], fields: Sequence[str]
    ) -> None:
        super().__init__(present, fields)
        self._place = self.fields.index(field)
        self._absent = Shape(absent, fields)

    def expand(self, packed: bytes) -> bytes:
        """Return the full JSON of a packed body, in the form that fits it."""
        if packed.split(_SEPARATOR)[self._place] == b"null":
            return self._absent.expand(packed)
        return super().expand(packed)
