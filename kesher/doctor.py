"""`kesher doctor`: looks for what would go wrong, before it does."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kesher.config import Config
from kesher.data_directory import DataDirectory, read_json
from kesher.errors import KesherError
from kesher.finding import Finding
from kesher.serving import published_file, serving_problem
from kesher.source_check import check_sources
from kesher.source_state import is_damaged
from kesher.sync_request import SyncRequest
from kesher.terminal import Terminal

_LEAST_FREE_BYTES = 2 * 1024**3
_PACKAGES = (
    "airbyte-cdk",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "pyarrow",
    "streamlit",
)


def examine(
    config: Config, data: DataDirectory, terminal: Terminal, *, offline: bool = False
) -> Iterator[Finding]:
    """Look at everything, the cheap things first.

    Args:
        config: The configuration, already found to be right.
        data: What to look into.
        terminal: Where the making of the sandbox is told.
        offline: Leave the vendors alone.
    """
    yield _python()
    yield _packages()
    yield Finding(
        "configuration", str(config.file) if config.file else "no kesher.yml: the sandbox stands in"
    )
    for key in config.literal_secrets:
        yield Finding(
            "secret",
            f"{key} stands in {config.file} itself",
            ok=False,
            advice="put it into an environment variable and write ${NAME} instead",
        )
    yield _disk(data)
    yield _lock(data)
    yield _lake(data)
    yield from _states(data)
    yield _decisions(config, data)
    yield _warehouse(data)
    yield _published(data)
    yield _dbt(data)
    if not offline:
        yield from check_sources(config, data, terminal, SyncRequest())


def _python() -> Finding:
    return Finding(
        "Python",
        platform.python_version(),
        ok=sys.version_info >= (3, 11),
        advice="Kesher needs Python 3.11 or newer",
    )


def _packages() -> Finding:
    versions, missing = [], []
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        return Finding(
            "packages", f"{', '.join(missing)} missing", ok=False, advice="run make setup"
        )
    return Finding("packages", ", ".join(versions))


def _disk(data: DataDirectory) -> Finding:
    place = data.root
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if not os.access(place, os.W_OK):
        return Finding("disk", f"{place} can't be written", ok=False, advice="choose --data-dir")
    return Finding(
        "disk",
        f"{free / 1024**3:,.1f} GiB free at {data.root}",
        ok=free >= _LEAST_FREE_BYTES,
        advice="less than 2 GiB is too little for a run",
    )


def _lock(data: DataDirectory) -> Finding:
    if not data.is_locked():
        return Finding("lock", "free")
    holder = read_json(data.lock_holder) or {}
    return Finding(
        "lock",
        f"held by kesher {holder.get('verb', '')} (process {holder.get('pid', 'unknown')}) since "
        f"{holder.get('since', 'unknown')}",
    )


def _lake(data: DataDirectory) -> Finding:
    from kesher.lake import Lake

    lake = Lake(data.lake)
    files = lake.files()
    corrupt = lake.unreadable()
    if corrupt:
        return Finding("lake", "; ".join(str(error) for error in corrupt), ok=False)
    rows = sum(facts.rows for facts in lake.facts().values())
    return Finding("lake", f"{rows:,} rows in {len(files):,} files, all readable")


def _states(data: DataDirectory) -> Iterator[Finding]:
    for file in sorted(data.state.glob("*.json")):
        if file != data.origin and is_damaged(file):
            yield Finding(
                "state",
                f"{file} is damaged",
                ok=False,
                advice="the next sync reads this source from the beginning; nothing is lost",
            )


def _decisions(config: Config, data: DataDirectory) -> Finding:
    from kesher.steward_decisions import decision_store

    try:
        with decision_store(config, data) as store:
            count = len(store.decisions())
    except KesherError as error:
        return Finding("decisions", str(error), ok=False)
    place = "in Postgres" if config.decisions_url else f"in {data.decisions}"
    return Finding("decisions", f"{count:,} {place}" if count else "none yet")


def _warehouse(data: DataDirectory) -> Finding:
    return _duckdb_file(
        "warehouse",
        data.warehouse,
        none_yet="none yet",
        advice="delete it and run kesher build: it is made again from the lake",
    )


def _published(data: DataDirectory) -> Finding:
    if problem := serving_problem(data):
        return Finding("published", problem, ok=False)
    return _duckdb_file(
        "published",
        published_file(data),
        none_yet="nothing yet",
        advice="run kesher run, or name an earlier generation in serving/current.json",
    )


def _duckdb_file(what: str, file: Path | None, *, none_yet: str, advice: str) -> Finding:
    import duckdb

    if file is None or not file.exists():
        return Finding(what, none_yet)
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            tables = len(connection.execute("show all tables").fetchall())
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        if "lock" in reason.lower() and "conflicting" in reason.lower():
            return Finding(what, f"{file} is being written now")
        return Finding(what, f"{file} can't be read ({reason})", ok=False, advice=advice)
    return Finding(what, f"{tables} tables in {file}")


def _dbt(data: DataDirectory) -> Finding:
    from kesher.dbt_run import dbt_arguments, invoke_dbt

    # Not in the data directory: a build may be at work there.
    with tempfile.TemporaryDirectory() as scratch:
        apart = DataDirectory(Path(scratch))
        result = invoke_dbt([*dbt_arguments("parse", apart, apart.runs)], data)
    if result.success:
        return Finding("dbt project", "parses")
    reason = " ".join(str(result.exception or "unknown error").split())
    return Finding("dbt project", reason, ok=False, advice="reinstall Kesher")
