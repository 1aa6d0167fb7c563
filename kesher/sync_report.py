"""What a sync tells: events while it runs, results at its end. Plain data, made to be pickled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

#: How a stream was read: what changed since the last time; all of it, for there was no last time;
#: all of it again, because the connector could not learn what changed; or what is newer than a day.
ReadMode = Literal["incremental", "full", "reread", "since"]


def rate(records: int, seconds: float) -> float:
    """Return records a second, rounded to a tenth; 0 where no time has passed."""
    return round(records / seconds, 1) if seconds > 0 else 0.0


@dataclass(frozen=True)
class SourceJob:
    """Everything a worker process needs to read one source.

    `reread_days` is what kesher.yml says under that name, by stream.
    """

    source: str
    connector_type: str
    settings: dict[str, Any] = field(repr=False)
    lake: str
    state_folder: str
    log_file: str
    sync_id: int
    not_before: str | None
    streams: frozenset[str] | None
    full_refresh: bool = False
    since: str | None = None
    is_plan_only: bool = False
    reread_days: Mapping[str, int] = field(default_factory=dict)
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)


@dataclass(frozen=True)
class StreamPlan:
    """How a stream would be read.

    Attributes:
        source: The source's name.
        stream: The stream's name.
        mode: How it would be read.
        state: Where the reading would start, or None.
    """

    source: str
    stream: str
    mode: ReadMode
    state: dict[str, Any] | None


@dataclass(frozen=True)
class StreamProgress:
    """A stream is being read; `seconds` is for how long."""

    source: str
    stream: str
    records: int
    seconds: float


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

    @property
    def rate(self) -> float:
        """Tell how many records came a second."""
        return rate(self.records, self.seconds)


@dataclass(frozen=True)
class SourceResult:
    """A source has ended.

    Attributes:
        source: Its name.
        seconds: How long it took.
        error: What went wrong with it as a whole, in one line, or None.
        warnings: What whoever runs the sync should know, though nothing went wrong.
    """

    source: str
    seconds: float
    error: str | None
    warnings: tuple[str, ...] = ()


#: The path that a vendor was asked for, as the connectors' errors write it.
_URL_PATH = re.compile(r"(?<=[ (])/[^\s():,]+")

SyncEvent = StreamPlan | StreamProgress | StreamResult | SourceResult


@dataclass
class SyncReport:
    """How a sync went.

    Attributes:
        streams: How each stream was read.
        sources: How each source ended.
        plans: How each stream would be read, if nothing but that was asked.
        partial: Sources of which only some streams, or only what is new, were asked for.
    """

    streams: list[StreamResult] = field(default_factory=list)
    sources: list[SourceResult] = field(default_factory=list)
    plans: list[StreamPlan] = field(default_factory=list)
    partial: frozenset[str] = frozenset()

    def add(self, event: SyncEvent) -> None:
        """Take note of what a worker told."""
        if isinstance(event, StreamResult):
            self.streams.append(event)
        elif isinstance(event, SourceResult):
            self.sources.append(event)
        elif isinstance(event, StreamPlan):
            self.plans.append(event)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "ok": self.ok,
            "records": self.records,
            "sources": [asdict(source) for source in self.sources],
            "streams": [
                {**asdict(stream), "records_per_second": stream.rate} for stream in self.streams
            ],
            "plans": [asdict(plan) for plan in self.plans],
            "errors": self.errors,
        }

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
