"""The data directory: where everything that Kesher writes lies, and the lock over it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kesher.errors import AnotherRunError, KesherError


@dataclass(frozen=True)
class DataDirectory:
    """The paths inside one data directory. Making one touches nothing on disk."""

    root: Path

    @property
    def lake(self) -> Path:
        """Raw records: `<source>/<stream>/*.parquet`."""
        return self.root / "lake"

    @property
    def state(self) -> Path:
        """How far each source has been read: `<source>.json`."""
        return self.root / "state"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds. Disposable: it can be built again from the lake."""
        return self.root / "warehouse.duckdb"

    @property
    def serving(self) -> Path:
        """The published generations, and `current.json`, which names the one to read."""
        return self.root / "serving"

    @property
    def pointer(self) -> Path:
        """The file that names the published generation."""
        return self.serving / "current.json"

    @property
    def sandbox(self) -> Path:
        """The synthetic vendors' database."""
        return self.root / "sandbox"

    @property
    def sandbox_note(self) -> Path:
        """Says how many people the sandbox was made with, and of which seed."""
        return self.root / "sandbox.json"

    @property
    def runs(self) -> Path:
        """One directory a run: `run.json` and the logs."""
        return self.root / "runs"

    @property
    def checks(self) -> Path:
        """What the last checks found, and what of it was already told."""
        return self.root / "checks"

    @property
    def decisions(self) -> Path:
        """What stewards decided, unless `kesher.yml` names another store."""
        return self.root / "decisions.sqlite"

    @property
    def dbt(self) -> Path:
        """What dbt compiles and remembers between builds, and the record of the last build."""
        return self.root / "dbt"

    @property
    def origin(self) -> Path:
        """Says whether the lake was filled from the sandbox or from real accounts."""
        return self.state / "origin.json"

    @property
    def lock(self) -> Path:
        """Held by whoever writes; beside it a file tells who that is."""
        return self.root / "kesher.lock"

    @property
    def lock_holder(self) -> Path:
        """Tells who holds the lock: process id, verb, since when."""
        return self.root / "kesher.lock.holder"

    def remove_leftovers(self) -> int:
        """Remove `.tmp` files that killed processes left behind. Call only under the lock.

        Returns:
            How many files were removed.
        """
        removed = 0
        for folder in (self.lake, self.state, self.serving, self.checks, self.runs, self.dbt):
            for pattern in ("*.tmp", "*.tmp.wal"):
                for leftover in folder.rglob(pattern):
                    if leftover.is_file():
                        leftover.unlink()
                        removed += 1
        # DuckDB's own spill files, left by a killed build.
        shutil.rmtree(self.root / f"{self.warehouse.name}.tmp", ignore_errors=True)
        return removed

    @contextlib.contextmanager
    def locked(self, verb: str) -> Iterator[None]:
        """Hold the data directory for one writer.

        Raises:
            AnotherRunError: at once, if another process holds it; names its pid and start.
            KesherError: the directory can't be made or written.
        """
        from filelock import FileLock, Timeout

        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KesherError(
                f"Can't make the data directory {self.root}: {error.strerror or error}. "
                "Choose another one with --data-dir."
            ) from error
        lock = FileLock(self.lock)
        try:
            # Not zero: `is_locked` of another process may hold it for a blink.
            lock.acquire(timeout=0.5, poll_interval=0.05)
        except Timeout:
            raise AnotherRunError(self._holder_line()) from None
        except OSError as error:
            raise KesherError(
                f"Can't write in the data directory {self.root}: {error.strerror or error}."
            ) from error
        try:
            write_json(
                self.lock_holder,
                {"pid": os.getpid(), "verb": verb, "since": utc_text(datetime.now(UTC))},
            )
            yield
        finally:
            self.lock_holder.unlink(missing_ok=True)
            lock.release()

    def is_locked(self) -> bool:
        """Tell whether another process is writing here now, without disturbing it."""
        if not self.lock.exists():
            return False
        from filelock import FileLock, Timeout

        lock = FileLock(self.lock)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            # It can't be opened for writing, by nobody else either.
            return False
        lock.release()
        return False

    def _holder_line(self) -> str:
        holder = read_json(self.lock_holder)
        who = (
            f"kesher {holder['verb']} (process {holder['pid']}) has been at work since "
            f"{holder['since']}"
            if isinstance(holder, dict) and {"verb", "pid", "since"} <= holder.keys()
            else "Another kesher is at work"
        )
        return f"{who} in {self.root}; wait for it to end, or use another --data-dir."


def utc_text(moment: datetime) -> str:
    """Write a moment as `2026-06-30T12:00:00Z`, in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_file(path: Path, content: bytes) -> None:
    """Replace a file so that readers see the old content or the new one, also after a crash.

    Raises:
        KesherError: the disk is full.
        OSError: the file can't be written for another reason.
    """
    from kesher.errors import disk_full_error

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        full = disk_full_error(error, path)
        if full:
            raise full from error
        raise


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step; see `write_file`."""
    import orjson

    write_file(path, orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_json(path: Path) -> Any | None:
    """Read a JSON file that `write_json` wrote; None if there is none or it can't be parsed."""
    import orjson

    try:
        return orjson.loads(path.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
