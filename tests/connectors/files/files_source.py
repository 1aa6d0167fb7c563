"""Reads a list of people as `kesher sync` does."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reading
from airbyte_cdk.models import SyncMode

from connectors.registry import create_source


@dataclass
class Read:
    records: list[dict[str, Any]]
    state: dict[str, Any]
    errors: list[str]


def read(
    config: Mapping[str, Any],
    stream: str = "people",
    state: Mapping[str, Any] | None = None,
    sync_mode: SyncMode = SyncMode.incremental,
) -> Read:
    """One sync of one stream."""
    result = reading.read(
        "files", config, stream, state={stream: state} if state else None, mode=sync_mode
    )
    assert (result.failure is None) == (not result.errors), "a failed read must say why"
    return Read(result.records[stream], result.state.get(stream, {}), list(result.errors.values()))


def check(config: Mapping[str, Any]) -> str | None:
    """The message of a failed check; None if it passed."""
    return create_source("files", config).check(logging.getLogger("airbyte"), config).message
