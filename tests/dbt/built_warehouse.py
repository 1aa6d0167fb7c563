"""Runs the real dbt project over a lake and a warehouse in a temporary folder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from written_lake import WrittenLake

from kesher.dbt_run import close_warehouse, set_environment
from kesher.garbage_collection import rare_garbage_collection

PROJECT = Path(__file__).parents[2] / "dbt_project"


def run_dbt(
    arguments: list[str], environment: dict[str, str], manifest: Manifest | None = None
) -> Any:
    """Run dbt in this process, which saves its imports; it has to succeed."""
    messages: list[str] = []
    quiet = ["--quiet", "--log-level=none", "--log-level-file=none"]
    folders = [f"--project-dir={PROJECT}", f"--profiles-dir={PROJECT}"]
    runner = dbtRunner(
        manifest=manifest, callbacks=[lambda event: messages.append(str(event.info.msg))]
    )
    with set_environment(environment), rare_garbage_collection():
        try:
            outcome = runner.invoke([*quiet, *arguments, *folders])
        finally:
            close_warehouse()
    if not outcome.success:
        raise AssertionError(f"dbt failed: {outcome.exception}\n" + "\n".join(messages[-40:]))
    return outcome.result


class Warehouse:
    """One warehouse file, its lake, and dbt that builds it."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.path = folder / "warehouse.duckdb"
        self.lake = WrittenLake(folder / "lake")
        self.manifest = manifest
        self.variables: dict[str, Any] = {}
        self.environment = {
            "KESHER_LAKE": str(self.lake.folder),
            "KESHER_WAREHOUSE": str(self.path),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }

    def start(self, *arguments: str, project: Path = PROJECT) -> subprocess.Popen[str]:
        """Start plain dbt in the project's folder, in a process of its own."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments],
            cwd=project,
            env={**os.environ, **self.environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def plain_dbt(self, *arguments: str, project: Path = PROJECT) -> str:
        """Run plain dbt to its end; it has to succeed."""
        process = self.start(*arguments, project=project)
        output, _ = process.communicate(timeout=900)
        assert process.returncode == 0, output
        return output

    def run(self, *select: str, full_refresh: bool = False) -> None:
        """Make the selected models and seeds, or all, without testing them."""
        self._make("unit_test test", ["--full-refresh"] if full_refresh else [], select)

    def build(self, *select: str) -> None:
        """Make and test the selected models, or all; unit tests, which need no data, aside."""
        self._make("unit_test", [], select)

    def _make(self, left_out: str, flags: list[str], select: tuple[str, ...]) -> None:
        selection = ["--select", *select] if select else []
        if self.variables:
            flags = [*flags, "--vars", json.dumps(self.variables)]
        run_dbt(
            ["build", "--exclude-resource-type", *left_out.split(), *flags, *selection],
            self.environment,
            self.manifest.deepcopy(),
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query).fetchall()
