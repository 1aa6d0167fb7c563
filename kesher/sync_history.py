"""The history of syncs: a stream of the lake, so that it outlives the warehouse and the logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from kesher.data_directory import DataDirectory, utc_text
from kesher.lake import OWN_SOURCE, Lake
from kesher.lake_compaction import merge_small_files
from kesher.lake_writer import own_writer
from kesher.run_history import RunRecord, killed_syncs
from kesher.sync_report import SyncReport

STREAM = "sync_runs"
#: Every sync writes a small file. So many are merged into one.
FILES_TO_MERGE = 100


def append_to_history(
    data: DataDirectory, run: RunRecord, report: SyncReport, began_at: datetime
) -> None:
    """Write how each stream was read, and each source that failed as a whole.

    Syncs that were killed before, and could not say so themselves, are told as well.

    Args:
        data: Where the lake and the runs are.
        run: In which run it was.
        report: How it went.
        began_at: When it began.

    Raises:
        KesherError: the lake can't be written.
    """
    lake = Lake(data.lake)
    with killed_syncs(data) as killed, own_writer(lake, OWN_SOURCE, STREAM) as writer:
        for row in (*_rows_of_killed(killed), *_rows(run.id, report, began_at)):
            writer.add(row)
        writer.commit()
    merge_small_files(lake, OWN_SOURCE, STREAM, at_least=FILES_TO_MERGE)


def _rows_of_killed(runs: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for run in runs:
        for source in run["reading"]:
            yield {
                "sync_run_id": f"{run['id']}/{source}",
                "run_id": run["id"],
                "source": source,
                "began_at": run["started_at"],
                "ended_at": run["finished_at"],
                "seconds": run["seconds"],
                "error": "the run was killed; the next sync went on from the last checkpoint",
            }


def _rows(run_id: str, report: SyncReport, began_at: datetime) -> Iterator[dict[str, Any]]:
    moments = {"began_at": utc_text(began_at), "ended_at": utc_text(datetime.now(UTC))}
    for stream in report.streams:
        yield {
            "sync_run_id": f"{run_id}/{stream.source}/{stream.stream}",
            "run_id": run_id,
            "source": stream.source,
            "stream": stream.stream,
            **moments,
            "read_mode": stream.mode,
            "records": stream.records,
            "deleted_records": stream.vanished,
            "misfits": stream.misfits,
            "seconds": round(stream.seconds, 3),
            "error": stream.error,
        }
    for source in report.sources:
        if source.error:
            yield {
                "sync_run_id": f"{run_id}/{source.source}",
                "run_id": run_id,
                "source": source.source,
                **moments,
                "seconds": round(source.seconds, 3),
                "error": source.error,
            }
