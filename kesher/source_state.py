"""How far each source has been read: `state/<source>.json`.

The file holds a JSON list in Airbyte's own form, so it can also be given to
`python -m connectors.<vendor> read --state`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kesher.data_directory import read_json, write_json

_REREAD_SINCE = "kesher_reread_since"
_WHOLE_AT = "kesher_whole_at"
_OWN_KEYS = (_REREAD_SINCE, _WHOLE_AT)


def is_damaged(file: Path) -> bool:
    """Tell whether a state file is there and holds no state; it then counts as none."""
    if not file.exists():
        return False
    content = read_json(file)
    if not isinstance(content, list):
        return True
    try:
        return not all(
            isinstance(message["stream"]["stream_descriptor"]["name"], str)
            and isinstance(message["stream"]["stream_state"], dict)
            for message in content
        )
    except (KeyError, TypeError):
        return True


class SourceState:
    """The state of one source's streams, written back whole after every change."""

    def __init__(self, folder: Path, source: str) -> None:
        self._file = folder / f"{source}.json"
        self._streams: dict[str, dict[str, Any]] = {}
        for message in [] if is_damaged(self._file) else read_json(self._file) or []:
            self._streams[message["stream"]["stream_descriptor"]["name"]] = message

    def of(self, stream: str) -> dict[str, Any] | None:
        """Return a stream's state, as its connector gave it, or None."""
        message = self._streams.get(stream)
        return message["stream"]["stream_state"] if message else None

    def reread_since(self, stream: str) -> int | None:
        """Return when a complete reading began that is not at its end yet, or None.

        In microseconds since 1970. Whatever is older when the reading ends was deleted.
        """
        message = self._streams.get(stream)
        return message.get(_REREAD_SINCE) if message else None

    def whole_at(self, stream: str) -> int:
        """Return when the last reading from the beginning began, in microseconds since 1970.

        0 if nobody noted it.
        """
        noted = (self._streams.get(stream) or {}).get(_WHOLE_AT)
        return noted if isinstance(noted, int) else 0

    def messages(self, streams: Iterable[str]) -> list[dict[str, Any]]:
        """Return Airbyte's state messages for those of the streams that have a state."""
        return [
            {key: value for key, value in self._streams[stream].items() if key not in _OWN_KEYS}
            for stream in streams
            if stream in self._streams
        ]

    def put(
        self,
        stream: str,
        state: dict[str, Any],
        *,
        whole_at: int = 0,
        reread_since: int | None = None,
    ) -> None:
        """Remember a stream's state. Call it only after the data that it covers is in the lake.

        Args:
            stream: The stream's name.
            state: What the connector gave.
            whole_at: When the last reading from the beginning began.
            reread_since: When the complete reading began that this state is in the middle of.
        """
        message: dict[str, Any] = {
            "type": "STREAM",
            "stream": {"stream_descriptor": {"name": stream}, "stream_state": state},
            _WHOLE_AT: whole_at,
        }
        if reread_since is not None:
            message[_REREAD_SINCE] = reread_since
        self._streams[stream] = message
        self._write()

    def forget(self, streams: Iterable[str]) -> None:
        """Drop the state of streams, so that they are read from the start."""
        known = [stream for stream in streams if self._streams.pop(stream, None) is not None]
        if known:
            self._write()

    def _write(self) -> None:
        write_json(self._file, [self._streams[name] for name in sorted(self._streams)])
