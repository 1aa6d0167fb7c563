from __future__ import annotations

from pathlib import Path

import pytest
from match_command import PEOPLE, kesher, write_csv


@pytest.fixture(scope="session")
def kept_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `kesher match --keep` keeps of the people in `match_command`. Read it only."""
    folder = tmp_path_factory.mktemp("kept")
    people = write_csv(folder / "people.csv", PEOPLE)
    kesher("match", people, "--out", folder / "out.csv", "--keep", folder / "kept.duckdb")
    return folder / "kept.duckdb"
