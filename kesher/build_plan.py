"""The statements of dbt's models and tests, kept for the next build that goes on from the last one.

What dbt asks of the warehouse for a model depends on the project, on its variables and on whether
the build goes on from the one before it; with the data it stays the same. dbt takes a twentieth of
a second to find it out, for each of two hundred models and tests, which is most of a small build.
So the statements are written down while dbt runs them, and the next builds run them as they are.

Left to dbt is what asks the lake which files there are, and the model that decides whether the
build goes on.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from kesher import dbt_run
from kesher.changed_models import START
from kesher.data_directory import DataDirectory, write_file
from kesher.errors import KesherError
from kesher.parsed_project import cache_folder, project_digest, remove_unused

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

#: Macros whose outcome the lake decides, and the one that tells whether the build goes on.
_LAKE_MACROS = frozenset({"lake_root", "lake_files", "lake_scan", "mapped_sources"})
_FOLLOWING_MACRO = "identity_build_note"
#: Stands in kept statements for what is another text in each build: see `identity_definition`.
_DEFINITION = "{{definition}}"
#: Materializations that ask the same of the warehouse whatever it holds, by the macros that
#: are them. Those of dbt's adapters ask what is there first.
_PLAIN = {
    "table": "macro.kesher.materialization_table_duckdb",
    "followed": "macro.kesher.materialization_followed_default",
}
_QUERY_COMMENT = re.compile(r"\A\s*/\*.*?\*/\s*", re.DOTALL)
_SQL_COMMENT = re.compile(r"\A(\s+|/\*.*?\*/|--[^\n]*\n)+", re.DOTALL)
_CHANGES = frozenset({"alter", "comment", "create", "delete", "drop", "insert", "update"})


@dataclass(frozen=True)
class BuildNote:
    """What the model that starts a build noted; see `identity_build_note` of the dbt project.

    Attributes:
        follows: The build goes on from the one before it.
        definition: Stands for all that makes the result besides the records.
    """

    follows: bool
    definition: str


@dataclass(frozen=True)
class BuildPlan:
    """The statements of models and tests that a build can run without dbt.

    Attributes:
        file: Where they are kept.
        nodes: By dbt's unique id.
    """

    file: Path
    nodes: Mapping[str, tuple[str, ...]]

    def statements(self, key: str, note: BuildNote | None) -> tuple[str, ...]:
        """Return the statements of a model or test for a build of which `note` was written."""
        definition = note.definition if note else ""
        return tuple(text.replace(_DEFINITION, definition) for text in self.nodes[key])

    def keep(self, nodes: Mapping[str, tuple[str, ...]]) -> None:
        """Keep more nodes, for the builds after this one."""
        # A cache that can't be written costs time and nothing else.
        with contextlib.suppress(OSError, KesherError):
            write_file(self.file, orjson.dumps({**self.nodes, **nodes}))
            remove_unused("plan-*")


def read_plan(data: DataDirectory, variables: str | None = None) -> BuildPlan:
    """Return what is kept for this project; an empty plan if there is nothing.

    Args:
        data: Its warehouse's name is in the statements.
        variables: dbt's `--vars`, if any.
    """
    recorder = Path(__file__).read_bytes()
    digest = project_digest(variables, dbt_run.DBT_PROJECT, data.warehouse.stem, recorder)
    file = cache_folder() / f"plan-{digest}.json"
    try:
        kept: dict[str, list[str]] = orjson.loads(file.read_bytes())
        file.touch()
        return BuildPlan(file, {key: tuple(texts) for key, texts in kept.items()})
    except (OSError, ValueError):
        return BuildPlan(file, {})


class StatementRecorder:
    """Listens to dbt's events and writes down each node's statements."""

    def __init__(self) -> None:
        self._asked: dict[str, list[str]] = defaultdict(list)

    def __call__(self, event: Any) -> None:
        """Take one event of dbt."""
        if event.info.name == "SQLQuery":
            self._asked[event.data.node_info.unique_id].append(event.data.sql)

    def nodes(
        self, project: Manifest, succeeded: Collection[str], note: BuildNote | None
    ) -> dict[str, tuple[str, ...]]:
        """Return the statements of those nodes that can be run again without dbt.

        Args:
            project: The dbt project.
            succeeded: Unique ids of the nodes that dbt built, or found nothing wrong with.
            note: What the build's start noted, None if it did not run.
        """
        following, plannable = _following(project), plannable_nodes(project)
        kept = {}
        for key in self._asked.keys() & succeeded & plannable:
            if key in following and not (note and note.follows):
                continue
            texts = [_QUERY_COMMENT.sub("", text) for text in self._asked[key]]
            if key.startswith("test."):
                texts = [text for text in texts if _verb(text) in ("select", "with")][-1:]
            else:
                texts = [text for text in texts if _verb(text) in _CHANGES]
            if note and note.definition:
                texts = [text.replace(note.definition, _DEFINITION) for text in texts]
            kept[key] = tuple(texts)
        return kept


def plannable_nodes(project: Manifest) -> set[str]:
    """Return the unique ids of the models and tests whose statements the data does not change."""
    asking = _reaching(project, _LAKE_MACROS)
    return {
        key
        for key, node in project.nodes.items()
        if key not in asking
        and (
            key.startswith("test.")
            or (
                key.startswith("model.")
                and _PLAIN.get(node.config.materialized) in project.macros
                and node.depends_on_nodes
                and not any(parent.startswith("source.") for parent in node.depends_on_nodes)
            )
        )
    }


def read_note(connection: duckdb.DuckDBPyConnection, project: Manifest) -> BuildNote | None:
    """Read what the start of the last build noted; None where there is no such model or table."""
    start = next((node for node in project.nodes.values() if node.name == START), None)
    if start is None:
        return None
    found = connection.execute(
        "select comment from duckdb_tables() "
        "where database_name = ? and schema_name = ? and table_name = ? and comment is not null",
        [start.database, start.schema, start.alias],
    ).fetchall()
    if not found:
        return None
    note = orjson.loads(found[0][0])
    return BuildNote(bool(note.get("follows")), note.get("definition") or "")


def _following(project: Manifest) -> set[str]:
    """Return the nodes whose statements are others in a build that goes on from the last one.

    A test that can look at the rows that were made anew asks the same of all other models.
    """
    reaching = _reaching(project, {_FOLLOWING_MACRO})
    models = {
        key
        for key, node in project.nodes.items()
        if not key.startswith("test.")
        and (key in reaching or node.config.materialized == "followed")
    }
    return models | {
        key
        for key in reaching - models
        if not models.isdisjoint(project.nodes[key].depends_on_nodes)
    }


def _reaching(project: Manifest, names: Collection[str]) -> set[str]:
    """Return the nodes that call one of the macros, or one that does."""
    reaching = {key for key, macro in project.macros.items() if macro.name in names}
    is_more = True
    while is_more:
        found = {
            key
            for key, macro in project.macros.items()
            if key not in reaching and not reaching.isdisjoint(macro.depends_on.macros)
        }
        reaching |= found
        is_more = bool(found)
    return {
        key
        for key, node in project.nodes.items()
        if not reaching.isdisjoint(getattr(node.depends_on, "macros", ()))
    }


def _verb(text: str) -> str:
    """Return the first word of a statement, in lower case."""
    return _SQL_COMMENT.sub("", text).split(None, 1)[0].lower().rstrip(";")
