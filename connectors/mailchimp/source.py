"""The Mailchimp source."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import AirbyteStateMessage, ConfiguredAirbyteCatalog, FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors.declarative import ManifestSource, load_source, validate_config

_DATA_CENTRE = re.compile(r"-[a-z]{2,}[0-9]+$")


def create_source(
    config: Mapping[str, Any] | None = None,
    catalog: ConfiguredAirbyteCatalog | None = None,
    state: list[AirbyteStateMessage] | None = None,
) -> ManifestSource:
    """Makes the source.

    Args:
        config: see docs/connectors/mailchimp.md; `None` suffices for `spec`.
        catalog: the streams to read.
        state: where to go on from.

    Raises:
        AirbyteTracedException: the configuration does not fit, or the key names no data centre.
    """
    key = (config or {}).get("api_key")
    if isinstance(key, str) and not _DATA_CENTRE.search(key):
        raise AirbyteTracedException(
            message="`api_key` names no data centre: a Mailchimp key ends in a dash and its data "
            "centre, such as -us21. Copy the whole key (Mailchimp, Account, Extras, API keys).",
            internal_message="no data centre in api_key",
            failure_type=FailureType.config_error,
        )
    derived = [b64encode(f"kesher:{key}".encode()).decode()] if isinstance(key, str) else []
    source = load_source(Path(__file__).parent, "Mailchimp", config, catalog, state, derived)
    if config is not None:
        validate_config(source, config)
    return source
