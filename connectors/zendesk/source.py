"""The Zendesk source."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import AirbyteStateMessage, ConfiguredAirbyteCatalog

from connectors.declarative import ManifestSource, load_source


def create_source(
    config: Mapping[str, Any] | None = None,
    catalog: ConfiguredAirbyteCatalog | None = None,
    state: list[AirbyteStateMessage] | None = None,
) -> ManifestSource:
    """Makes the source.

    Args:
        config: see docs/connectors/zendesk.md; `None` suffices for `spec`.
        catalog: the streams to read.
        state: where to go on from.

    Raises:
        AirbyteTracedException: the configuration does not fit.
    """
    # The Authorization header holds the token in another shape, which must not be logged either.
    header = ""
    if config and "email" in config and "api_token" in config:
        header = b64encode(f"{config['email']}/token:{config['api_token']}".encode()).decode()
    return load_source(Path(__file__).parent, "Zendesk", config, catalog, state, [header])
