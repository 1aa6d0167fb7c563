import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made_serving import made_customers, publish


@pytest.fixture(scope="session")
def made_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving directory with one published generation of made-up customers."""
    directory = tmp_path_factory.mktemp("made") / "serving"
    publish(made_customers(), directory, "20260630T000000_1")
    return directory


@pytest.fixture
def cursor(made_directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    file = next(made_directory.glob("*.duckdb"))
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection
