"""The published generations: which one is current, and where its file is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kesher.data_directory import DataDirectory, read_json


def pointer(data: DataDirectory) -> dict[str, Any] | None:
    """Read what `serving/current.json` says; None before the first publish."""
    content = read_json(data.pointer)
    return content if isinstance(content, dict) and "file" in content else None


def serving_problem(data: DataDirectory) -> str | None:
    """Say why what is published can't be read and what to do, or None. Does not open the file."""
    current = pointer(data)
    if current is None:
        if not data.pointer.exists():
            return None
        return f"{data.pointer} is damaged: run kesher publish."
    file = data.serving / str(current["file"])
    if not file.exists():
        return f"{file} is published but not there: run kesher publish."
    return None


def published_file(data: DataDirectory) -> Path | None:
    """Return the file of the published generation, or None before the first publish."""
    current = pointer(data)
    if current is None:
        return None
    file = data.serving / str(current["file"])
    return file if file.exists() else None
