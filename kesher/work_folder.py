"""A folder for a command's temporary files that goes with the command, however that ends."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from kesher.errors import ConfigError

_PREFIX = "kesher-work-"
_LOCK = "in-use"
_SECONDS_TO_LOCK = 600


@contextlib.contextmanager
def work_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder, and remove it at the end, at Ctrl-C and when asked to terminate too.

    What a killed process left behind goes when the next one starts.

    Args:
        parent: Where; the system's folder for temporary files (`TMPDIR`) by default.

    Raises:
        ConfigError: nothing can be written there.
    """
    from filelock import FileLock

    place = Path(tempfile.gettempdir()) if parent is None else parent
    if "?" in str(place.absolute()):
        # DuckDB takes what follows for options, as in a URL.
        raise ConfigError([f"Temporary files can't be in {place}: its name has a question mark."])
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    except OSError as error:
        raise ConfigError(
            [f"No temporary folder can be made in {place}: {error.strerror or error}."]
        ) from error
    try:
        with FileLock(folder / _LOCK), _termination_raises():
            _remove_abandoned(place)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(place: Path) -> None:
    from filelock import FileLock, Timeout

    for folder in place.glob(f"{_PREFIX}*"):
        lock = folder / _LOCK
        with contextlib.suppress(OSError, Timeout):
            # One that has just been made may not have its lock yet.
            if time.time() - folder.stat().st_mtime > _SECONDS_TO_LOCK and lock.exists():
                with FileLock(lock, timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _termination_raises() -> Iterator[None]:
    """Let SIGTERM unwind the stack, so that nothing is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
