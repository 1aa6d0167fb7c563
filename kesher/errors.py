"""The errors that the command tells its user, each with the exit code it ends with."""

from __future__ import annotations

import errno
from pathlib import Path

#: Exit codes of the command, with what they mean; `kesher --help` prints this table.
EXIT_CODES: dict[int, str] = {
    0: "everything asked for was done",
    1: "something failed: a source, a build, the disk; the message says which",
    2: "the command line or kesher.yml is wrong; nothing was started",
    3: "a critical check failed, nothing was published; the last good generation stays up",
    4: "another kesher is at work in the same data directory",
    130: "stopped by Ctrl-C; what was finished before stays, the next run goes on from there",
}


class KesherError(Exception):
    """Something failed and the message says what, where, and what to do about it."""

    exit_code = 1


class ConfigError(KesherError):
    """The configuration can't be used; one line for each problem."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ChecksBlockedError(KesherError):
    """Critical checks failed, or have not been run for this build, so nothing is published."""

    exit_code = 3


class AnotherRunError(KesherError):
    """The data directory is locked by another process."""

    exit_code = 4


_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def disk_full_error(error: BaseException, place: str | Path) -> KesherError | None:
    """Return a clear error if `error` says that a disk is full, else None.

    Args:
        error: What was raised by the standard library, pyarrow or DuckDB.
        place: What was being written, for the message.
    """
    text = str(error).lower()
    is_full = (isinstance(error, OSError) and error.errno in _DISK_FULL) or any(
        words in text
        for words in ("no space left on device", "disk quota exceeded", "file too large")
    )
    if not is_full:
        return None
    return KesherError(
        f"No room left on the disk while writing {place}. Nothing half-written was kept. "
        "Free some space, or move data_dir to a larger disk, and run the same command again."
    )
