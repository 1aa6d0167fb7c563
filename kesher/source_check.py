"""Asks the sources whether they can be read."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kesher.config import Config
from kesher.data_directory import DataDirectory
from kesher.errors import ConfigError, KesherError
from kesher.finding import Finding
from kesher.redaction import Redactor
from kesher.sync import source_settings
from kesher.sync_request import SyncRequest, unknown_streams
from kesher.terminal import Terminal


def check_sources(
    config: Config, data: DataDirectory, terminal: Terminal, request: SyncRequest
) -> Iterator[Finding]:
    """Ask each source that is requested for a little of everything; read nothing into the lake.

    Args:
        config: Says which sources there are; the sandbox's server runs meanwhile if needed.
        data: Where the sandbox is.
        terminal: Where the making of the sandbox is told.
        request: Which sources, and which of their streams; a list's files are looked at as a whole.

    Yields:
        A finding a source. What is wrong names each stream that can't be read, and why.

    Raises:
        ConfigError: there is no such source.
    """
    try:
        with (
            _no_logging(),
            source_settings(config, data, terminal) as sources,
            ThreadPoolExecutor(max_workers=8) as pool,
        ):
            checks = {
                name: pool.submit(_check_source, dict(sources[name]), streams)
                for name, streams in request.chosen(sources).items()
            }
            for name, outcome in checks.items():
                ok, told = outcome.result()
                text = Redactor(config.secrets)(told)
                yield Finding(name, text or "answers, the key is good", ok=ok)
    except ConfigError:
        raise
    except KesherError as error:
        yield Finding("sources", str(error), ok=False)


@contextlib.contextmanager
def _no_logging() -> Iterator[None]:
    """Silence airbyte-cdk, which turns its own logging on as it is imported."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _check_source(settings: dict[str, Any], streams: frozenset[str] | None) -> tuple[bool, str]:
    """Return whether a source can be read, and what is wrong or worth knowing, if anything."""
    from airbyte_cdk.models import Status
    from airbyte_cdk.utils.traced_exception import AirbyteTracedException

    from connectors.registry import create_source

    if settings["type"] != "files":
        settings.setdefault("max_retries", 1)
    try:
        source = create_source(settings["type"], settings, None, None)
        logger = logging.getLogger("airbyte")
        if streams is not None:
            from kesher.configured_catalog import catalog_of

            there = source.discover(logger, settings).streams
            if problem := unknown_streams(streams, [stream.name for stream in there]):
                return False, problem
            catalog = catalog_of(stream for stream in there if stream.name in streams)
            source = create_source(settings["type"], settings, catalog, None)
        outcome = source.check(logger, settings)
    except AirbyteTracedException as error:
        return False, error.message or str(error)
    ok = outcome.status == Status.SUCCEEDED
    silence = "" if ok else "the check failed without a word"
    return ok, " ".join((outcome.message or silence).split())
