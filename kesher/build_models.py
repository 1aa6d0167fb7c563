"""Has models and tests made: by dbt, or by what is kept of what dbt did the last time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from kesher.build_plan import (
    BuildPlan,
    StatementRecorder,
    plannable_nodes,
    read_note,
    read_plan,
)
from kesher.changed_models import START, beginnings, changed_models
from kesher.data_directory import DataDirectory, write_file
from kesher.dbt_run import OpenWarehouse, dbt_arguments, open_warehouse
from kesher.home_country import DEFAULT_HOME_COUNTRY, HOME_COUNTRY
from kesher.parsed_project import parsed_project
from kesher.plan_run import NodeOutcome, run_nodes

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_FAULTS = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class ModelRequest:
    """What is to be made.

    Attributes:
        data: From which lake, into which warehouse.
        run_folder: Gets dbt's log, and the seconds of each model and test.
        full_refresh: Read the whole lake again.
        select: dbt's selection; if empty, what can be other than it was.
        home_country: See `kesher.build.build`.
        known: What the lake held when the warehouse was built the last time; None if that build
            is nothing to go on from.
        lake: What it holds.
        verbose: Let dbt tell what it does.
    """

    data: DataDirectory
    run_folder: Path
    full_refresh: bool
    select: Sequence[str]
    home_country: str
    known: Mapping[str, str] | None
    lake: Mapping[str, str]
    verbose: bool = False


@dataclass(frozen=True)
class Made:
    """What was made.

    Attributes:
        outcomes: Of models and tests.
        unchanged: How many models had nothing new to read.
        exception: Why dbt gave up, if it did.
    """

    outcomes: Sequence[NodeOutcome]
    unchanged: int = 0
    exception: BaseException | None = None

    @property
    def faults(self) -> list[NodeOutcome]:
        """What failed."""
        return [outcome for outcome in self.outcomes if outcome.is_fault]


def make_models(request: ModelRequest, tell: Callable[[str], None]) -> Made:
    """Make the models: those selected, or those behind what is not as `known`, or all.

    Args:
        request: Which.
        tell: Called with the name of each model and test when it is done.
    """
    made = _Making(request, tell).make()
    lines = {outcome.key: round(outcome.seconds, 4) for outcome in made.outcomes}
    write_file(request.run_folder / "nodes.json", orjson.dumps(lines))
    return made


class _Making:
    def __init__(self, request: ModelRequest, tell: Callable[[str], None]) -> None:
        self._request = request
        self._tell = tell
        self._variables = None
        if request.home_country != DEFAULT_HOME_COUNTRY:
            variables = {HOME_COUNTRY: f"'{request.home_country}'"}
            self._variables = orjson.dumps(variables).decode()

    def make(self) -> Made:
        request = self._request
        project = parsed_project(request.data, request.run_folder, self._variables)
        if project is None:
            return self._made_by_dbt(None, request.select)
        if request.select:
            return self._made_by_dbt(project, request.select)
        plan = read_plan(request.data, self._variables)
        changed = None
        if request.known is not None:
            changed = changed_models(project, request.known, request.lake)
        if changed is None:
            return self._made_by_dbt(project, (), plan)
        unchanged = _model_count(project) - len(changed)
        if not changed:
            return Made([], unchanged)
        made = self._made_by_plan(project, plan, changed)
        if made is None:
            chosen = [f"{name}+" for name in beginnings(project, changed)]
            made = self._made_by_dbt(project, chosen, plan)
        return Made(made.outcomes, unchanged, made.exception)

    def _made_by_dbt(
        self, project: Manifest | None, chosen: Sequence[str], plan: BuildPlan | None = None
    ) -> Made:
        """Let dbt make models and tests; its statements go into the plan, if one is given."""
        recorder = StatementRecorder()
        with open_warehouse(self._request.data) as warehouse:
            made = self._invoke(warehouse, project, chosen, recorder)
        if project is not None and plan is not None and not made.faults and not made.exception:
            with duckdb.connect(str(self._request.data.warehouse)) as connection:
                note = read_note(connection, project)
            succeeded = {outcome.key for outcome in made.outcomes}
            if not any(project.nodes[key].name == START for key in succeeded):
                note = None
            plan.keep(recorder.nodes(project, succeeded, note))
        return made

    def _made_by_plan(self, project: Manifest, plan: BuildPlan, changed: set[str]) -> Made | None:
        """Let dbt make what only it can, and the rest by the plan; None if the plan can not."""
        first, later = _parts(project, changed)
        if not first or not later <= plan.nodes.keys():
            return None
        with open_warehouse(self._request.data) as warehouse:
            names = sorted(project.nodes[key].name for key in first)
            made = self._invoke(warehouse, project, names, further=["--exclude-resource-type=test"])
            if made.faults or made.exception:
                return made
            cursor = warehouse.cursor()
            note = read_note(cursor, project)
            cursor.close()
            if START in names and not (note and note.follows):
                return None
            statements = {key: plan.statements(key, note) for key in later}
            with _log(self._request.run_folder) as write:

                def tell(outcome: NodeOutcome) -> None:
                    write(outcome)
                    self._tell(outcome.name)

                outcomes = run_nodes(project, statements, warehouse.cursor, tell)
        return Made([*made.outcomes, *outcomes])

    def _invoke(
        self,
        warehouse: OpenWarehouse,
        project: Manifest | None,
        chosen: Sequence[str],
        recorder: StatementRecorder | None = None,
        further: Sequence[str] = (),
    ) -> Made:
        request = self._request
        arguments = dbt_arguments(
            "build", request.data, request.run_folder, verbose=request.verbose
        )
        # Unit tests are about the models' code, not about the data; they belong to `make test`.
        arguments += ["--exclude-resource-type=unit_test", *further]
        if request.full_refresh:
            arguments.append("--full-refresh")
        if self._variables is not None:
            arguments.append(f"--vars={self._variables}")
        if chosen:
            arguments += ["--select", *chosen]

        def follow(event: Any) -> None:
            if event.info.name == "NodeFinished":
                self._tell(event.data.node_info.node_name)

        callbacks = [follow] if recorder is None else [follow, recorder]
        result = warehouse.invoke(arguments, callbacks, project)
        outcomes = [
            NodeOutcome(
                node.node.unique_id,
                str(node.node.resource_type),
                node.node.name,
                float(node.execution_time),
                node.status in _FAULTS,
                str(node.message or ""),
            )
            for node in getattr(result.result, "results", None) or []
            if node.status != "skipped"
        ]
        exception = result.exception
        if not result.success and exception is None and not any(o.is_fault for o in outcomes):
            exception = RuntimeError("")
        return Made(outcomes, exception=exception)


def _model_count(project: Manifest) -> int:
    return sum(key.startswith("model.") for key in project.nodes)


def _parts(project: Manifest, changed: set[str]) -> tuple[set[str], set[str]]:
    """Divide what has to be made into what dbt makes first, and what a plan can make then.

    A view is what it was: its code has not changed.
    """
    keys = {
        key
        for key, node in project.nodes.items()
        if key.startswith("model.") and node.name in changed
    }
    tests = {
        key
        for key, node in project.nodes.items()
        if key.startswith("test.") and not keys.isdisjoint(node.depends_on_nodes)
    }
    views = {key for key in keys if project.nodes[key].config.materialized == "view"}
    first: set[str] = set()
    waiting = list(keys - plannable_nodes(project) - views)
    while waiting:
        key = waiting.pop()
        if key in keys and key not in first:
            first.add(key)
            waiting.extend(project.nodes[key].depends_on_nodes)
    return first - views, (keys | tests) - first - views


@contextmanager
def _log(run_folder: Path) -> Iterator[Callable[[NodeOutcome], None]]:
    """Write what runs without dbt to dbt's log, too."""
    with (run_folder / "dbt.log").open("a") as log:

        def write(outcome: NodeOutcome) -> None:
            told = "ERROR" if outcome.is_fault else "WARN" if outcome.message else "OK"
            line = f"{time.strftime('%H:%M:%S')}  {told} {outcome.kind} {outcome.name}"
            log.write(f"{line} in {outcome.seconds:.2f}s\n")
            for text in (outcome.message, outcome.sql):
                if text:
                    log.write(f"{text}\n")

        yield write
