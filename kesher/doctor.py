"""`kesher doctor`: looks for what would go wrong, before it does."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kesher.config import Config
from kesher.data_directory import DataDirectory, read_json
from kesher.errors import KesherError
from kesher.redaction import Redactor
from kesher.serving import published_file, serving_problem
from kesher.source_state import is_damaged
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


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` says what to do if it is not well."""

    what: str
    found: str
    ok: bool = True
    advice: str = ""


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
        yield from _sources(config, data, terminal)


def report(findings: Iterator[Finding], terminal: Terminal) -> bool:
    """Print the findings as they come; return whether all is well."""
    all_well = True
    for finding in findings:
        sign, style = ("✓", "green") if finding.ok else ("✗", "bold red")
        terminal.out.print(sign, style=style, end=" ", markup=False)
        advice = f": {finding.advice}" if finding.advice and not finding.ok else ""
        terminal.say(f"{finding.what:<14} {finding.found}{advice}")
        all_well = all_well and finding.ok
    return all_well


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
    from kesher.build import dbt_arguments, invoke_dbt

    # Not in the data directory: a build may be at work there.
    with tempfile.TemporaryDirectory() as scratch:
        apart = DataDirectory(Path(scratch))
        result = invoke_dbt([*dbt_arguments("parse", apart, apart.runs)], data)
    if result.success:
        return Finding("dbt project", "parses")
    reason = " ".join(str(result.exception or "unknown error").split())
    return Finding("dbt project", reason, ok=False, advice="reinstall Kesher")


def _sources(config: Config, data: DataDirectory, terminal: Terminal) -> Iterator[Finding]:
    from kesher.sync import source_settings

    try:
        with (
            _no_logging(),
            source_settings(config, data, terminal) as sources,
            ThreadPoolExecutor(max_workers=8) as pool,
        ):
            checks = {
                name: pool.submit(_check_source, dict(settings))
                for name, settings in sources.items()
            }
            for name, outcome in checks.items():
                problem = Redactor(config.secrets)(outcome.result() or "")
                yield Finding(name, problem or "answers, the key is good", ok=not problem)
    except KesherError as error:
        yield Finding("sources", str(error), ok=False)


@contextlib.contextmanager
def _no_logging() -> Iterator[None]:
    """Silence airbyte-cdk, which turns its own logging on as it is imported."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _check_source(settings: dict[str, Any]) -> str | None:
    """Return what is wrong with a source, or None."""
    from airbyte_cdk.models import Status
    from airbyte_cdk.utils.traced_exception import AirbyteTracedException

    from connectors.registry import create_source

    if settings["type"] != "files":
        settings.setdefault("max_retries", 1)
    try:
        source = create_source(settings["type"], settings, None, None)
        outcome = source.check(logging.getLogger("airbyte"), settings)
    except AirbyteTracedException as error:
        return error.message or str(error)
    if outcome.status == Status.SUCCEEDED:
        return None
    return " ".join((outcome.message or "the check failed without a word").split())
