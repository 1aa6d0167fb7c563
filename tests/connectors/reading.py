"""Reads a source in this process, as `kesher sync` does, and sorts what came."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
)
from airbyte_cdk.models import Type as MessageType
from airbyte_cdk.test.state_builder import StateBuilder
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors.registry import create_source

DELETED_AT = "_ab_cdc_deleted_at"


@dataclass
class Reading:
    """Messages of one sync, by stream."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    errors: dict[str, str] = field(default_factory=dict)
    order: list[tuple[str, str]] = field(default_factory=list)
    failure: str | None = None

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        return {stream: states[-1] for stream, states in self.states.items()}


def configured(*streams: str, mode: SyncMode = SyncMode.incremental) -> ConfiguredAirbyteCatalog:
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=AirbyteStream(
                    name=name,
                    json_schema={},
                    supported_sync_modes=[SyncMode.full_refresh, SyncMode.incremental],
                ),
                sync_mode=mode,
                destination_sync_mode=DestinationSyncMode.append,
            )
            for name in streams
        ]
    )


def read(
    connector_type: str,
    config: Mapping[str, Any],
    *streams: str,
    state: Mapping[str, Mapping[str, Any]] | None = None,
    mode: SyncMode = SyncMode.incremental,
    stop_after: int | None = None,
) -> Reading:
    """One sync; `stop_after` leaves it after that many records, as a kill would."""
    builder = StateBuilder()
    for stream, value in (state or {}).items():
        builder.with_stream_state(stream, dict(value))
    catalog = configured(*streams, mode=mode)
    source = create_source(connector_type, config, catalog, builder.build())
    reading = Reading()
    count = 0
    try:
        for message in source.read(logging.getLogger("airbyte"), config, catalog, builder.build()):
            if message.type == MessageType.RECORD:
                reading.records[message.record.stream].append(message.record.data)
                reading.order.append(("record", message.record.stream))
                count += 1
                if stop_after is not None and count >= stop_after:
                    break
            elif message.type == MessageType.STATE:
                name = message.state.stream.stream_descriptor.name
                reading.states[name].append(dict(message.state.stream.stream_state.__dict__))
                reading.order.append(("state", name))
            elif message.type == MessageType.TRACE and message.trace.error:
                descriptor = message.trace.error.stream_descriptor
                reading.errors[descriptor.name if descriptor else ""] = message.trace.error.message
    except AirbyteTracedException as error:
        reading.failure = str(error)
    return reading


def live(
    records: Iterable[Mapping[str, Any]], *primary_key: str
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What staging makes of versions in order of extraction: the last one, unless deleted."""
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        newest[tuple(record[part] for part in primary_key)] = dict(record)
    return {key: record for key, record in newest.items() if not record.get(DELETED_AT)}


def assert_every_record_fits(catalog: AirbyteCatalog, reading: Reading) -> None:
    """Hold all that was read against the catalog's schemas, which must name every field."""
    for stream in catalog.streams:
        validator = jsonschema_rs.validator_for(stream.json_schema)
        for record in reading.records[stream.name]:
            assert [error.message for error in validator.iter_errors(record)] == []
        unknown = {key for record in reading.records[stream.name] for key in record}
        assert unknown <= stream.json_schema["properties"].keys(), stream.name
