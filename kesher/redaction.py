"""Keeping secrets out of everything that is printed or written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.secret_forms import base64_cores, written_forms

#: Shorter values would blank out ordinary words.
_SHORTEST = 6

#: What may be base64, of either alphabet.
_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{7,}={0,2}")


class Redactor:
    """Replaces known secret values in text by `***`, also where they are quoted or in base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= _SHORTEST}
        self._forms = _any_of({form for secret in known for form in written_forms(secret)})
        self._cores = _any_of({core for secret in known for core in base64_cores(secret)})

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        if self._forms is None or self._cores is None:
            return text
        cores = self._cores
        text = self._forms.sub("***", text)
        # The whole of it goes: what stands beside the secret tells the secret's first letter.
        return _TOKEN.sub(lambda token: "***" if cores.search(token[0]) else token[0], text)


def _any_of(texts: set[str]) -> re.Pattern[str] | None:
    # The longest first, so that a secret that contains another one goes as a whole.
    ordered = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None
