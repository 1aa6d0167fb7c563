"""The dbt project as dbt read it, kept for the next build of whichever warehouse.

To read its files takes dbt longer than a small build; what it made of them is kept in the user's
cache, under a digest of the files and of the versions of what reads them.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from kesher import dbt_run
from kesher.data_directory import DataDirectory, write_file
from kesher.errors import KesherError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_DAYS_KEPT = 30
_DIGEST_BYTES = 32


def parsed_project(
    data: DataDirectory, log_folder: Path, variables: str | None = None
) -> Manifest | None:
    """Return the project for `invoke_dbt`, from the cache or read anew.

    Args:
        data: Where dbt works if it has to read the project.
        log_folder: Gets dbt's log then.
        variables: dbt's `--vars`, if any.

    Returns:
        None if dbt can't read the project; the next command of dbt says why.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder

    # The names of the folder and of the database are in what dbt makes of the files.
    digest = project_digest(variables, dbt_run.DBT_PROJECT, data.warehouse.stem)
    kept = cache_folder() / f"project-{digest}.msgpack"
    if (project := _read(kept)) is not None:
        return project
    arguments = dbt_run.dbt_arguments("parse", data, log_folder)
    if variables is not None:
        arguments.append(f"--vars={variables}")
    project = dbt_run.invoke_dbt(arguments, data).result
    if not isinstance(project, Manifest):
        return None
    content = project.to_msgpack(extended_mashumaro_encoder)
    # A cache that can't be written costs time and nothing else.
    with contextlib.suppress(OSError, KesherError):
        write_file(kept, hashlib.sha256(content).digest() + content)
        remove_unused("project-*")
    return project


def _read(kept: Path) -> Manifest | None:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        content = kept.read_bytes()
    except OSError:
        return None
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    with contextlib.suppress(OSError):
        kept.touch()
    project: Manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    project.metadata.generated_at = datetime.now(UTC).replace(tzinfo=None)
    project.build_flat_graph()
    return project


def cache_folder() -> Path:
    """Return where Kesher keeps what it can make again; XDG_CACHE_HOME names another place."""
    from platformdirs import user_cache_path

    return user_cache_path("kesher", appauthor=False)


def project_digest(*further: object) -> str:
    """Stand for the dbt project, for what reads it, and for anything else that matters."""
    digest = hashlib.sha256()
    versions = [version(package) for package in ("kesher", "dbt-core", "dbt-duckdb", "duckdb")]
    for part in [*further, *versions]:
        digest.update(repr(part).encode())
    for file in _project_files():
        content = file.read_bytes()
        name = file.relative_to(dbt_run.DBT_PROJECT)
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()[:20]


def _project_files() -> Iterator[Path]:
    yield dbt_run.DBT_PROJECT / "dbt_project.yml"
    yield dbt_run.DBT_PROJECT / "profiles.yml"
    for folder in ("macros", "models", "seeds", "tests"):
        for file in sorted((dbt_run.DBT_PROJECT / folder).rglob("*")):
            if file.suffix in (".sql", ".yml", ".csv"):
                yield file


def remove_unused(pattern: str) -> None:
    """Remove from the cache what nobody has used for a month."""
    for kept in cache_folder().glob(pattern):
        with contextlib.suppress(OSError):
            is_old = time.time() - kept.stat().st_mtime > _DAYS_KEPT * 86_400
            if is_old and kept.is_dir():
                shutil.rmtree(kept, ignore_errors=True)
            elif is_old:
                kept.unlink()
