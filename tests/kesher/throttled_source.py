"""Reads a vendor of the sandbox as `kesher sync` does, with checkpoints of few records."""

from __future__ import annotations

from importlib import import_module
from multiprocessing.connection import Connection

from kesher.sync_report import SourceJob

CHECKPOINT = 100
"""Records that a checkpoint waits for."""
STATE = 20
"""Records that a state of a connector waits for."""
PAGES = {"stripe": 30, "zendesk": 4, "mailchimp": 50, "hubspot": 4}
"""Records a page: so many that reading all takes some seconds when each page is slow."""


def throttled_worker(job: SourceJob, events: Connection) -> None:
    """Stand in for `kesher.sync_process.main`, so that a small sandbox has many checkpoints."""
    from connectors import checkpoint
    from kesher import stream_reading, sync_process

    stream_reading.CHECKPOINT_RECORDS = CHECKPOINT
    stream_reading.CHECKPOINT_SECONDS = 5.0
    checkpoint.RECORDS_A_STATE = STATE
    components = import_module(f"connectors.{job.connector_type}.components")
    for name in ("PAGE_SIZE", "EXPORT_PAGE_SIZE", "LIST_PAGE_SIZE", "LIST_SIZE", "SEARCH_SIZE"):
        if hasattr(components, name):
            setattr(components, name, PAGES[job.connector_type])
    sync_process.main(job, events)
