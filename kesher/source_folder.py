"""Sources that a folder describes: what is wrong with one, its secrets, its mapping in the lake."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from kesher.errors import ConfigError

if TYPE_CHECKING:
    from kesher.config import Config
    from kesher.data_directory import DataDirectory

STREAM = "source_mappings"


def folder_problems(
    place: str,
    folder: Path,
    settings: Mapping[str, Any],
    without: Sequence[str] = (),
    reread: Collection[str] = (),
) -> Iterator[str]:
    """Say what is wrong with a source's folder, its mapping and its settings, one line each.

    Args:
        place: Where the source stands: the file and the key.
        folder: Its folder.
        settings: As kesher.yml gives them.
        without: The streams that kesher.yml leaves out.
        reread: The streams that kesher.yml says to read again after so many days.
    """
    from connectors.manifest.folder import FolderError, read_folder
    from connectors.manifest.mapping import compile_mapping

    try:
        read = read_folder(folder)
        yield from (f"{place}.settings.{problem}" for problem in read.setting_problems(settings))
        yield from (f"{place}.{problem}" for problem in read.stream_problems(without, reread))
        compile_mapping(read)
    except FolderError as error:
        yield from (f"{place}: {problem}" for problem in error.problems)


def folder_secrets(folder: Path, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the dotted name and the value of every secret setting.

    Of a folder that can't be read, nobody knows which settings are secret: every text is.
    """
    from connectors.manifest.folder import FolderError, read_folder

    try:
        yield from read_folder(folder).secret_values(settings)
    except FolderError:
        yield from ((key, value) for key, value in settings.items() if isinstance(value, str))


def note_mappings(config: Config, data: DataDirectory) -> None:
    """Write into the lake which mappings changed; the next build goes by them.

    The warehouse is built from the lake alone, so the mappings are kept there too. Call it under
    the lock, before a build.

    Raises:
        ConfigError: a folder or its mapping is wrong; one line for each problem.
    """
    folders = {
        name: Path(str(settings["folder"]))
        for name, settings in (config.sources or {}).items()
        if settings["type"] == "manifest"
    }
    if not folders:
        return
    from connectors.manifest.folder import FolderError, read_folder
    from connectors.manifest.mapping import compile_mapping
    from kesher.lake import OWN_SOURCE, Lake
    from kesher.lake_writer import own_writer

    mappings, problems = {}, []
    for name, folder in folders.items():
        try:
            compiled = compile_mapping(read_folder(folder))
        except FolderError as error:
            problems += [f"{config.file}: sources.{name}: {problem}" for problem in error.problems]
        else:
            mappings[name] = orjson.dumps(compiled).decode()
    if problems:
        raise ConfigError(problems)
    lake = Lake(data.lake)
    known = {str(row["source"]): row["mapping"] for row in lake.records(OWN_SOURCE, STREAM)}
    changed = {name: mapping for name, mapping in mappings.items() if known.get(name) != mapping}
    if not changed:
        return
    with own_writer(lake, OWN_SOURCE, STREAM) as writer:
        for name, mapping in changed.items():
            writer.add({"source": name, "mapping": mapping})
        writer.commit()
