"""The processes which the command starts for work that should not be done in its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext
    from multiprocessing.process import BaseProcess

Result = TypeVar("Result")


class ChildError(Exception):
    """The work in a process of its own failed, or the process died. The message is one line."""


def start_child(
    work: Callable[..., None],
    arguments: tuple[Any, ...],
    name: str,
    *,
    imported: Sequence[str] = (),
) -> tuple[BaseProcess, Connection]:
    """Start a process that does some work and dies with its parent, however that ends.

    Args:
        work: A module's function. It gets the arguments and, last, its end of the connection.
        arguments: Any data that can be pickled, of any size.
        name: Of the process.
        imported: Modules that take long to import, and start no thread: where processes can be
            forked, they are imported once for all that are started with them.

    Returns:
        The process, and the connection on which it sends. If it dies, receiving raises EOFError
        or OSError.
    """
    context = _context(imported)
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(theirs,), name=name, daemon=True)
    process.start()
    theirs.close()
    # Not as the process's own arguments: multiprocessing would wait for ever for a process that
    # dies before it has read them. That it died shows when something is to be received.
    with contextlib.suppress(OSError):
        ours.send((work, arguments, dict(os.environ)))
    return process, ours


def _context(imported: Sequence[str]) -> ForkServerContext | SpawnContext:
    if not imported or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(imported))
    return context


def run_apart(
    work: Callable[..., Result], arguments: tuple[Any, ...], *, name: str, log: Path
) -> Result:
    """Return what a function returns, after running it in a process of its own.

    Args:
        work: A module's function.
        arguments: What to call it with.
        name: Of the process.
        log: Takes what is printed there, tracebacks too.

    Raises:
        ChildError: the function raised something, or its process died.
    """
    process, connection = start_child(_answer, (work, arguments, log), name)
    try:
        result: Result
        result, error = connection.recv()
        process.join(timeout=10)
    except (EOFError, OSError):
        process.join()
        error = f"its process ended unexpectedly (exit code {process.exitcode})"
    finally:
        process.kill()
        process.join()
        connection.close()
    if error is not None:
        raise ChildError(error)
    return result


def send_output_to(file: Path) -> None:
    """Keep what libraries print off the terminal: this process talks through its pipe."""
    file.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _main(connection: Connection) -> None:
    _die_with_parent()
    work, arguments, environment = connection.recv()
    # A forked process has the environment in which the first one was started.
    os.environ.clear()
    os.environ.update(environment)
    work(*arguments, connection)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="die-with-parent", daemon=True).start()


def _answer(
    work: Callable[..., Any], arguments: tuple[Any, ...], log: Path, connection: Connection
) -> None:
    send_output_to(log)
    try:
        connection.send((work(*arguments), None))
    except Exception as error:
        traceback.print_exc()
        connection.send((None, " ".join(f"{type(error).__name__}: {error}".split())))
    connection.close()
