"""What a sync is asked to read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.nearest_name import did_you_mean
from kesher.config_schema import VENDORS
from kesher.errors import ConfigError

SOURCES_AT_ONCE = 4
"""More than there are processors, as whoever reads a vendor waits for it most of the time."""


def _not_by_day(name: str, settings: Mapping[str, Any]) -> str | None:
    """Say why a source can't be read from a day on; None if it can."""
    if settings["type"] != "manifest":
        return None
    from connectors.manifest.folder import MANIFEST, FolderError, day_cursors, read_folder

    try:
        folder = read_folder(Path(settings["folder"]))
    except FolderError as error:
        return f"{name}: {error}"
    if day_cursors(folder.manifest):
        return None
    return (
        f"{name} can't be read from a day on, as no stream in its {MANIFEST} has a "
        "DatetimeBasedCursor: each sync reads all of it"
    )


def settings_since(settings: Mapping[str, Any], day: str) -> dict[str, Any]:
    """Return a source's settings for a sync of what is newer than a day."""
    key = "start_date" if settings["type"] in VENDORS else "since"
    return {**settings, key: day}


def unknown_streams(named: Collection[str], there: Collection[str]) -> str | None:
    """Say which of the streams that were asked for a source does not have; None if it has all."""
    unknown = sorted(set(named) - set(there))
    if not unknown:
        return None
    shown = ", ".join(name + did_you_mean(name, sorted(there)) for name in unknown)
    return f"has no stream {shown}; it has {', '.join(sorted(there))}"


@dataclass(frozen=True)
class SyncRequest:
    """What to read, and how.

    Attributes:
        sources: Names of sources; all if there are neither these nor streams.
        streams: `source.stream`, or a stream alone if there is one source.
        full_refresh: Forget how far these have been read, and read all of them.
        since: Read again what is newer than this day (`2026-01-31`), and remember nothing of it:
            the next sync goes on where the last one ended.
        at_once: How many sources are read at the same time.
    """

    sources: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    full_refresh: bool = False
    since: str | None = None
    at_once: int = SOURCES_AT_ONCE

    def chosen(self, known: Mapping[str, Mapping[str, Any]]) -> dict[str, frozenset[str] | None]:
        """Return the streams to read of each source; None stands for all of them.

        Args:
            known: The settings of each source.

        Raises:
            ConfigError: there is no such source, or it can't be read in this way.
        """
        problems: list[str] = []
        streams: dict[str, set[str]] = {}
        for item in self.streams:
            source, dot, stream = item.rpartition(".")
            if not dot:
                if len(self.sources) != 1:
                    problems.append(
                        f"--stream {item}: expected SOURCE.STREAM, or one --source beside it"
                    )
                    continue
                source = self.sources[0]
            streams.setdefault(source, set()).add(stream)
        names = list(dict.fromkeys([*self.sources, *streams])) or list(known)
        listed = ", ".join(known)
        problems += [
            f"found no source {name}; expected {listed}" for name in names if name not in known
        ]
        if self.since is not None:
            if self.full_refresh:
                problems.append("--since and --full-refresh exclude each other")
            problems += [
                f"--since: {reason}; choose others with --source"
                for name in names
                if name in known and (reason := _not_by_day(name, known[name]))
            ]
        if problems:
            raise ConfigError(problems)
        return {name: frozenset(streams[name]) if name in streams else None for name in names}
