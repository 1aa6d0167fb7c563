"""`kesher dashboard`: serves the published marts in the browser."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO

from kesher.config_schema import DashboardConfig
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.serving import published_file, serving_problem
from kesher.terminal import Terminal

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"
_START_SECONDS = 60.0


def serve_dashboard(data: DataDirectory, terminal: Terminal, settings: DashboardConfig) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        KesherError: nothing is published yet, the port is taken, or the server does not start.
    """
    if published_file(data) is None:
        raise KesherError(
            serving_problem(data)
            or f"Nothing is published in {data.serving} yet: run kesher run, or kesher demo for "
            "synthetic customers."
        )
    port = settings.port or _free_port(settings.host)
    _require_free(settings.host, port)
    address = _address(settings.host, port)
    with (
        _open_log(data) as output,
        _child(_command(settings.host, port), data, settings, output) as child,
    ):
        log = Path(output.name)
        try:
            _wait_until_it_answers(child, address, log)
            terminal.say(f"Dashboard: {address}  (Ctrl-C ends it)")
            child.wait()
        except KeyboardInterrupt:
            terminal.say("Dashboard ended.")
            return
    raise KesherError(f"The dashboard ended by itself (exit code {child.returncode}): see {log}")


def _open_log(data: DataDirectory) -> IO[bytes]:
    """Open the server's log; not in the data directory if nothing can be written there."""
    try:
        data.runs.mkdir(parents=True, exist_ok=True)
        return (data.runs / "dashboard.log").open("wb")
    except OSError:
        return tempfile.NamedTemporaryFile(prefix="kesher-dashboard-", suffix=".log", delete=False)


def _command(host: str, port: int) -> list[str]:
    options = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "browser.serverAddress": host,
        "global.developmentMode": "false",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *flags]


@contextlib.contextmanager
def _child(
    command: list[str], data: DataDirectory, settings: DashboardConfig, output: object
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server as a child that ends with this process."""
    environment = {
        **os.environ,
        "KESHER_SERVING": str(data.serving),
        "KESHER_LANGUAGE": settings.language,
        "PYTHONPATH": os.pathsep.join(
            part for part in (str(APP.parent.parent), os.environ.get("PYTHONPATH")) if part
        ),
    }

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if in_main_thread else None
    # A guardian closes the gap that SIGKILL leaves: it ends the server when our end of its
    # standard input closes, which happens however this process dies.
    guarded = [sys.executable, "-c", _GUARDIAN, *command]
    child = subprocess.Popen(  # noqa: S603 - our own command
        guarded,
        stdin=subprocess.PIPE,
        stdout=output,  # type: ignore[call-overload]
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        if child.stdin:
            child.stdin.close()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if in_main_thread:
            signal.signal(signal.SIGTERM, before)


_GUARDIAN = """
import os, subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end_with_parent():
    os.read(0, 1)
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
threading.Thread(target=end_with_parent, daemon=True).start()
sys.exit(server.wait())
"""


def _address(host: str, port: int) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - every address of this machine
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise KesherError(
                f"The dashboard can't listen on {host}:{port}: {error.strerror or error}. Choose "
                "another port: kesher dashboard --port 8502 (0 takes any free one)."
            ) from error


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            raise KesherError(
                f"The dashboard can't listen on {host}: {error.strerror or error}. Give --host an "
                "address of this machine, such as 127.0.0.1."
            ) from error
        return int(probe.getsockname()[1])


def _wait_until_it_answers(child: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise KesherError(
        f"The dashboard did not start: {lines[-1] if lines else 'it said nothing'}. See {log}"
    )
