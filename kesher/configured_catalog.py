"""Catalogs that ask a source for some of its streams, each read on from its state if it can be."""

from __future__ import annotations

from collections.abc import Iterable

from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
)


def is_incremental(stream: AirbyteStream) -> bool:
    """Tell whether a stream can be read on from a state."""
    return SyncMode.incremental in (stream.supported_sync_modes or [])


def catalog_of(streams: Iterable[AirbyteStream]) -> ConfiguredAirbyteCatalog:
    """Return the catalog of a source that is asked for these streams."""
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=stream,
                sync_mode=(
                    SyncMode.incremental if is_incremental(stream) else SyncMode.full_refresh
                ),
                destination_sync_mode=DestinationSyncMode.append,
                cursor_field=stream.default_cursor_field,
                primary_key=stream.source_defined_primary_key,
            )
            for stream in streams
        ]
    )
