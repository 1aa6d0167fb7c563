"""One stream while it is read: what of it is in the lake, and from where the next sync goes on."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airbyte_cdk.models import AirbyteStream

from connectors.schema_keywords import APPEND_ONLY, PARTS, READ_WHOLE, START_FIELD
from kesher.configured_catalog import is_incremental
from kesher.lake import Lake, LakeClock
from kesher.lake_writer import LakeWriter
from kesher.source_state import SourceState
from kesher.sync_report import ReadMode, SourceJob, StreamProgress, StreamResult

#: A checkpoint waits for this many records or seconds, so that files do not become too small. The
#: connectors' states are at most some 3,000 records or a page apart: 10,000 are never exceeded.
CHECKPOINT_RECORDS = 6_000
CHECKPOINT_SECONDS = 15.0
#: A record is only taken for deleted if it is newer than start_date by so much, since vendors have
#: clocks and time zones of their own.
_START_MARGIN = timedelta(days=1)


@dataclass
class StreamReading:
    """One stream while it is read: its writer, its place in the lake, its state.

    A reading from the start over older rows ends with tombstones for the keys that did not come
    again. `reread_since` is when it began; it is kept with the state, so that a reading which is
    interrupted, and goes on in a later sync, ends with its tombstones too.

    A schema that says `x-append-only` is of records that are never deleted, only forgotten by their
    vendor: there nothing is taken for deleted because it did not come again.

    A schema with `x-parts` is of records that come in parts, such as files: when the parts are
    others than after the last reading, what stands in none of them is deleted.

    A reading of what is newer than a day (`is_backfill`) neither starts from the state nor changes
    it, and nothing is taken for deleted because it did not come.
    """

    job: SourceJob
    lake: Lake
    state: SourceState
    definition: AirbyteStream
    writer: LakeWriter
    began_at: int
    state_before: dict[str, Any] | None
    whole_at: int
    reread_since: int | None
    parts: list[list[str]] | None = None
    is_backfill: bool = False
    records: int = 0
    error: str | None = None
    is_open: bool = True
    saw_status: bool = False
    started: float | None = None
    pending: dict[str, Any] | None = None
    new_parts: list[list[str]] | None = None
    committed_at: float = field(default_factory=time.monotonic)

    @classmethod
    def plan(
        cls,
        job: SourceJob,
        lake: Lake,
        state: SourceState,
        definition: AirbyteStream,
        clock: LakeClock,
    ) -> StreamReading:
        """Decide how to read a stream: from its state if it can and has one, else all of it."""
        name = definition.name
        is_whole = is_read_whole(definition)
        is_backfill = job.since is not None and is_incremental(definition) and not is_whole
        before = state.of(name) if is_incremental(definition) and not is_backfill else None
        began_at = clock.microseconds()
        generation = lake.last_generation(job.source, name)
        if is_backfill:
            reread_since = None
        elif before is not None:
            # What a killed reading of such a stream saw first may have moved behind it meanwhile.
            reread_since = None if is_whole else state.reread_since(name)
        else:
            generation += 1
            reread_since = began_at if lake.files(job.source, name) else None
        writer = LakeWriter(
            lake,
            job.source,
            name,
            sync_id=job.sync_id,
            clock=clock,
            json_schema=definition.json_schema,
            generation=generation,
        )
        whole_at = began_at if before is None else state.whole_at(name)
        return cls(
            job,
            lake,
            state,
            definition,
            writer,
            began_at,
            before,
            whole_at,
            reread_since,
            before.get("parts") if before and PARTS in (definition.json_schema or {}) else None,
            is_backfill,
        )

    @property
    def stream(self) -> str:
        """The stream's name."""
        return str(self.definition.name)

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its JSON schema, with what that says to Kesher; see connectors.schema_keywords."""
        return self.definition.json_schema or {}

    @property
    def resumes(self) -> bool:
        """Whether it goes on from a state."""
        return self.state_before is not None

    def start(self) -> None:
        """Note that the source has said something of the stream."""
        self.saw_status = True
        self.started = self.started or time.monotonic()

    def progress(self, now: float) -> StreamProgress:
        """Return how far it is, `now` by the monotonic clock."""
        seconds = now - self.started if self.started else 0.0
        return StreamProgress(self.job.source, self.stream, self.records, seconds)

    def add(self, record: Mapping[str, Any]) -> None:
        """Take a record as the vendor sent it."""
        self.started = self.started or time.monotonic()
        self.records += 1
        self.writer.add(record)

    def checkpoint(self, state: Mapping[str, Any]) -> None:
        """Take a state that covers every record so far; write it once the data is safe."""
        if not is_incremental(self.definition) or not state:
            return
        self.pending = dict(state)
        if PARTS in self.schema:
            self.new_parts = self.pending.pop("parts", None)
        rereading = rereading_in(self.pending)
        begins_reread = rereading is not None and rereading != rereading_in(self.state_before)
        if self.resumes and begins_reread:
            # Also when it takes the place of an older one, whose first part is too old to count.
            self.reread_since = self.began_at
        if not self.is_open:
            self._commit()
        self.commit_if_due()

    def commit_if_due(self) -> None:
        """Write what is pending, if it has waited long enough."""
        if (
            self.is_open
            and self.pending is not None
            and (
                self.writer.uncommitted >= CHECKPOINT_RECORDS
                or time.monotonic() - self.committed_at >= CHECKPOINT_SECONDS
            )
        ):
            self._commit()

    def close(self, *, complete: bool) -> StreamResult:
        """End the stream: data, then tombstones, then state."""
        from connectors.registry import is_complete_reread

        vanished = 0
        if complete and self.resumes:
            state_after = self.pending or self.state.of(self.stream)
            if is_complete_reread(self.state_before, state_after):
                self.reread_since = self.began_at
        mode: ReadMode = "since" if self.is_backfill else "full"
        if self.resumes:
            mode = "incremental" if self.reread_since is None else "reread"
        if complete and self.new_parts not in (None, self.parts):
            if self.resumes:
                self.writer.commit()
                vanished += self._bury_other_parts()
            self.parts = self.new_parts
            self.pending = self.pending or self.state.of(self.stream)
        if complete and self.reread_since is not None:
            self.writer.commit()
            vanished += self._bury(self.reread_since)
            self.whole_at = self.reread_since
            self.pending = self.pending or self.state.of(self.stream)
            self.writer.commit()
            self.reread_since = None
        self._commit()
        self.is_open = False
        return StreamResult(
            source=self.job.source,
            stream=self.stream,
            mode=mode,
            records=self.records,
            vanished=vanished,
            misfits=self.writer.misfits,
            seconds=time.monotonic() - self.started if self.started else 0.0,
            state=self.state.of(self.stream) if is_incremental(self.definition) else None,
            error=self.error,
        )

    def abandon(self) -> None:
        """Throw away what is not in the lake yet."""
        self.writer.discard()
        self.is_open = False

    def _commit(self) -> None:
        self.writer.commit()
        self.committed_at = time.monotonic()
        if self.pending is not None and not self.is_backfill:
            if self.parts is not None:
                # New ones hold only when what is gone with the old ones is told.
                self.pending["parts"] = self.parts
            self.state.put(
                self.stream, self.pending, whole_at=self.whole_at, reread_since=self.reread_since
            )
        self.pending = None

    def _bury(self, since: int) -> int:
        """Mark as deleted what has not come since a moment; return how many those are."""
        primary_key = self.definition.source_defined_primary_key
        if not primary_key or self.schema.get(APPEND_ONLY):
            return 0
        newer = None
        start = self._left_out_before()
        if start is not None:
            # That something older did not come says nothing: it was not asked for.
            field = self.schema.get(START_FIELD)
            if field is None:
                logging.getLogger("airbyte").info(
                    "%s: as start_date leaves out what is older, nothing is taken for deleted",
                    self.stream,
                )
                return 0
            newer = (field.split("."), start + _START_MARGIN)
        now = datetime.now(UTC)
        count = 0
        for key in self.lake.vanished_keys(
            self.job.source, self.stream, primary_key, since, newer=newer
        ):
            self.writer.add_tombstone(key, now)
            count += 1
        return count

    def _bury_other_parts(self) -> int:
        """Mark as deleted who stands in no part that there is; return how many those are.

        Whoever stands in one that was not read again, as in a file that did not change, comes
        back as he stands there.
        """
        primary_key = self.definition.source_defined_primary_key
        if not primary_key or self.new_parts is None:
            return 0
        now = datetime.now(UTC)
        count = 0
        for key, record in self.lake.gone_from_parts(
            self.job.source, self.stream, primary_key, self.schema[PARTS], self.new_parts
        ):
            if record is not None:
                self.writer.add(record)
                continue
            self.writer.add_tombstone(key, now)
            count += 1
        return count

    def _left_out_before(self) -> datetime | None:
        """Return before when the settings leave records of this stream out, if they do."""
        # Null instead of a field: the stream is read whole whatever start_date says.
        leaves_out_none = self.schema.get(START_FIELD, "") is None
        is_whole = leaves_out_none or is_read_whole(self.definition)
        if is_whole or not is_incremental(self.definition):
            return None
        return _start(self.job.settings)


def _start(settings: Mapping[str, Any]) -> datetime | None:
    """Return from when on a source is read at all, as its settings say, or None."""
    inner = settings.get("settings")
    day = settings.get("start_date") or (isinstance(inner, Mapping) and inner.get("start_date"))
    if not day:
        return None
    try:
        moment = datetime.fromisoformat(str(day))
    except ValueError:
        # In words of its own: then nothing is near enough.
        return datetime.max.replace(tzinfo=UTC) - _START_MARGIN
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_read_whole(stream: AirbyteStream) -> bool:
    """Tell whether every reading of a stream is of all its records, though it has a state."""
    return bool((stream.json_schema or {}).get(READ_WHOLE))


def rereading_in(state: Mapping[str, Any] | None) -> Any:
    """Tell which reading of everything a connector is amid by itself; see connectors.registry."""
    reading = (state or {}).get("reading")
    return reading.get("since", True) if isinstance(reading, Mapping) else None
