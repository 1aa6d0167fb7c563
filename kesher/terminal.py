"""What the command prints: results to standard output, errors to standard error."""

from __future__ import annotations

import sys
from typing import IO

from rich.console import Console
from rich.table import Table

#: Wide enough for a summary table in a log file; a terminal has its own width.
_PLAIN_WIDTH = 160


class Terminal:
    """Prints lines and tables, in colour on a terminal and plain elsewhere."""

    def __init__(self, *, verbose: bool = False, json_follows: bool = False) -> None:
        """Open it.

        Args:
            verbose: Print details too.
            json_follows: Leave standard output to JSON for other programs.
        """
        self.verbose = verbose
        self.out = _console(sys.stderr if json_follows else sys.stdout)
        self._errors = _console(sys.stderr)

    @property
    def is_live(self) -> bool:
        """Tell whether lines can be drawn over."""
        return self.out.is_terminal

    def say(self, line: str) -> None:
        """Print a line."""
        self.out.print(line, markup=False, highlight=False, soft_wrap=True)

    def detail(self, line: str) -> None:
        """Print a line that only `--verbose` shows."""
        if self.verbose:
            self.out.print(line, markup=False, highlight=False, soft_wrap=True, style="dim")

    def step(self, name: str, line: str) -> None:
        """Print how a step of a run ended."""
        self.out.print(f"{name:<9}", end="", style="bold", markup=False, highlight=False)
        self.say(line)

    def error(self, message: str) -> None:
        """Print what went wrong, on standard error."""
        for line in message.splitlines() or [""]:
            self._errors.print("error: ", end="", style="bold red", markup=False)
            self._errors.print(line, markup=False, highlight=False, soft_wrap=True)

    def warning(self, message: str) -> None:
        """Print what may surprise, on standard error."""
        self._errors.print("note: ", end="", style="bold yellow", markup=False)
        self._errors.print(message, markup=False, highlight=False, soft_wrap=True)

    def table(self, table: Table) -> None:
        """Print a table."""
        self.out.print(table)


def _console(stream: IO[str]) -> Console:
    is_terminal = stream.isatty()
    # Without emoji, which it makes even of a record such as a:b:1.
    return Console(file=stream, width=None if is_terminal else _PLAIN_WIDTH, emoji=False)
