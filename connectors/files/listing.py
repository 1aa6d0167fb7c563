"""Which files a list consists of, and which of them changed since they were read."""

import glob
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.files.config import FileFormat, FilesConfig, config_error

_FORMATS: Mapping[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "excel",
    ".xlsm": "excel",
}

_HINTS: Mapping[str, str] = {
    ".xls": "save old .xls workbooks as .xlsx",
    ".xlsb": "save it as .xlsx",
    ".ods": "save it as .xlsx",
    ".json": "JSON with one object a line is read as .jsonl",
    ".gz": "unpack it first",
    ".zip": "unpack it first",
    ".bz2": "unpack it first",
    ".xz": "unpack it first",
    ".zst": "unpack it first",
    ".7z": "unpack it first",
}

_NAMES_IN_A_WARNING = 10

# What programs leave beside the files of people, or have not written to its end.
_TEMPORARY = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".swp", "~")
_OF_THE_SYSTEM = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class ListFile:
    """One file of a list.

    Attributes:
        name: its path below the folder of the list, with forward slashes; stays if that moves.
        path: where it is now.
        size: in bytes.
        modified_ns: when it was last written, in nanoseconds since 1970 by the file system's clock.
    """

    name: str
    path: Path
    size: int
    modified_ns: int

    def is_still(self) -> bool:
        """Whether the file is as it was when it was listed."""
        now = self.path.stat()
        return (now.st_size, now.st_mtime_ns) == (self.size, self.modified_ns)


def list_files(config: FilesConfig) -> list[ListFile]:
    """The files of a list, by name; none if its folder is empty, as before the first list comes.

    Raises:
        AirbyteTracedException: there is no such file or folder, or none of the files that the
            folder holds is meant, which is a typing mistake rather than patience.
    """
    pattern = str(Path(config.path).expanduser())
    if glob.has_magic(pattern) and not Path(pattern).exists():
        fixed = list(Path(pattern).parts)
        while fixed and any(glob.has_magic(part) for part in fixed):
            fixed.pop()
        root = Path(*fixed)
        paths = [Path(found) for found in glob.iglob(pattern, recursive=True)]  # noqa: PTH207
        paths = [path for path in paths if path.is_file()]
        if not paths and not root.is_dir():
            raise config_error(f"There is no folder {root} ({config.path} is to be found there)")
        if not paths and (other := _any_file(root)):
            raise config_error(
                f"No file fits {config.path} (looked in {root.resolve()}, which holds {other})"
            )
    elif Path(pattern).is_dir():
        root = Path(pattern)
        paths = [
            path
            for path in root.iterdir()
            if path.is_file() and not path.name.startswith((".", "~$")) and _is_known(path, config)
        ]
        if not paths and (other := _any_file(root)):
            raise config_error(
                f"The folder {config.path} holds no {', '.join(_FORMATS)} file, but {other}"
            )
    else:
        root = Path(pattern).parent
        paths = [Path(pattern)]
        if not paths[0].is_file():
            raise config_error(f"There is no file {config.path} (looked in {root.resolve()})")
    return [_listed(path, root) for path in sorted(set(paths))]


def nothing_yet(config: FilesConfig) -> str:
    """What there is to say of a list whose folder is empty."""
    return f"There is no file in {config.path} yet: it is read as soon as one comes"


def left_out(config: FilesConfig) -> str | None:
    """What there is to say of files in a watched folder that are not read; None if all are."""
    folder = Path(config.path).expanduser()
    if not folder.is_dir():
        return None
    unknown = sorted(
        path for path in folder.iterdir() if not _is_known(path, config) and _is_of_people(path)
    )
    if not unknown:
        return None
    named = ", ".join(path.name + _hint(path, " ({})") for path in unknown[:_NAMES_IN_A_WARNING])
    more = len(unknown) - _NAMES_IN_A_WARNING
    return (
        f"{config.path}: {len(unknown):,} {'file is' if len(unknown) == 1 else 'files are'} not "
        f"read, since only {', '.join(_FORMATS)} are known by their extension: {named}"
        + (f" and {more:,} more" if more > 0 else "")
    )


def _is_known(path: Path, config: FilesConfig) -> bool:
    return config.format is not None or path.suffix.lower() in _FORMATS


def _is_of_people(path: Path) -> bool:
    """Whether someone put the file there to be read: it is neither hidden nor temporary."""
    name = path.name.lower()
    return (
        path.is_file()
        and not name.startswith((".", "~$"))
        and not name.endswith(_TEMPORARY)
        and name not in _OF_THE_SYSTEM
    )


def _hint(path: Path, pattern: str) -> str:
    """What to do with a file of that extension, in the pattern's place; empty if unknown."""
    hint = _HINTS.get(path.suffix.lower())
    return pattern.format(hint) if hint else ""


def _any_file(folder: Path) -> str | None:
    """The name of a file in a folder or below it, hidden and temporary ones left out, if any."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if _is_of_people(path))
    first = next(found, None)
    return first.as_posix() if first is not None else None


def _listed(path: Path, root: Path) -> ListFile:
    stat = path.stat()
    name = path.relative_to(root).as_posix()
    return ListFile(name, path, stat.st_size, stat.st_mtime_ns)


def format_of(path: Path, config: FilesConfig) -> FileFormat:
    """The format of a file, by the configuration or by its extension.

    Raises:
        AirbyteTracedException: neither tells.
    """
    if config.format is not None:
        return config.format
    known = _FORMATS.get(path.suffix.lower())
    if known is None:
        raise config_error(
            f"{path}: the extension {path.suffix or '(none)'} tells no format"
            f"{_hint(path, ': {}')}; "
            "set format to csv, parquet, jsonl or excel"
        )
    return known


def sha256_of(path: Path) -> str:
    """The hash of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_changed(file: ListFile, seen: Mapping[str, Any] | None) -> bool:
    """Whether a file's content is another than the state says.

    Args:
        file: the file as it is now.
        seen: its entry in the state; None if it was never read.
    """
    if seen is None or seen.get("size") != file.size:
        return True
    if seen.get("modified_ns") == file.modified_ns:
        return False
    return bool(seen.get("sha256") != sha256_of(file.path))
