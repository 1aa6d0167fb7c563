"""Compiles the identity models with dbt, in a process of its own.

dbt's libraries take two hundred megabytes and two seconds to import; both go with the process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kesher.child_process import ChildError, run_apart
from kesher.errors import KesherError
from kesher.home_country import HOME_COUNTRY
from kesher.match_plan import (
    DEFAULT_KEPT_WEIGHT,
    INPUT,
    KEPT_WEIGHT,
    LINK_WEIGHT,
    PEOPLE,
    PEOPLE_COLUMNS,
    TARGETS,
    PlanVariant,
)

# What only copies the people. Each of its columns is read by one model or two, which may as well
# look through it at the rows that were read.
_COPIES = frozenset({"int_identity__person_records"})


def compile_apart(folder: Path, variant: PlanVariant) -> None:
    """Write `plan.json` and the template database into a folder; see `match_plan`.

    Args:
        folder: Empty; gets dbt's log too.
        variant: Which plan.

    Raises:
        KesherError: dbt failed.
    """
    try:
        run_apart(_compile, (folder, variant), name="kesher-compile", log=folder / "output.log")
    except ChildError as error:
        raise KesherError(f"dbt could not compile the identity models: {error}") from error


def _compile(folder: Path, variant: PlanVariant) -> None:
    """Build the models over no people at all: what dbt ran is their SQL for a first build."""
    import duckdb
    import orjson

    from kesher.data_directory import DataDirectory, write_file
    from kesher.dbt_run import dbt_arguments, invoke_dbt
    from kesher.parsed_project import parsed_project

    data = DataDirectory(folder)
    data.lake.mkdir()
    further = {f"also_{number}": "varchar" for number in range(1, variant.also + 1)}
    columns = ", ".join(f"{name} {kind}" for name, kind in {**PEOPLE_COLUMNS, **further}.items())
    with duckdb.connect(str(data.warehouse)) as connection:
        connection.execute(f"create schema {INPUT}")
        connection.execute(f"create table {PEOPLE} ({columns})")
    variables = {
        "identity_people": PEOPLE,
        "identity_also": list(further),
        LINK_WEIGHT: f"getvariable('{LINK_WEIGHT}')",
        HOME_COUNTRY: f"getvariable('{HOME_COUNTRY}')",
        KEPT_WEIGHT: None if variant.every_pair else _kept_weight(),
    }
    variables_text = orjson.dumps(variables).decode()
    result = invoke_dbt(
        [
            *dbt_arguments("build", data, folder),
            "--exclude-resource-type=unit_test",
            "--exclude-resource-type=test",
            f"--vars={variables_text}",
            "--select",
            *(f"+{target}" for target in TARGETS),
        ],
        data,
        project=parsed_project(data, folder, variables_text),
    )
    failed = [
        f"{node.node.name}: {node.message}"
        for node in getattr(result.result, "results", None) or []
        if node.status not in ("success", "pass")
    ]
    if not result.success or failed:
        raise KesherError("; ".join(failed) or str(result.exception))
    steps = _steps({node.node.unique_id: node.node for node in result.result.results})
    with duckdb.connect(str(data.warehouse)) as connection:
        for step in reversed(steps):
            kind = "view" if step["kind"] == "view" else "table"
            connection.execute(f"drop {kind} {step['relation']}")
        connection.execute(f"drop schema {INPUT} cascade")
        connection.execute("checkpoint")
    plan = {
        "template_bytes": data.warehouse.stat().st_size,
        "steps": steps,
    }
    write_file(folder / "plan.json", orjson.dumps(plan))


def _kept_weight() -> str:
    """Return SQL for the weight below which pairs are forgotten: as ever, or the link weight."""
    return f"least({DEFAULT_KEPT_WEIGHT!r}, getvariable('{LINK_WEIGHT}'))"


def _steps(nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """Put the models in an order in which each comes after what it reads."""
    # What follows the lake has no people in it: dbt built its empty table, which stays.
    models = {
        key: node
        for key, node in nodes.items()
        if str(node.resource_type) == "model" and node.config.materialized != "lake_stream"
    }
    ordered: dict[str, Any] = {}

    def visit(key: str) -> None:
        if key in ordered or key not in models:
            return
        for parent in models[key].depends_on.nodes:
            visit(parent)
        ordered[key] = models[key]

    for key in sorted(models):
        visit(key)

    def kind(node: Any) -> str:
        if node.name in _COPIES:
            return "copy"
        return "table" if node.config.materialized not in ("view", "ephemeral") else "view"

    def tables_behind(key: str) -> set[str]:
        found: set[str] = set()
        for parent in ordered[key].depends_on.nodes:
            found.add(parent.split(".")[-1])
            if parent in ordered and kind(ordered[parent]) != "table":
                found |= tables_behind(parent)
        return found

    return [
        {
            "name": node.name,
            "relation": node.relation_name,
            "kind": kind(node),
            "sql": node.compiled_code,
            "reads": sorted(tables_behind(key)),
        }
        for key, node in ordered.items()
        if node.config.materialized != "ephemeral"
    ]
