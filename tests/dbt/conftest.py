"""Fixtures for all tests of the dbt project."""

from pathlib import Path

import pytest
from built_warehouse import Warehouse
from dbt.contracts.graph.manifest import Manifest

from kesher.data_directory import DataDirectory
from kesher.parsed_project import parsed_project


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The project, parsed once for all tests."""
    folder = tmp_path_factory.mktemp("parsed")
    parsed = parsed_project(DataDirectory(folder), folder)
    assert parsed is not None
    return parsed


@pytest.fixture
def warehouse(tmp_path: Path, manifest: Manifest) -> Warehouse:
    return Warehouse(tmp_path, manifest)


@pytest.fixture(scope="module")
def module_warehouse(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Warehouse:
    """One that the tests of a module fill once and only read then."""
    return Warehouse(tmp_path_factory.mktemp("warehouse"), manifest)
