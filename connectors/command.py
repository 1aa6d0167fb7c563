"""`python -m connectors.<vendor> spec|check|discover|read`, as Airbyte runs a source."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.models import (
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

CreateSource = Callable[
    [
        Mapping[str, Any] | None,
        ConfiguredAirbyteCatalog | None,
        list[AirbyteStateMessage] | None,
    ],
    Source,
]


def run(create_source: CreateSource, arguments: list[str] | None = None) -> int:
    """Runs one command of the Airbyte protocol and returns the exit code.

    Every message goes to standard output, one JSON object a line; an error is a TRACE message.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        # Parsed twice, as in every declarative source: it wants config, catalog and state at birth.
        parsed = AirbyteEntrypoint.parse_args(arguments)
        config = _read(getattr(parsed, "config", None), Source.read_config)
        catalog = _read(
            getattr(parsed, "catalog", None),
            lambda path: ConfiguredAirbyteCatalogSerializer.load(Source._read_json_file(path)),
        )
        state = _read(getattr(parsed, "state", None), Source.read_state)
        launch(create_source(config, catalog, state), arguments)
    except AirbyteTracedException as error:
        error.emit_message()
        return 1
    return 0


def _read(path: str | None, reader: Callable[[str], Any]) -> Any:
    if path is None:
        return None
    try:
        return reader(path)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise AirbyteTracedException(
            message=f"{Path(path).name} cannot be used: {type(error).__name__}. It must be a "
            "readable file with the JSON that the Airbyte protocol asks for here.",
            internal_message=f"{path}: {type(error).__name__}",
            failure_type=FailureType.config_error,
        ) from None
