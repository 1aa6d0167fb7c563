"""Reads one source into the lake.

The order is what makes a crash harmless: first the records are in the lake for good, then the
state that covers them is written. What a crash repeats, staging removes by primary key.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessageSerializer,
    AirbyteStream,
    AirbyteStreamStatus,
    AirbyteTraceMessage,
    ConfiguredAirbyteCatalog,
    TraceType,
    Type,
)
from airbyte_cdk.sources.source import Source
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors.schema_keywords import REREAD_DAYS
from kesher.configured_catalog import catalog_of, is_incremental
from kesher.errors import KesherError
from kesher.lake import Lake, LakeClock
from kesher.redaction import Redactor
from kesher.source_state import SourceState
from kesher.stream_reading import StreamReading, is_read_whole, rereading_in
from kesher.sync_report import (
    ReadMode,
    SourceJob,
    StreamPlan,
    StreamProgress,
    StreamResult,
)
from kesher.sync_request import unknown_streams

_TICK_SECONDS = 1.0
_DAY = 86_400_000_000
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
        name: StreamReading.plan(job, lake, state, stream, clock)
        for name, stream in available.items()
    }
    configured = catalog_of(available.values())
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
        and rereading_in(known) is None
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
    if is_incremental(definition) and (at_a_place or not is_read_whole(definition)):
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
    readings: Mapping[str, StreamReading],
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
    readings: Mapping[str, StreamReading],
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
    readings: Mapping[str, StreamReading],
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

    def __init__(self, readings: Iterable[StreamReading], lock: threading.Lock) -> None:
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


def one_line(error: BaseException) -> str:
    """Say in one line what went wrong, in the words meant for users if there are such."""
    if isinstance(error, AirbyteTracedException):
        return _flat(error.message or error.internal_message or "failed without a word")
    return _flat(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _flat(text: str) -> str:
    return " ".join(text.split())
