"""The process that reads one source: its logs, its errors, and its death with its parent."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.child_process import send_output_to
from kesher.errors import KesherError, disk_full_error
from kesher.garbage_collection import rare_garbage_collection
from kesher.redaction import Redactor
from kesher.sync_report import SourceJob, SourceResult

if TYPE_CHECKING:
    from airbyte_cdk.models import AirbyteStateMessage, ConfiguredAirbyteCatalog
    from airbyte_cdk.sources.source import Source


#: Makes a source of a type, for some settings, with a catalog and a state or without.
SourceFactory = Callable[
    [
        str,
        Mapping[str, Any],
        "ConfiguredAirbyteCatalog | None",
        "list[AirbyteStateMessage] | None",
    ],
    "Source",
]


def main(job: SourceJob, events: Connection) -> None:
    """Read a source and send what happens to the parent process.

    This is the entry point of the worker process.
    """
    send_output_to(Path(job.log_file))

    def create(*arguments: Any) -> Source:
        # Here, and not above, so that the parent process need not import the connectors.
        from connectors.registry import create_source

        return create_source(*arguments)

    with rare_garbage_collection():
        work(job, events, create)


def work(job: SourceJob, events: Connection, create_source: SourceFactory) -> None:
    """Read a source that `create_source` makes; every error becomes a line of its result."""
    started = time.monotonic()
    redact = Redactor(job.secrets)
    # Before the logger: the import of airbyte-cdk sets up logging in its own way.
    from kesher.sync_worker import read_source

    logger = _logger(job, redact)
    for_user = _ForUser()
    logging.getLogger().addHandler(for_user)
    error: str | None = None
    try:

        def make(
            catalog: ConfiguredAirbyteCatalog | None, state: list[AirbyteStateMessage] | None
        ) -> Source:
            return create_source(job.connector_type, job.settings, catalog, state)

        for event in read_source(job, make, logger):
            events.send(event)
    except KesherError as failure:
        error = str(failure)
    except Exception as failure:
        logger.exception("the source failed")
        full = disk_full_error(failure, job.lake)
        error = str(full) if full else _told(failure)
    events.send(
        SourceResult(
            job.source,
            time.monotonic() - started,
            redact(error) if error else None,
            tuple(redact(text) for text in for_user.texts),
        )
    )
    events.close()


class _ForUser(logging.Handler):
    """Keeps, once each, what a connector logs with `extra={"for_user": True}`."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "for_user", False):
            self.texts.setdefault(record.getMessage())


def _logger(job: SourceJob, redact: Redactor) -> logging.Logger:
    """Send everything that is logged in this process to the run's log file, without secrets."""
    from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

    class WithoutSecrets(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            # The connector knows more secrets: what it makes of the settings, or is given for them.
            return filter_secrets(redact(super().format(record)))

    Path(job.log_file).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(job.log_file, encoding="utf-8")
    handler.setFormatter(WithoutSecrets("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    airbyte = logging.getLogger("airbyte")
    airbyte.handlers = []
    airbyte.propagate = True
    airbyte.setLevel(logging.INFO)
    return airbyte


def _told(error: BaseException) -> str:
    from kesher.sync_worker import one_line

    return one_line(error)
