"""What someone may have meant who wrote a name that there is not. Imports nothing heavy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Names the nearest of the known names, to stand behind a message; empty if none is near."""
    close = difflib.get_close_matches(found.lower(), list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def expected_one_of(found: str, known: list[str]) -> str:
    """Lists what is expected, and the nearest to what was found."""
    return f"expected one of {', '.join(known)}{did_you_mean(found, known)}"
