"""What `kesher doctor` and `kesher sync --check` find."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from kesher.terminal import Terminal


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` says what to do if it is not well."""

    what: str
    found: str
    ok: bool = True
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)


def report(findings: Iterable[Finding], terminal: Terminal) -> bool:
    """Print findings as they come; return whether all is well."""
    all_well = True
    for finding in findings:
        sign, style = ("✓", "green") if finding.ok else ("✗", "bold red")
        terminal.out.print(sign, style=style, end=" ", markup=False)
        advice = f": {finding.advice}" if finding.advice and not finding.ok else ""
        terminal.say(f"{finding.what:<14} {finding.found}{advice}")
        all_well = all_well and finding.ok
    return all_well
