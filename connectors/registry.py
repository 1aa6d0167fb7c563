"""The kinds of sources there are, by the name that `type:` has in `kesher.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    FailureType,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

CONNECTOR_TYPES: tuple[str, ...] = (
    "stripe",
    "zendesk",
    "mailchimp",
    "hubspot",
    "files",
    "manifest",
)


def create_source(
    connector_type: str,
    config: Mapping[str, Any],
    catalog: ConfiguredAirbyteCatalog | None = None,
    state: list[AirbyteStateMessage] | None = None,
) -> Source:
    """Makes the source of a type; only that type's module is imported.

    Args:
        connector_type: one of `CONNECTOR_TYPES`.
        config: as the type's specification says. A key `type` is ignored.
        catalog: which streams to read; not needed for `spec`, `check` and `discover`.
        state: where to go on from, as the source gave it earlier.

    Raises:
        AirbyteTracedException: there is no such type, or the configuration does not fit it.
    """
    if connector_type not in CONNECTOR_TYPES:
        raise AirbyteTracedException(
            message=f"There is no source type `{connector_type}`. "
            f"Choose one of: {', '.join(CONNECTOR_TYPES)}.",
            internal_message="unknown source type",
            failure_type=FailureType.config_error,
        )
    own = {key: value for key, value in config.items() if key != "type"}
    module = import_module(f"connectors.{connector_type}.source")
    source: Source = module.create_source(own, catalog, state)
    return source


def is_complete_reread(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Whether a stream was read anew from beginning to end between two of its states.

    Then every key that did not come again was deleted meanwhile. Streams that fall back to a full
    re-read by themselves (Stripe, when its state is older than the events) mark it in their state
    under `full_read_at`. A full read that an earlier sync began does not count: its first part is
    not in this sync.
    """
    before, after = before or {}, after or {}
    begun = before.get("reading")
    return "full_read_at" in after and after["full_read_at"] not in (
        before.get("full_read_at"),
        begun.get("since") if isinstance(begun, Mapping) else None,
    )
