"""A source's folder: `manifest.yaml`, `mapping.yaml`, `schemas/`; read without airbyte-cdk.

What can be seen wrong from the files alone is told here, before anything is asked of the vendor.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from connectors.manifest.schemas import read_schemas, schema_problems
from connectors.nearest_name import expected_one_of
from connectors.stream_names import stream_problems

MANIFEST = "manifest.yaml"
MAPPING = "mapping.yaml"
LIMITS = ("timeout_seconds", "max_retries", "patience_seconds", "max_concurrency")
"""What every source takes, whatever its manifest says: beside its settings, or among them."""


class FolderError(ValueError):
    """A folder is no source; `problems` holds one line for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class SourceFolder:
    """What a folder holds.

    Attributes:
        path: Where it is.
        manifest: The manifest with every `$ref` resolved.
        mapping: What `mapping.yaml` says; empty if there is none.
        schemas: JSON schemas by stream.
        streams: Each stream's primary key, as paths; None where streams come out of the API.
    """

    path: Path
    manifest: Mapping[str, Any]
    mapping: Mapping[str, Any]
    schemas: Mapping[str, Any]
    streams: Mapping[str, tuple[tuple[str, ...], ...]]
    has_dynamic_streams: bool

    @property
    def specification(self) -> Mapping[str, Any]:
        """The JSON schema of the source's settings."""
        schema: Mapping[str, Any] = self.manifest["spec"]["connection_specification"]
        return schema

    def setting_problems(self, settings: Mapping[str, Any]) -> Iterator[str]:
        """Say which settings are missing or unknown, beginning with the setting's name."""
        known = [*self.specification.get("properties", {}), *LIMITS]
        for key in self.specification.get("required", []):
            if settings.get(key) is None:
                yield f"{key}: found nothing; expected a value, {MANIFEST} requires it"
        for key in settings:
            if key not in known:
                yield f"{key}: unknown setting; {expected_one_of(str(key), known)}"
        for key in LIMITS:
            limit = settings.get(key)
            if limit is not None and (
                isinstance(limit, bool) or not isinstance(limit, int | float)
            ):
                yield f"{key}: found no number; expected one"

    def stream_problems(
        self, without: Sequence[str], reread: Collection[str] = ()
    ) -> Iterator[str]:
        """Say what is wrong with the streams that the source's keys name."""
        # Some are known only when the API has named them.
        if not self.has_dynamic_streams:
            yield from stream_problems(list(self.streams), without, reread)

    def secret_values(self, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the dotted name and the value of every setting marked `airbyte_secret`."""
        yield from _secrets_in(self.specification, settings, ())


def read_folder(path: Path) -> SourceFolder:
    """Read and check a source's folder.

    Raises:
        FolderError: a file can't be read, or the manifest needs what a folder can't give.
    """
    if not path.is_dir():
        raise FolderError([f"{path}: is not a folder; expected one with {MANIFEST}"])
    file = path / MANIFEST
    raw = read_mapping(file)
    _refuse_code(file, raw)
    manifest = _without_references(file, raw)
    spec = manifest.get("spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("connection_specification"), dict):
        raise FolderError(
            [
                f"{file}: found no spec.connection_specification; expected one, it says which "
                "settings there are and, by airbyte_secret, which of them are secret"
            ]
        )
    streams: dict[str, tuple[tuple[str, ...], ...]] = {}
    listed = manifest.get("streams") or []
    if not isinstance(listed, list) or not (listed or manifest.get("dynamic_streams")):
        raise FolderError([f"{file}: found no streams; expected a list with one stream or more"])
    for position, stream in enumerate(listed):
        name = _of_stream(stream, "name")
        if not isinstance(name, str) or not re.fullmatch(r"[^/\\.*?\[\]\s]+", name):
            raise FolderError(
                [
                    f"{file}: streams[{position}].name: found {name!r}; expected a name without "
                    "spaces, dots and slashes"
                ]
            )
        streams[name] = _key_paths(_of_stream(stream, "primary_key"))
    mapping = read_mapping(path / MAPPING) if (path / MAPPING).exists() else {}
    schemas, problems = read_schemas(path / "schemas")
    problems += _inline_schema_problems(file, listed)
    if problems:
        raise FolderError(problems)
    return SourceFolder(
        path, manifest, mapping, schemas, streams, bool(manifest.get("dynamic_streams"))
    )


def day_cursors(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cursors of streams that can be read from a day on, out of a manifest without references.

    Those of the streams that only name the parents of others are left out: a day would hide
    parents of which nothing but their children changed.
    """
    found = []
    for stream in manifest.get("streams") or []:
        cursor = _of_stream(stream, "incremental_sync")
        if isinstance(cursor, dict) and cursor.get("type") == "DatetimeBasedCursor":
            found.append(cursor)
    return found


def read_mapping(file: Path) -> dict[str, Any]:
    """Read a YAML file that holds keys and values.

    Raises:
        FolderError: it can't be read, or holds something else.
    """
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        raise FolderError([f"{file}: can't be read: {error.strerror or error}"]) from None
    except UnicodeDecodeError:
        raise FolderError([f"{file}: is not UTF-8 text"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "can't be read"
        raise FolderError([f"{file}:{line} is not YAML: {problem}"]) from None
    if not isinstance(content, dict):
        raise FolderError([f"{file}: found no keys and values; expected some"])
    return content


def _refuse_code(file: Path, node: Any, path: str = "") -> None:
    """Refuse what would run Python: a folder is data, and stays safe to be taken from anywhere."""
    if isinstance(node, dict):
        kind = node.get("type")
        named = node.get("class_name")
        if isinstance(named, str) or (isinstance(kind, str) and re.match(r"Custom[A-Z]", kind)):
            raise FolderError(
                [
                    f"{file}: {path or 'manifest'}: found Python code "
                    f"({named if isinstance(named, str) else kind}), which a source out of a "
                    "folder may not run; expected Airbyte's own components only"
                ]
            )
        for key, value in node.items():
            _refuse_code(file, value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for position, value in enumerate(node):
            _refuse_code(file, value, f"{path}[{position}]")


def _without_references(file: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Put in place of every `$ref` and `#/…` what it stands for, as airbyte-cdk does it."""

    def looked_up(reference: str) -> Any:
        node: Any = manifest
        rest = reference[2:]
        while rest:
            if isinstance(node, dict) and rest in node:
                return node[rest]
            head, _, rest = rest.partition("/")
            try:
                node = node[int(head)] if isinstance(node, list) else node[head]
            except (KeyError, IndexError, TypeError, ValueError):
                raise FolderError([f"{file}: {reference} refers to nothing"]) from None
        return node

    def resolved(node: Any, within: tuple[str, ...]) -> Any:
        if isinstance(node, str) and node.startswith("#/"):
            if node in within:
                raise FolderError([f"{file}: {node} refers to itself"])
            return resolved(looked_up(node), (*within, node))
        if isinstance(node, list):
            return [resolved(value, within) for value in node]
        if isinstance(node, dict):
            own = {key: resolved(value, within) for key, value in node.items() if key != "$ref"}
            if "$ref" in node:
                base = resolved(node["$ref"], within)
                return {**base, **own} if isinstance(base, dict) else base
            return own
        return node

    whole: dict[str, Any] = resolved(manifest, ())
    return whole


def _of_stream(stream: Any, key: str) -> Any:
    """A stream's own key, or what its `$parameters` say for it."""
    if not isinstance(stream, dict):
        return None
    given = stream.get(key)
    if given is None and isinstance(stream.get("$parameters"), dict):
        given = stream["$parameters"].get(key)
    return given


def _key_paths(primary_key: Any) -> tuple[tuple[str, ...], ...]:
    if isinstance(primary_key, str):
        return ((primary_key,),) if primary_key else ()
    if not isinstance(primary_key, list):
        return ()
    return tuple(
        tuple(str(step) for step in part) if isinstance(part, list) else (str(part),)
        for part in primary_key
    )


def _inline_schema_problems(file: Path, streams: list[Any]) -> Iterator[str]:
    """Say what is wrong with the schemas that stand in the manifest itself."""
    for position, stream in enumerate(streams):
        loader = stream.get("schema_loader") if isinstance(stream, dict) else None
        if isinstance(loader, dict) and "schema" in loader:
            for problem in schema_problems(loader["schema"]):
                yield f"{file}: streams[{position}].schema_loader.schema: {problem}"


def _secrets_in(schema: Any, value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not isinstance(schema, Mapping):
        return
    if schema.get("airbyte_secret"):
        for text in _texts(value):
            yield ".".join(path), text
        return
    if isinstance(value, Mapping):
        for key, inner in (schema.get("properties") or {}).items():
            if key in value:
                yield from _secrets_in(inner, value[key], (*path, str(key)))
    for branch in ("oneOf", "anyOf", "allOf"):
        for inner in schema.get(branch) or []:
            yield from _secrets_in(inner, value, path)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
