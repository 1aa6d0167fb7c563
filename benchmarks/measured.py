"""Runs a command as a user would and measures it from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Attributes:
        seconds: From its start to its end, the start of Python included.
        cpu_seconds: Of all cores together, of it and its children.
        peak_mib: The most memory that it and its children held at one time.
        output: What it printed.
        log: What it said beside.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    output: str
    log: str


def run(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        environment: Variables besides those of this process.

    Raises:
        SystemExit: it failed; the message is what it printed.
    """
    print(f"  {' '.join(_short(part) for part in command)} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
        )
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        peak, cpu = watch.stop()
        output.seek(0)
        log.seek(0)
        printed, said = (file.read().decode(errors="replace") for file in (output, log))
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed ({process.returncode}):\n{printed}{said}")
    if not peak:  # no Linux: the kernel's figure for the largest single process
        peak = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    # The kernel counts each process that its parent waited for, and no other; the watch misses
    # what each did after it looked last.
    cpu = max(cpu, usage.ru_utime + usage.ru_stime)
    return Measured(seconds, cpu, peak, printed, said)


class _Watch:
    """Looks every 50 ms at what a process and its descendants hold and did (on Linux)."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._peak = 0.0
        self._cpu: dict[int, float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(_EVERY_SECONDS):
            family = _family(self._process)
            memory = [_memory_mib(process) for process in family]
            together = sum(now for now, _ in memory)
            # What one process held between two looks is not lost: it keeps its own peak.
            self._peak = max([self._peak, together, *(highest for _, highest in memory)])
            for process in family:
                self._cpu[process] = max(self._cpu.get(process, 0.0), _cpu_seconds(process))

    def stop(self) -> tuple[float, float]:
        """Return the peak of their memory, in MiB, and their time on all cores, in seconds."""
        self._end.set()
        self._thread.join()
        return self._peak, sum(self._cpu.values())


def _family(process: int) -> list[int]:
    """Return a process and its descendants; nothing if it has ended or this is no Linux."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []
    return [process, *(each for child in children for each in _family(child))]


def _memory_mib(process: int) -> tuple[float, float]:
    """Return what a process holds now and the most it ever held, in MiB."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0  # it has just ended
    kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    now, highest = (int(kilobytes.get(name, 0)) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, highest


def _cpu_seconds(process: int) -> float:
    """Return how long a process itself was at work."""
    try:
        # After the name, which may hold anything: state, parent ..., user time, system time.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0  # it has just ended
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _short(part: str) -> str:
    return Path(part).name if part.startswith("/") else part
