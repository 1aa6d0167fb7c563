"""What a sync tells: events while it runs, results at its end. Plain data, made to be pickled."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

#: How a stream was read: what changed since the last time; all of it, for there was no last time;
#: or all of it again, because the connector could not learn what changed.
ReadMode = Literal["incremental", "full", "reread"]


@dataclass(frozen=True)
class SourceJob:
    """Everything a worker process needs to read one source."""

    source: str
    connector_type: str
    settings: dict[str, Any] = field(repr=False)
    lake: str
    state_folder: str
    log_file: str
    sync_id: int
    not_before: str | None
    streams: frozenset[str] | None
    full_refresh: bool
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)


@dataclass(frozen=True)
class StreamProgress:
    """A stream is being read."""

    source: str
    stream: str
    records: int


@dataclass(frozen=True)
class StreamResult:
    """A stream has ended.

    Attributes:
        source: The source's name.
        stream: The stream's name.
        mode: How it was read.
        records: Records that came, deletions told by the vendor included.
        vanished: Keys that did not come again in a full reading, and were marked as deleted.
        misfits: Records that do not fit the stream's schema; they are kept.
        seconds: From its first sign of life to its end.
        state: Where the next reading starts, or None.
        error: What went wrong, in one line, or None.
    """

    source: str
    stream: str
    mode: ReadMode
    records: int
    vanished: int
    misfits: int
    seconds: float
    state: dict[str, Any] | None
    error: str | None


@dataclass(frozen=True)
class SourceResult:
    """A source has ended; `error` is what went wrong with it as a whole, in one line."""

    source: str
    seconds: float
    error: str | None


#: The path that a vendor was asked for, as the connectors' errors write it.
_URL_PATH = re.compile(r"(?<=[ (])/[^\s():,]+")

SyncEvent = StreamProgress | StreamResult | SourceResult


@dataclass
class SyncReport:
    """How a sync went."""

    streams: list[StreamResult] = field(default_factory=list)
    sources: list[SourceResult] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether every stream of every source was read to its end."""
        return not self.errors

    @property
    def records(self) -> int:
        """Count the records of all streams."""
        return sum(stream.records for stream in self.streams)

    @property
    def errors(self) -> list[str]:
        """List what went wrong, one line each.

        What streams of a source share stands once, with the path of the first of them.
        """
        lines = [f"{source.source}: {source.error}" for source in self.sources if source.error]
        told = {source.source: source.error for source in self.sources if source.error}
        alike: dict[tuple[str, str], tuple[str, list[str]]] = {}
        for stream in self.streams:
            if stream.error and stream.error != told.get(stream.source):
                key = (stream.source, _URL_PATH.sub("/", stream.error))
                alike.setdefault(key, (stream.error, []))[1].append(stream.stream)
        lines += [
            f"{source}.{streams[0]}: {message}"
            if len(streams) == 1
            else f"{source} ({', '.join(streams)}): {message}"
            for (source, _), (message, streams) in alike.items()
        ]
        return lines
