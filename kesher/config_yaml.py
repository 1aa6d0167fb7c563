"""Reads `kesher.yml` as YAML; every mistake is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kesher.config_problems import kind_of
from kesher.errors import ConfigError


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake; plain YAML keeps the last silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key} stands twice", problem_mark=key_node.start_mark
                )
            if isinstance(key, str):
                seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_yaml(file: Path) -> dict[str, Any]:
    """Read a file that holds keys and values; an empty one has none.

    Raises:
        ConfigError: it can't be read, is not YAML, or holds something else.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            [f"{file}: there is no such file; kesher init writes one to start from"]
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            [f"{file}: found a byte that is not UTF-8 at position {error.start}; expected UTF-8"]
        ) from None
    except OSError as error:
        raise ConfigError([f"{file}: can't be read: {error.strerror or error}"]) from None
    try:
        raw = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError([f"{file}{_yaml_problem(error, text)}"]) from None
    except ValueError as error:
        # What looks like a date but is none, e.g. 2024-13-01.
        raise ConfigError([f"{file}: found a value that can't be: {error}"]) from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigError(
            [f"{file}: found {kind_of(raw)}; expected keys such as sources: and data_dir:"]
        )
    return raw


def _yaml_problem(error: yaml.YAMLError, text: str) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f": is not YAML: {str(error).splitlines()[0]}"
    mark = error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    hint = (
        '; inside { } write it in quotes: "${NAME}"'
        if "${" in line and "{" in line.replace("${", "")
        else ""
    )
    return (
        f": line {mark.line + 1}, column {mark.column + 1}: {error.problem or 'is not YAML'}{hint}"
    )
