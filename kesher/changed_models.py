"""Which models a build has to make: those behind a stream of the lake that changed.

No model reads a clock or anything else outside the lake, so one whose streams, code and seeds are
what they were would be the same again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

#: It says which streams are people, names and events: what it touches is not to be told by names.
_MAPPINGS = "kesher/source_mappings"
#: Models that follow the build before do so in one build with this one; see macros/identity.
START = "int_identity__changed_records"


def changed_models(
    project: Manifest, before: Mapping[str, str], now: Mapping[str, str]
) -> set[str] | None:
    """Return the names of the models that can be other than they were.

    Args:
        project: The dbt project.
        before: What the lake held at the last build, as `Lake.contents` tells it.
        now: What it holds.

    Returns:
        None: any of them.
    """
    changed = {place for place in before.keys() | now.keys() if before.get(place) != now.get(place)}
    if _MAPPINGS in changed:
        return None
    project.build_parent_and_child_maps()
    # Any other folder may be of a list or of a mapping, one named `files` or `mapped` too.
    vendors = {source.source_name for source in project.sources.values()} - {"files", "mapped"}
    touched = {
        key
        for key, source in project.sources.items()
        if any(_holds(source.source_name, source.name, place, vendors) for place in changed)
    }
    # Whatever a model reads that names none of what it reads.
    rootless = {
        key
        for key, node in project.nodes.items()
        if key.startswith("model.") and not node.depends_on_nodes
    }
    reached = rootless | _descendants(project, touched | rootless)
    if any(project.nodes[key].config.materialized == "followed" for key in reached):
        start = [key for key, node in project.nodes.items() if node.name == START]
        reached |= set(start) | _descendants(project, start)
    return {project.nodes[key].name for key in reached}


def beginnings(project: Manifest, changed: Set[str]) -> list[str]:
    """Return those of the changed models that read no other one, sorted.

    With all that is behind them they are the changed models again, and a few names are a selection
    that dbt understands in a tenth of the time.

    Args:
        project: The dbt project.
        changed: As `changed_models` tells them.
    """
    names = {
        key: node.name
        for key, node in project.nodes.items()
        if key.startswith("model.") and node.name in changed
    }
    return sorted(
        name
        for key, name in names.items()
        if not any(read in names for read in project.nodes[key].depends_on_nodes)
    )


def _holds(source: str, table: str, place: str, vendors: set[str]) -> bool:
    """Tell whether a source table of the dbt project has rows of a stream; see `lake_scan`."""
    folder, _, stream = place.partition("/")
    if source == "files":
        return stream == table
    if source == "mapped":
        return folder not in vendors
    return (folder, stream) == (source, table)


def _descendants(project: Manifest, roots: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        for child in project.child_map[waiting.pop()]:
            if child.startswith("model.") and child not in reached:
                reached.add(child)
                waiting.append(child)
    return reached
