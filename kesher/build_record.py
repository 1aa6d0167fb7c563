"""What is known about the last build: is it whole, and have its marts passed the checks?

The warehouse itself can't tell, for plain dbt may build it too. So a record names the file by its
size and the moment of its last change: whoever changed it since made the record void.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from kesher.data_directory import DataDirectory, read_json, write_json

#: `partial`: only a selection of the models was built, so the marts may not agree.
BuildStatus = Literal["running", "ok", "partial", "failed"]


@dataclass(frozen=True)
class BuildRecord:
    """The last build.

    Attributes:
        build_id: Of the run that it was part of.
        status: How it ended.
        finished_at: When.
        warehouse: The file that it left; see `warehouse_fingerprint`.
        records: How many live records there were, by source and stream.
        lake: What it was made from; see `Lake.contents`.
        project: The dbt project that made it; see `project_digest`.
    """

    build_id: str
    status: BuildStatus
    finished_at: str | None = None
    warehouse: str | None = None
    records: dict[str, dict[str, int]] = field(default_factory=dict)
    lake: dict[str, str] = field(default_factory=dict)
    project: str | None = None


@dataclass(frozen=True)
class CheckRecord:
    """The last checks, and the state of the warehouse that they judged."""

    build_id: str | None
    checked_at: str
    passed: bool
    warehouse: str | None
    failed_critical: int
    failed_warning: int


def warehouse_fingerprint(warehouse: Path) -> str | None:
    """Return a text that changes whenever the warehouse file is written; None without a file."""
    try:
        status = warehouse.stat()
    except FileNotFoundError:
        return None
    return f"{status.st_size}-{status.st_mtime_ns}"


def build_record_file(data: DataDirectory) -> Path:
    """Return where the last build is recorded."""
    return data.dbt / "build.json"


def read_build(data: DataDirectory) -> BuildRecord | None:
    """Read the record of the last build; None if there is none."""
    content: dict[str, Any] | None = read_json(build_record_file(data))
    return BuildRecord(**content) if content else None


def built_records(data: DataDirectory) -> dict[str, dict[str, int]]:
    """Return the live records by source and stream, as of the last build; empty without one."""
    record = read_build(data)
    return record.records if record else {}


def write_build(data: DataDirectory, record: BuildRecord) -> None:
    """Replace the record of the last build."""
    write_json(build_record_file(data), asdict(record))


def check_results_file(data: DataDirectory) -> Path:
    """Return where the results of the last checks are kept, one row a check."""
    return data.checks / "results.parquet"


def read_check(data: DataDirectory) -> CheckRecord | None:
    """Read the record of the last checks; None if there is none."""
    content: dict[str, Any] | None = read_json(data.checks / "record.json")
    return CheckRecord(**content) if content else None


def write_check(data: DataDirectory, record: CheckRecord) -> None:
    """Replace the record of the last checks."""
    write_json(data.checks / "record.json", asdict(record))
