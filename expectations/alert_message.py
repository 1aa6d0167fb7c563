"""What an alert says: as text, as a Slack message and as a webhook's JSON.

Examples are masked here, before any channel sees them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expectations.masking import mask
from expectations.report import CheckResult

_EXAMPLES_SHOWN = 5
_LINES_SHOWN = 25
_EXAMPLE_LENGTH = 200

# Slack refuses a message with longer parts.
_SLACK_SECTION = 3000
_SLACK_HEADER = 150


@dataclass(frozen=True, slots=True)
class Alert:
    """What changed since a channel was last told.

    Attributes:
        started: Checks that fail and of which the channel does not know, critical ones first.
        recovered: Checks that the channel believes to fail and which pass.
        still_failing: Number of failing checks of which the channel knows already.
        blocks: Whether publishing is blocked now.
        checked_at: When the checks ran.
    """

    started: tuple[CheckResult, ...]
    recovered: tuple[CheckResult, ...]
    still_failing: int
    blocks: bool
    checked_at: datetime

    @property
    def subject(self) -> str:
        """One line that says what happened."""
        parts = []
        if self.started:
            critical = sum(result.severity == "critical" for result in self.started)
            kinds = f" ({critical} critical)" if critical else ""
            parts.append(f"{_checks(len(self.started))} started to fail{kinds}")
        if self.recovered:
            parts.append(f"{_checks(len(self.recovered))} recovered")
        return f"Kesher: {', '.join(parts)}"

    @property
    def state(self) -> str:
        """One sentence on what this means for those who use the data."""
        if self.blocks:
            return "Publishing is blocked: the last good customer table stays up."
        return "Nothing blocks publishing."

    @property
    def footer(self) -> str:
        """When it was checked, and what else is known to fail."""
        known = f" {_checks(self.still_failing)} told before still failing." * bool(
            self.still_failing
        )
        return f"Checked {self.checked_at:%Y-%m-%d %H:%M} UTC.{known}"


def as_text(alert: Alert) -> str:
    """Write the alert as plain text, for e-mail."""
    lines = [alert.state, ""]
    for heading, results, failing in _sections(alert):
        lines += [f"{heading}:"]
        lines += [f"- {_line(result, failing)}" for result in results[:_LINES_SHOWN]]
        lines += [*_left_out(results), ""]
    return "\n".join([*lines, alert.footer, ""])


def as_slack(alert: Alert) -> dict[str, Any]:
    """Write the alert as the body of a Slack incoming webhook (Block Kit, with a fallback)."""
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": alert.subject[:_SLACK_HEADER], "emoji": False},
        },
        _mrkdwn_section(_slack_escaped(alert.state)),
    ]
    for heading, results, failing in _sections(alert):
        lines = [f"*{heading}*"]
        lines += [f"• {_slack_line(result, failing)}" for result in results[:_LINES_SHOWN]]
        blocks += [_mrkdwn_section(part) for part in _packed([*lines, *_left_out(results)])]
    footer = {"type": "mrkdwn", "text": alert.footer}
    blocks.append({"type": "context", "elements": [footer]})
    return {"text": _slack_escaped(f"{alert.subject}. {alert.state}"), "blocks": blocks}


def as_webhook(alert: Alert) -> dict[str, Any]:
    """Write the alert as data, for programs."""
    return {
        "event": "quality_checks_changed",
        "version": 1,
        "checked_at": alert.checked_at.isoformat(),
        "summary": alert.subject,
        "publishing_blocked": alert.blocks,
        "started": [_as_data(result) for result in alert.started],
        "recovered": [_as_data(result) for result in alert.recovered],
        "still_failing": alert.still_failing,
    }


def _as_data(result: CheckResult) -> Mapping[str, Any]:
    return {
        "check_id": result.check_id,
        "mart": result.mart,
        "column": result.column,
        "title": mask(result.title),
        "severity": result.severity,
        "checked_rows": result.checked_rows,
        "failed_rows": result.failed_rows,
        "examples": [_masked(example) for example in result.examples],
    }


def _sections(alert: Alert) -> Iterable[tuple[str, Sequence[CheckResult], bool]]:
    if alert.started:
        yield "Started to fail", alert.started, True
    if alert.recovered:
        yield "Recovered", alert.recovered, False


def _left_out(results: Sequence[CheckResult]) -> list[str]:
    more = len(results) - _LINES_SHOWN
    return [f"… and {_checks(more)} more; `kesher check` lists them all."] if more > 0 else []


def _line(result: CheckResult, failing: bool) -> str:
    examples = ", ".join(_shown(result))
    return f"{_what(result, failing)}{f', e.g. {examples}' if failing and examples else ''}"


def _slack_line(result: CheckResult, failing: bool) -> str:
    # As code, because a masked address would otherwise turn bold between its stars.
    examples = ", ".join(
        f"`{_slack_escaped(example).replace('`', chr(39))}`" for example in _shown(result)
    )
    what = _slack_escaped(_what(result, failing))
    return f"{what}{f', e.g. {examples}' if failing and examples else ''}"


def _what(result: CheckResult, failing: bool) -> str:
    title = _one_line(mask(result.title))
    if not failing:
        return f"{title} ({result.check_id})"
    counts = ""
    if result.failed_rows:
        counts = f": not so for {result.failed_rows:,} (of {result.checked_rows:,} rows checked)"
    return f"[{result.severity}] {title}{counts} ({result.check_id})"


def _shown(result: CheckResult) -> list[str]:
    return [_isolated(_masked(example)) for example in result.examples[:_EXAMPLES_SHOWN]]


def _masked(example: str) -> str:
    short = example[:_EXAMPLE_LENGTH]
    return mask(short) if short == example else f"{mask(short)}…"


def _checks(count: int) -> str:
    return f"{count} check" if count == 1 else f"{count} checks"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _isolated(text: str) -> str:
    """Keep Hebrew or Arabic from reordering the English line that it stands in."""
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text):
        return f"\u2068{_one_line(text)}\u2069"
    return _one_line(text)


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mrkdwn_section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _packed(lines: Iterable[str]) -> list[str]:
    """Join lines into as few texts as Slack's limit allows."""
    parts: list[str] = []
    for line in lines:
        short = line[:_SLACK_SECTION]
        if parts and len(parts[-1]) + 1 + len(short) <= _SLACK_SECTION:
            parts[-1] += f"\n{short}"
        else:
            parts.append(short)
    return parts
