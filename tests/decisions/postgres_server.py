"""A real Postgres for a test session, where the machine has one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _program(name: str) -> str | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (str(folder / name) for folder in folders if (folder / name).exists()), shutil.which(name)
    )


def has_postgres() -> bool:
    """Whether a server can be started here."""
    return _program("initdb") is not None and _program("pg_ctl") is not None


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server of its own; yield its URL, without a database's name."""
    # Not among pytest's folders: another session closes their parent to all but its own user.
    with (
        tempfile.TemporaryDirectory(prefix="kesher-postgres-") as folder,
        _running_in(Path(folder)) as url,
    ):
        yield url


@contextmanager
def _running_in(folder: Path) -> Iterator[str]:
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    assert initdb
    assert pg_ctl
    # The server refuses to run as root.
    user: int | None = None
    if os.geteuid() == 0:
        user = 65534
        os.chown(folder, user, -1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = folder / "cluster"

    def run(*arguments: str) -> None:
        done = subprocess.run(
            arguments, user=user, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run(initdb, "-D", str(cluster), "-U", "steward", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    log = str(folder / "log")
    run(pg_ctl, "-D", str(cluster), "-w", "-l", log, "-o", options, "start")
    try:
        yield f"postgresql://steward:not-a-secret@127.0.0.1:{port}"
    finally:
        run(pg_ctl, "-D", str(cluster), "-w", "-m", "immediate", "stop")
