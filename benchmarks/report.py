"""What the reports of all benchmarks have in common."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """Something that must hold, and whether it does."""

    text: str
    is_met: bool


def print_targets(targets: Sequence[Target]) -> None:
    """Print them as a Markdown list."""
    print("## Targets\n")
    for target in targets:
        print(f"- {'met' if target.is_met else '**MISSED**'}: {target.text}")


def machine() -> str:
    """Say what all this was measured on."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"load {load:.1f} at the start"
    )


@contextmanager
def work_directory(directory: Path | None) -> Iterator[Path]:
    """Give a folder to work in: the one that was asked for, which stays, or one that goes."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="kesher-benchmark-") as folder:
        yield Path(folder)
