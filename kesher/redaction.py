"""Keeping secrets out of everything that is printed or written."""

from __future__ import annotations

from collections.abc import Iterable

#: Shorter values would blank out ordinary words.
_SHORTEST = 6


class Redactor:
    """Replaces known secret values in text by `***`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first, so that a secret that contains another one goes as a whole.
        self._secrets = sorted(
            {secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True
        )

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text
