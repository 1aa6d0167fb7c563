"""Reads one source into the lake.

The order is what makes a crash harmless: first the records are in the lake for good, then the
state that covers them is written. What a crash repeats, staging removes by primary key.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessageSerializer,
    AirbyteStream,
    AirbyteStreamStatus,
    AirbyteTraceMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    TraceType,
    Type,
)
from airbyte_cdk.sources.source import Source
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors.schema_keywords import APPEND_ONLY, PARTS, READ_WHOLE, REREAD_DAYS, START_FIELD
from kesher.errors import KesherError
from kesher.lake import Lake, LakeClock
from kesher.lake_writer import LakeWriter
from kesher.redaction import Redactor
from kesher.source_state import SourceState
from kesher.sync_report import (
    ReadMode,
    SourceJob,
    StreamPlan,
    StreamProgress,
    StreamResult,
)
from kesher.sync_request import unknown_streams

#: A checkpoint waits for this many records or seconds, so that files do not become too small. The
#: connectors' states are at most some 3,000 records or a page apart: 10,000 are never exceeded.
CHECKPOINT_RECORDS = 6_000
CHECKPOINT_SECONDS = 15.0
_TICK_SECONDS = 1.0
_DAY = 86_400_000_000
#: A record is only taken for deleted if it is newer than start_date by so much, since vendors have
#: clocks and time zones of their own.
_START_MARGIN = timedelta(days=1)
_PROGRESS_SECONDS = 0.2


def read_source(
    job: SourceJob, make_source: Any, logger: logging.Logger
) -> Iterator[StreamPlan | StreamProgress | StreamResult]:
    """Read one source into the lake, or tell how it would be read.

    Args:
        job: What to read and where to put it.
        make_source: Called with a catalog and a state, both possibly None; returns the source.
        logger: Given to the source.

    Yields:
        Progress now and then, and one result a stream; one plan a stream if the job is only that.

    Raises:
        KesherError: the source can't be read at all, or the lake can't be written.
    """
    lake = Lake(job.lake)
    state = SourceState(Path(job.state_folder), job.source)
    catalog = make_source(None, None).discover(logger, job.settings)
    available = {stream.name: stream for stream in catalog.streams}
    if job.streams is not None:
        if problem := unknown_streams(job.streams, available):
            raise KesherError(problem)
        available = {name: available[name] for name in available if name in job.streams}
    clock = LakeClock(job.not_before)
    anew = _to_be_read_anew(job, state, available, clock)
    if job.is_plan_only:
        for definition in available.values():
            yield _plan(job, lake, state, definition, anew)
        return
    if not job.full_refresh:
        for name in sorted(anew):
            logger.info("%s is read from the beginning: its last such reading is old", name)
    state.forget(anew)
    readings = {
        name: _StreamReading.plan(job, lake, state, stream, clock)
        for name, stream in available.items()
    }
    configured = ConfiguredAirbyteCatalog(
        streams=[reading.configured() for reading in readings.values()]
    )
    known = state.messages(name for name, reading in readings.items() if reading.resumes)
    messages = [AirbyteStateMessageSerializer.load(message) for message in known]
    source = make_source(configured, messages)
    yield from _read(job, source, configured, messages, readings, logger)


def _to_be_read_anew(
    job: SourceJob, state: SourceState, available: Mapping[str, AirbyteStream], clock: LakeClock
) -> set[str]:
    """Tell which streams are read from the beginning, though there is a state to go on from.

    Those are all in a full refresh, and otherwise those whose last such reading is older than
    kesher.yml, or else the connector's schema, says: streams of which the vendor does not tell
    what is gone. A reading of everything that is under way is brought to its end first.

    Raises:
        KesherError: kesher.yml says so of a stream that there is not.
    """
    unknown = sorted(job.reread_days.keys() - available.keys()) if job.streams is None else []
    if unknown:
        raise KesherError(
            f"has no stream {', '.join(unknown)}, which its reread_days in kesher.yml name; it has "
            f"{', '.join(sorted(available))}"
        )
    if job.full_refresh:
        return set(available)
    if job.since is not None:
        return set()
    now = clock.microseconds()
    return {
        name
        for name, stream in available.items()
        if (known := state.of(name)) is not None
        and state.reread_since(name) is None
        and _rereading(known) is None
        and (days := job.reread_days.get(name, (stream.json_schema or {}).get(REREAD_DAYS, 0)))
        and now - state.whole_at(name) >= days * _DAY
    }


def _plan(
    job: SourceJob,
    lake: Lake,
    state: SourceState,
    definition: AirbyteStream,
    anew: Collection[str],
) -> StreamPlan:
    name = definition.name
    starts = None
    mode: ReadMode = "reread" if lake.files(job.source, name) else "full"
    at_a_place = "place" in (state.of(name) or {}) and not job.full_refresh
    if _is_incremental(definition) and (at_a_place or not _is_read_whole(definition)):
        starts = None if name in anew or job.since else state.of(name)
        if job.since:
            mode = "since"
        elif starts is not None:
            mode = "incremental"
    return StreamPlan(job.source, name, mode, starts)


def _read(
    job: SourceJob,
    source: Source,
    catalog: ConfiguredAirbyteCatalog,
    state: list[Any],
    readings: Mapping[str, _StreamReading],
    logger: logging.Logger,
) -> Iterator[StreamProgress | StreamResult]:
    redact = Redactor(job.secrets)
    failure: str | None = None
    told = time.monotonic()
    lock = threading.Lock()
    ticker = _Ticker(readings.values(), lock)
    try:
        for message in source.read(logger, job.settings, catalog, state):
            if ticker.error is not None:
                raise ticker.error
            with lock:
                results = _handle(message, readings, redact, logger)
            yield from results
            now = time.monotonic()
            if now - told >= _PROGRESS_SECONDS:
                told = now
                for reading in readings.values():
                    if reading.is_open:
                        yield reading.progress(now)
    except KesherError:
        for reading in readings.values():
            reading.abandon()
        raise
    except Exception as error:
        # The source told of each failed stream before it gave up, or it failed as a whole.
        logger.exception("reading ended early")
        failure = redact(one_line(error))
    finally:
        ticker.stop()
    for reading in readings.values():
        if reading.is_open:
            # A source that says nothing of a stream's end is believed, but nothing is taken for
            # deleted on the strength of its silence.
            silent_end = failure is None and not reading.error and not reading.saw_status
            if not silent_end and not reading.error:
                reading.error = failure or "ended before everything was read"
            yield reading.close(complete=False)


def _handle(
    message: AirbyteMessage,
    readings: Mapping[str, _StreamReading],
    redact: Redactor,
    logger: logging.Logger,
) -> Iterable[StreamResult]:
    if message.type == Type.RECORD and message.record is not None:
        readings[message.record.stream].add(message.record.data)
    elif message.type == Type.STATE and message.state is not None and message.state.stream:
        name = message.state.stream.stream_descriptor.name
        if name in readings:
            dumped = AirbyteStateMessageSerializer.dump(message.state)
            readings[name].checkpoint(dumped["stream"].get("stream_state") or {})
    elif message.type == Type.LOG and message.log is not None:
        logger.log(
            logging.getLevelName(message.log.level.value)
            if message.log.level.value in logging.getLevelNamesMapping()
            else logging.DEBUG,
            "%s",
            message.log.message,
        )
    elif message.type == Type.TRACE and message.trace is not None:
        return _handle_trace(message.trace, readings, redact, logger)
    return ()


def _handle_trace(
    trace: AirbyteTraceMessage,
    readings: Mapping[str, _StreamReading],
    redact: Redactor,
    logger: logging.Logger,
) -> Iterable[StreamResult]:
    if trace.type == TraceType.ERROR and trace.error is not None:
        logger.error("%s | %s", trace.error.message, trace.error.internal_message)
        descriptor = trace.error.stream_descriptor
        if descriptor is not None and descriptor.name in readings:
            text = trace.error.message or trace.error.internal_message or "failed without a word"
            readings[descriptor.name].error = redact(_flat(text))
    elif trace.type == TraceType.STREAM_STATUS and trace.stream_status is not None:
        reading = readings.get(trace.stream_status.stream_descriptor.name)
        if reading is None:
            return ()
        reading.start()
        if trace.stream_status.status == AirbyteStreamStatus.COMPLETE:
            return (reading.close(complete=reading.error is None),)
    return ()


class _Ticker:
    """Commits what is due also while nothing comes, as when a vendor makes the source wait."""

    def __init__(self, readings: Iterable[_StreamReading], lock: threading.Lock) -> None:
        self._readings = list(readings)
        self._lock = lock
        self._stopped = threading.Event()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; a commit that is under way is waited for."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            try:
                for reading in self._readings:
                    with self._lock:
                        reading.commit_if_due()
            except Exception as error:
                # The thread that reads raises it.
                self.error = error
                return


@dataclass
class _StreamReading:
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
    ) -> _StreamReading:
        """Decide how to read a stream: from its state if it can and has one, else all of it."""
        name = definition.name
        is_whole = _is_read_whole(definition)
        is_backfill = job.since is not None and _is_incremental(definition) and not is_whole
        before = state.of(name) if _is_incremental(definition) and not is_backfill else None
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
        return str(self.definition.name)

    @property
    def resumes(self) -> bool:
        return self.state_before is not None

    def configured(self) -> ConfiguredAirbyteStream:
        return ConfiguredAirbyteStream(
            stream=self.definition,
            sync_mode=(
                SyncMode.incremental if _is_incremental(self.definition) else SyncMode.full_refresh
            ),
            destination_sync_mode=DestinationSyncMode.append,
            cursor_field=self.definition.default_cursor_field,
            primary_key=self.definition.source_defined_primary_key,
        )

    def start(self) -> None:
        self.saw_status = True
        self.started = self.started or time.monotonic()

    def progress(self, now: float) -> StreamProgress:
        seconds = now - self.started if self.started else 0.0
        return StreamProgress(self.job.source, self.stream, self.records, seconds)

    def add(self, record: Mapping[str, Any]) -> None:
        self.started = self.started or time.monotonic()
        self.records += 1
        self.writer.add(record)

    def checkpoint(self, state: Mapping[str, Any]) -> None:
        """Take a state that covers every record so far; write it once the data is safe."""
        if not _is_incremental(self.definition) or not state:
            return
        self.pending = dict(state)
        if PARTS in (self.definition.json_schema or {}):
            self.new_parts = self.pending.get("parts")
        rereading = _rereading(self.pending)
        begins_reread = rereading is not None and rereading != _rereading(self.state_before)
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
            state=self.state.of(self.stream) if _is_incremental(self.definition) else None,
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
            elif self.new_parts is not None:
                self.pending.pop("parts", None)
            self.state.put(
                self.stream, self.pending, whole_at=self.whole_at, reread_since=self.reread_since
            )
        self.pending = None

    def _bury(self, since: int) -> int:
        """Mark as deleted what has not come since a moment; return how many those are."""
        primary_key = self.definition.source_defined_primary_key
        schema = self.definition.json_schema or {}
        if not primary_key or schema.get(APPEND_ONLY):
            return 0
        newer = None
        start = self._left_out_before()
        if start is not None:
            # That something older did not come says nothing: it was not asked for.
            field = schema.get(START_FIELD)
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
        fields = (self.definition.json_schema or {}).get(PARTS)
        if not primary_key or not fields or self.new_parts is None:
            return 0
        now = datetime.now(UTC)
        count = 0
        for key, record in self.lake.gone_from_parts(
            self.job.source, self.stream, primary_key, fields, self.new_parts
        ):
            if record is not None:
                self.writer.add(record)
                continue
            self.writer.add_tombstone(key, now)
            count += 1
        return count

    def _left_out_before(self) -> datetime | None:
        """Return before when the settings leave records of this stream out, if they do."""
        schema = self.definition.json_schema or {}
        # Null instead of a field: the stream is read whole whatever start_date says.
        leaves_out_none = START_FIELD in schema and schema[START_FIELD] is None
        is_whole = leaves_out_none or _is_read_whole(self.definition)
        if is_whole or not _is_incremental(self.definition):
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


def _is_incremental(stream: AirbyteStream) -> bool:
    return SyncMode.incremental in (stream.supported_sync_modes or [])


def _is_read_whole(stream: AirbyteStream) -> bool:
    return bool((stream.json_schema or {}).get(READ_WHOLE))


def _rereading(state: Mapping[str, Any] | None) -> Any:
    """Tell which reading of everything a connector is amid by itself; see connectors.registry."""
    reading = (state or {}).get("reading")
    return reading.get("since", True) if isinstance(reading, Mapping) else None


def one_line(error: BaseException) -> str:
    """Say in one line what went wrong, in the words meant for users if there are such."""
    if isinstance(error, AirbyteTracedException):
        return _flat(error.message or error.internal_message or "failed without a word")
    return _flat(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _flat(text: str) -> str:
    return " ".join(text.split())
