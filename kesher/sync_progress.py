"""Shows a sync while it runs: one line a stream, redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType

import orjson
from rich.live import Live
from rich.table import Table

from kesher.sync_report import (
    ReadMode,
    StreamProgress,
    StreamResult,
    SyncEvent,
    SyncReport,
    rate,
)
from kesher.terminal import Terminal

#: Of the column that may be cut short; the others take the rest of a line.
_WIDEST_STATE = 60
_OTHER_COLUMNS = 82

_READ: dict[ReadMode, str] = {
    "incremental": "changes",
    "full": "all",
    "reread": "all again",
    "since": "since a day",
}


class SyncProgress:
    """Draws the events of a sync. A context manager: the drawing ends with it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lines: dict[tuple[str, str], StreamProgress | StreamResult] = {}
        self._live = (
            Live(console=terminal.out, refresh_per_second=8, transient=True)
            if terminal.is_live
            else None
        )

    def __enter__(self) -> SyncProgress:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, event: SyncEvent) -> None:
        """Draw an event."""
        if isinstance(event, StreamProgress | StreamResult):
            self._lines[event.source, event.stream] = event
        if self._live:
            self._live.update(self._drawing())
        elif isinstance(event, StreamResult):
            self._terminal.say(_plain_line(event))

    def _drawing(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column()
        grid.add_column(justify="right")
        grid.add_column()
        for (source, stream), line in sorted(self._lines.items()):
            if isinstance(line, StreamProgress):
                state = f"[cyan]reading, {rate(line.records, line.seconds):,.0f}/s[/cyan]"
            else:
                state = (
                    "[red]failed[/red]" if line.error else f"[green]{line.seconds:.1f} s[/green]"
                )
            grid.add_row(f"{source}.{stream}", f"{line.records:,}", state)
        return grid


def _plain_line(result: StreamResult) -> str:
    outcome = "failed" if result.error else "done"
    gone = f", {result.vanished:,} gone" if result.vanished else ""
    return (
        f"{result.source}.{result.stream}: {outcome}, {result.records:,} records{gone}, "
        f"{result.seconds:.1f} s"
    )


def summary_table(report: SyncReport, width: int) -> Table:
    """Lay out how a sync went, one row a stream, in so many characters a line."""
    state_width = max(8, min(_WIDEST_STATE, width - _OTHER_COLUMNS))
    table = Table(box=None, padding=(0, 2), header_style="bold", pad_edge=False)
    table.add_column("source", no_wrap=True)
    table.add_column("stream", no_wrap=True)
    table.add_column("records", justify="right", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("per second", justify="right", no_wrap=True)
    table.add_column("read", no_wrap=True)
    table.add_column("new state", no_wrap=True)
    for result in sorted(report.streams, key=lambda stream: (stream.source, stream.stream)):
        how = _READ[result.mode]
        if result.vanished:
            how += f", {result.vanished:,} gone"
        if result.misfits:
            how += f", {result.misfits:,} misfit"
        if result.error:
            how = "failed"
        table.add_row(
            result.source,
            result.stream,
            f"{result.records:,}",
            f"{result.seconds:.1f}",
            f"{result.rate:,.0f}",
            how,
            _short(orjson.dumps(result.state).decode(), state_width) if result.state else "-",
        )
    return table


def plan_table(report: SyncReport, width: int) -> Table:
    """Lay out how streams would be read, one row a stream, in so many characters a line."""
    table = Table(box=None, padding=(0, 2), header_style="bold", pad_edge=False)
    for column in ("source", "stream", "would read", "from"):
        table.add_column(column, no_wrap=True)
    for plan in sorted(report.plans, key=lambda plan: (plan.source, plan.stream)):
        state = orjson.dumps(plan.state).decode() if plan.state else "the beginning"
        if plan.mode == "since":
            state = "that day"
        table.add_row(
            plan.source,
            plan.stream,
            _READ[plan.mode],
            _short(state, max(8, min(_WIDEST_STATE, width - _OTHER_COLUMNS))),
        )
    return table


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
