"""The history of runs: `runs/<id>/run.json`, and the logs beside it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.data_directory import DataDirectory, read_json, utc_text, write_json
from kesher.errors import ChecksBlockedError, KesherError

if TYPE_CHECKING:
    from kesher.sync_report import SyncReport

_RUNS_KEPT = 50


class RunRecord:
    """One run of a verb, written to disk whenever a step begins or ends."""

    def __init__(self, data: DataDirectory, verb: str) -> None:
        now = datetime.now(UTC)
        self.id = now.strftime("%Y%m%dT%H%M%S_%f")
        self.folder = data.runs / self.id
        self.failed = False
        self._began = time.monotonic()
        self._content: dict[str, Any] = {
            "id": self.id,
            "verb": verb,
            "pid": os.getpid(),
            "started_at": utc_text(now),
            "finished_at": None,
            "status": "running",
            "seconds": None,
            "error": None,
            "steps": [],
            "sources": {},
        }
        self._write()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a step, and its error if it fails."""
        entry: dict[str, Any] = {"name": name, "status": "running", "seconds": None}
        self._content["steps"].append(entry)
        self._write()
        began = time.monotonic()
        try:
            yield
            entry["status"] = "ok"
        except BaseException:
            entry["status"] = "failed"
            raise
        finally:
            entry["seconds"] = round(time.monotonic() - began, 3)
            self._write()

    def note_reading(self, sources: Iterable[str]) -> None:
        """Remember which sources are about to be read, for whoever finds that this was killed."""
        self.note("reading", sorted(sources))

    def note_sync(self, report: SyncReport) -> None:
        """Remember how each stream was read."""
        sources: dict[str, Any] = {}
        for source in report.sources:
            sources[source.source] = {
                "seconds": round(source.seconds, 3),
                "error": source.error,
                "partial": source.source in report.partial,
                "streams": {},
            }
        for stream in report.streams:
            sources.setdefault(stream.source, {"error": None, "streams": {}})["streams"][
                stream.stream
            ] = {
                "read": stream.mode,
                "records": stream.records,
                "gone": stream.vanished,
                "misfits": stream.misfits,
                "seconds": round(stream.seconds, 3),
                "error": stream.error,
            }
        self._content["sources"] = sources
        self._content["error"] = "\n".join(report.errors) or None
        self._write()

    def note(self, key: str, value: Any) -> None:
        """Remember a result of the run, e.g. the published generation."""
        self._content[key] = value
        self._write()

    def finish(self, error: BaseException | None = None, *, ok: bool = True) -> None:
        """Write how the run ended."""
        if isinstance(error, ChecksBlockedError):
            status = "blocked"
        elif isinstance(error, KeyboardInterrupt):
            status = "stopped"
        else:
            status = "ok" if ok and error is None else "failed"
        if error is not None:
            is_clear = isinstance(error, KesherError)
            self._content["error"] = str(error) if is_clear else type(error).__name__
        self._content.update(
            status=status,
            finished_at=utc_text(datetime.now(UTC)),
            seconds=round(time.monotonic() - self._began, 3),
        )
        self._write()

    def _write(self) -> None:
        write_json(self.folder / "run.json", self._content)


@contextmanager
def recorded_run(data: DataDirectory, verb: str) -> Iterator[RunRecord]:
    """Hold the lock, clean up after killed runs, and record what the body does.

    Raises:
        AnotherRunError: another process is at work in the data directory.
    """
    with data.locked(verb):
        data.remove_leftovers()
        _forget_old_runs(data.runs)
        run = RunRecord(data, verb)
        try:
            yield run
        except BaseException as error:
            run.finish(error)
            raise
        run.finish(ok=not run.failed)


def runs(data: DataDirectory) -> list[dict[str, Any]]:
    """List the recorded runs, oldest first. One that was killed has the status `interrupted`."""
    found = []
    for file in sorted(data.runs.glob("*/run.json")):
        content = read_json(file)
        if isinstance(content, dict):
            found.append(content)
    holder = read_json(data.lock_holder) or {}
    for content in found:
        is_alive = content["pid"] == holder.get("pid") and _is_alive(content["pid"])
        if content["status"] == "running" and not is_alive:
            content["status"] = "interrupted"
    return found


@contextmanager
def killed_syncs(data: DataDirectory) -> Iterator[list[dict[str, Any]]]:
    """Give the runs that were killed while they read sources, each only once if all goes well.

    Call it under the lock. `finished_at` and `seconds` are those of their last sign of life.
    """
    killed = [
        run
        for run in runs(data)
        if run["status"] == "interrupted" and run.get("reading") and not run["sources"]
    ]
    for run in killed:
        began = datetime.fromisoformat(run["started_at"])
        written = [file.stat().st_mtime for file in (data.runs / run["id"]).iterdir()]
        ended = max(began, datetime.fromtimestamp(max(written), UTC))
        run["finished_at"] = utc_text(ended)
        run["seconds"] = round((ended - began).total_seconds(), 3)
    yield killed
    for run in killed:
        write_json(data.runs / run["id"] / "run.json", {**run, "reading": []})


def last_good_syncs(data: DataDirectory) -> dict[str, datetime]:
    """Tell when each source was last read whole and without an error.

    As far as the recorded runs go. A sync of some streams, or of what is newer than a day, does not
    count.
    """
    syncs = {}
    for run in runs(data):
        for source, outcome in run["sources"].items():
            errors = [outcome["error"], *(read["error"] for read in outcome["streams"].values())]
            if not any(errors) and not outcome.get("partial"):
                syncs[source] = datetime.fromisoformat(run["started_at"])
    return syncs


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _forget_old_runs(folder: Path) -> None:
    for old in sorted(folder.glob("*/run.json"))[:-_RUNS_KEPT]:
        shutil.rmtree(old.parent, ignore_errors=True)
