"""Environment variables in `kesher.yml`: `${NAME}` stands for the value of NAME."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ENV_NAME = re.compile(r"\$\{([^}]*)\}")
_VALID_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Expansion:
    """Replaces `${NAME}` by environment variables and remembers where.

    Attributes:
        expanded: Where a `${` stood.
        missing: Where a variable is wanted that is not set or empty: path, its name, which of both.
        malformed: Where a `${...}` names no variable.
        values: Whatever came from the environment; it may be secret.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.expanded: set[tuple[Any, ...]] = set()
        self.missing: list[tuple[tuple[Any, ...], str, str]] = []
        self.malformed: list[tuple[Any, ...]] = []
        self.values: set[str] = set()

    def expand(self, value: Any, path: tuple[Any, ...]) -> Any:
        """Return the value at a path with every variable in it replaced that is set."""
        if isinstance(value, dict):
            return {key: self.expand(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.expand(item, (*path, position)) for position, item in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._expand_text(value, path)
        return value

    def _expand_text(self, text: str, path: tuple[Any, ...]) -> str:
        self.expanded.add(path)

        def replacement(match: re.Match[str]) -> str:
            name = match[1].strip()
            if not _VALID_ENV_NAME.match(name):
                self.malformed.append(path)
                return match[0]
            if name not in self._environment:
                self.missing.append((path, name, "not set"))
                return match[0]
            if not self._environment[name].strip():
                self.missing.append((path, name, "empty"))
                return match[0]
            self.values.add(self._environment[name])
            return self._environment[name]

        return _ENV_NAME.sub(replacement, text)
