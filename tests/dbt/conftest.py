"""Fixtures for all tests of the dbt project."""

from pathlib import Path

import pytest
from built_warehouse import Warehouse, run_dbt
from dbt.contracts.graph.manifest import Manifest


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The project, parsed once for all tests."""
    folder = tmp_path_factory.mktemp("parsed")
    environment = {
        "KESHER_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    parsed = run_dbt(["parse"], environment)
    assert isinstance(parsed, Manifest)
    return parsed


@pytest.fixture
def warehouse(tmp_path: Path, manifest: Manifest) -> Warehouse:
    return Warehouse(tmp_path, manifest)


@pytest.fixture(scope="module")
def module_warehouse(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Warehouse:
    """One that the tests of a module fill once and only read then."""
    return Warehouse(tmp_path_factory.mktemp("warehouse"), manifest)
