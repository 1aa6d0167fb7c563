"""The Stripe source."""

from __future__ import annotations

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
        config: see docs/connectors/stripe.md; `None` suffices for `spec`.
        catalog: the streams to read.
        state: where to go on from.

    Raises:
        AirbyteTracedException: the configuration does not fit.
    """
    return load_source(Path(__file__).parent, "Stripe", config, catalog, state)
