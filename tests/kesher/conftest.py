from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from match_command import PEOPLE, kesher, write_csv


@pytest.fixture(scope="session")
def compiled_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache for compiled models that is this session's, shared by all workers."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        yield root / "cache" / "kesher"


@pytest.fixture(scope="session")
def kept_database(compiled_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `kesher match --keep` keeps of the people in `match_command`. Read it only."""
    folder = tmp_path_factory.mktemp("kept")
    people = write_csv(folder / "people.csv", PEOPLE)
    kesher("match", people, "--out", folder / "out.csv", "--keep", folder / "kept.duckdb")
    return folder / "kept.duckdb"
