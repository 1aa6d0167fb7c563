"""What every suite may use: one complete pipeline run over a small sandbox."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

PEOPLE = 150
SEED = 11


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell starts work in the background deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests come first, then those in a browser, the slow ones last."""
    items.sort(
        key=lambda item: (
            item.get_closest_marker("slow") is not None,
            item.get_closest_marker("browser") is not None,
        )
    )


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache that is this session's, shared by all workers, and not the user's."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        yield root / "cache" / "kesher"


@dataclass(frozen=True)
class PublishedDemo:
    """A data directory in which the whole way was run.

    It is shared by all tests of the session: read it, and work on a `copy` to change anything.
    """

    data_dir: Path

    def run(
        self, *arguments: str, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command `kesher` over this data directory, e.g. `run("status", "--json")`.

        Args:
            arguments: The verb and its options.
            check: Fail the test, showing the output, unless the exit code is 0.
            environment: Further environment variables.
        """
        done = subprocess.run(
            [sys.executable, "-m", "kesher", "--data-dir", str(self.data_dir), *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            cwd=self.data_dir.parent,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(
                f"kesher {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    @property
    def status(self) -> dict[str, Any]:
        """What `kesher status --json` says."""
        return dict(json.loads(self.run("status", "--json").stdout))

    @property
    def serving(self) -> Path:
        """The published DuckDB file."""
        folder = self.data_dir / "serving"
        return folder / json.loads((folder / "current.json").read_text())["file"]

    @property
    def warehouse(self) -> Path:
        """The warehouse that dbt built."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def lake(self) -> Path:
        """The lake's root folder."""
        return self.data_dir / "lake"

    def copy(self, folder: Path) -> PublishedDemo:
        """Copy everything, so that a test can change it."""
        target = folder / "data"
        shutil.copytree(self.data_dir, target)
        return PublishedDemo(target)


@pytest.fixture(scope="session")
def published_demo(tmp_path_factory: pytest.TempPathFactory) -> PublishedDemo:
    """Run `kesher demo --no-serve` once a session; workers of pytest-xdist share it."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    demo = PublishedDemo(root / "published-demo" / "data")
    with FileLock(root / "published-demo.lock"):
        if not (demo.data_dir / "serving" / "current.json").exists():
            demo.data_dir.parent.mkdir(parents=True, exist_ok=True)
            demo.run("demo", "--people", str(PEOPLE), "--seed", str(SEED), "--no-serve")
    return demo
