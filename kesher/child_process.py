"""What every child process of the command does first."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path


def die_with_parent() -> None:
    """End this process as soon as its parent is gone, also when that was killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="die-with-parent", daemon=True).start()


def send_output_to(file: Path) -> None:
    """Keep what libraries print off the terminal: this process talks through its pipe."""
    file.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
