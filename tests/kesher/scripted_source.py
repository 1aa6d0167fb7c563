"""A real Airbyte source that plays a script: records, states, errors, and sudden deaths."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteErrorTraceMessage,
    AirbyteMessage,
    AirbyteRecordMessage,
    AirbyteStateMessageSerializer,
    AirbyteStream,
    AirbyteStreamStatus,
    AirbyteStreamStatusTraceMessage,
    AirbyteTraceMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    Status,
    StreamDescriptor,
    SyncMode,
    TraceType,
    Type,
)
from airbyte_cdk.sources.source import Source
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from kesher.sync_process import work
from kesher.sync_report import SourceJob, SourceResult


class ScriptedSource(Source):
    """Plays `settings["streams"][name]["steps"]`, stream by stream.

    A step is a list: `["record", {...}]`, `["state", {...}]`, `["complete"]`, `["error", text]`,
    `["raise", text]`, `["wait", seconds]`, `["die"]` (SIGKILL), or `["note_state", file]`, which
    writes down the state that the source was given.
    """

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        return ConnectorSpecification(connectionSpecification={})

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        streams = []
        for name, script in config["streams"].items():
            modes = [SyncMode.full_refresh]
            if script.get("incremental"):
                modes.append(SyncMode.incremental)
            streams.append(
                AirbyteStream(
                    name=name,
                    json_schema=script.get("schema", {"type": "object"}),
                    supported_sync_modes=modes,
                    source_defined_primary_key=script.get("primary_key", [["id"]]),
                )
            )
        return AirbyteCatalog(streams=streams)

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[Any] | None = None,
    ) -> Iterator[AirbyteMessage]:
        for configured in catalog.streams:
            name = configured.stream.name
            for step in config["streams"][name]["steps"]:
                yield from self._play(name, step, state or [])

    def _play(self, name: str, step: list[Any], state: list[Any]) -> Iterator[AirbyteMessage]:
        kind = step[0]
        if kind == "record":
            yield AirbyteMessage(
                type=Type.RECORD,
                record=AirbyteRecordMessage(stream=name, data=step[1], emitted_at=0),
            )
        elif kind == "state":
            message = {
                "type": "STREAM",
                "stream": {"stream_descriptor": {"name": name}, "stream_state": step[1]},
            }
            yield AirbyteMessage(type=Type.STATE, state=AirbyteStateMessageSerializer.load(message))
        elif kind == "complete":
            yield _status(name, AirbyteStreamStatus.COMPLETE)
        elif kind == "error":
            yield AirbyteMessage(
                type=Type.TRACE,
                trace=AirbyteTraceMessage(
                    type=TraceType.ERROR,
                    emitted_at=0,
                    error=AirbyteErrorTraceMessage(
                        message=step[1], stream_descriptor=StreamDescriptor(name=name)
                    ),
                ),
            )
            yield _status(name, AirbyteStreamStatus.INCOMPLETE)
        elif kind == "raise":
            raise AirbyteTracedException(message=step[1])
        elif kind == "wait":
            time.sleep(step[1])
        elif kind == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif kind == "note_state":
            given = [
                AirbyteStateMessageSerializer.dump(message)["stream"].get("stream_state")
                for message in state
                if message.stream.stream_descriptor.name == name
            ]
            Path(step[1]).write_text(repr(given[0] if given else None))


def _status(name: str, status: AirbyteStreamStatus) -> AirbyteMessage:
    return AirbyteMessage(
        type=Type.TRACE,
        trace=AirbyteTraceMessage(
            type=TraceType.STREAM_STATUS,
            emitted_at=0,
            stream_status=AirbyteStreamStatusTraceMessage(
                stream_descriptor=StreamDescriptor(name=name), status=status
            ),
        ),
    )


def scripted_worker(job: SourceJob, events: Connection) -> None:
    """Stand in for `kesher.sync_process.main`, with scripted sources."""
    work(job, events, lambda *_: ScriptedSource())


def punctual_worker(job: SourceJob, events: Connection) -> None:
    """Write down when it began and ended, a while later, into the job's log file."""
    began = time.monotonic()
    time.sleep(1.5)
    Path(job.log_file).write_text(f"{began} {time.monotonic()}")
    events.send(SourceResult(job.source, 1.5, None))
