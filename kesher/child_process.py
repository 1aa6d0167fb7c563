"""The processes which the command starts for work that should not be done in its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext
    from multiprocessing.process import BaseProcess

Result = TypeVar("Result")

#: In bytes; what multiprocessing adds and the end of a text fit into 104 with it.
_LONGEST_TEMPORARY_FOLDER = 60


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
    with _interrupts_held_back() if imported else contextlib.nullcontext():
        process.start()
    theirs.close()
    # Not as the process's own arguments: multiprocessing would wait for ever for a process that
    # dies before it has read them. That it died shows when something is to be received.
    with contextlib.suppress(OSError):
        ours.send((work, arguments, dict(os.environ)))
    return process, ours


def _context(imported: Sequence[str]) -> ForkServerContext | SpawnContext:
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    # The name of its socket has to fit into what the system gives such names.
    has_room = len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_TEMPORARY_FOLDER
    if not (imported and can_fork and has_room):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(imported))
    return context


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let Ctrl-C wait, and never reach the processes that are started inside.

    The parent answers it and ends them; one that is at its imports would only print where it was.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Where it has to be started first, it lets interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
    try:
        work, arguments, environment = connection.recv()
    except EOFError:
        # The parent ended before it said what to do.
        return
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
