"""Standard output and error that may go nowhere: closed, into `head`, or onto a full disk.

What a command does must not depend on whether anybody reads what it prints: a sync whose output
goes into `head -1` is read to its end all the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TextIO, cast


class _Output:
    """A stream that goes on when it can't be written, into nothing.

    Attributes:
        fault: Why it could not be written; None if it could, or if nobody wanted to read on.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.fault: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._give_up(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _give_up(self, error: OSError) -> None:
        if not isinstance(error, BrokenPipeError):
            self.fault = self.fault or error
        # What still stands in buffers goes there too, here or when the process ends.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._stream.fileno())
        os.close(nothing)


@contextmanager
def lasting_output() -> Iterator[None]:
    """Let what is printed inside go nowhere where it can't be written, instead of failing.

    Raises:
        SystemExit: with 1 and a line on standard error at the end, if the command ends with 0
            but its output could not be written; that nobody reads on is no fault.
    """
    before = sys.stdout, sys.stderr
    out, errors = _output(1, before[0]), _output(2, before[1])
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, errors)
    try:
        try:
            yield
        except SystemExit as end:
            _flush_or_fail(out, end.code)
            raise
        _flush_or_fail(out, 0)
    finally:
        errors.flush()
        sys.stdout, sys.stderr = before


def _flush_or_fail(out: _Output, code: Any) -> None:
    out.flush()
    if out.fault is not None and not code:
        sys.stderr.write(f"error: the output could not be written: {out.fault.strerror}\n")
        raise SystemExit(1) from out.fault


def _output(number: int, stream: IO[str] | None) -> _Output:
    """Return the stream; one into nothing in the place of one that was closed from the start.

    Its number is taken too: else the next file that is opened would get it, and what a library
    prints would go into that file.
    """
    if stream is not None:
        return _Output(stream)
    nothing = os.open(os.devnull, os.O_WRONLY)
    if nothing == number:
        # For the processes that are started, too.
        os.set_inheritable(number, True)
    elif not _is_open(number):
        os.dup2(nothing, number)
    stream = os.fdopen(nothing, "w", encoding="utf-8")
    # Libraries write there too, airbyte-cdk at the very end.
    vars(sys)["__stdout__" if number == 1 else "__stderr__"] = stream
    return _Output(stream)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
