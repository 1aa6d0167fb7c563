"""The server as a child process that never outlives its parent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import SandboxError
from .fault_plan import FaultPlan
from .store import open_store


@contextmanager
def running(directory: Path, port: int = 0, faults: FaultPlan | None = None) -> Iterator[str]:
    """Serve a directory's sandbox in a child process; gives its base URL, and stops it at the end.

    The child holds the other end of a pipe and leaves when it closes, so it dies even if this
    process is killed. What `faults` says goes wrong.
    Raises SandboxError if there is no sandbox or the port is taken.
    """
    open_store(directory, read_only=True).close()  # a clear error here rather than in the child
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH", ""))))
    command = [
        *(sys.executable, "-m", "connectors.sandbox", "serve", "--lifeline"),
        *("--directory", str(Path(directory).absolute()), "--port", str(port)),
        *(("--faults", faults.as_json()) if faults else ()),
    ]
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )
    assert child.stdin and child.stdout and child.stderr  # noqa: S101 - all three are pipes
    try:
        line = child.stdout.readline()
        if not line.startswith("http://"):
            complaint = child.stderr.read().strip().splitlines() or ["it ended without a word"]
            raise SandboxError(f"The sandbox did not start: {complaint[-1]}")
        yield line.strip()
    finally:
        child.stdin.close()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()
        child.stderr.close()
