"""The project parses without a warning, and says of every model what it is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from built_warehouse import PROJECT, Warehouse
from dbt.contracts.graph.manifest import Manifest

MODELS = sorted((PROJECT / "models").rglob("*.sql"))
MARTS = [model for model in MODELS if "marts" in model.parts]
# Functions that only one engine has, or that engines disagree on.
ENGINE_FUNCTIONS = re.compile(
    r"\b(read_parquet|glob|from_json|json_extract|json_transform|to_json|unnest|explode|list_\w+"
    r"|array_to_string|string_split|string_agg|listagg|epoch_ms|make_timestamp|strftime|strptime"
    r"|regexp_matches|regexp_replace|regexp_extract|arg_max|arg_min|struct_pack|try_cast"
    r"|jaro_winkler_similarity|levenshtein|generate_series)\s*\(|::|\bqualify\b",
    re.IGNORECASE,
)


def yaml_beside(model: Path) -> dict[str, Any]:
    """What the YAML beside a model says of it."""
    content = yaml.safe_load(model.with_suffix(".yml").read_text(encoding="utf-8"))
    (entry,) = content["models"]
    assert entry["name"] == model.stem
    return {**entry, "unit_tests": content.get("unit_tests", [])}


def without_jinja(sql: str) -> str:
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|--[^\n]*|'[^']*'", " ", sql, flags=re.DOTALL)


def test_parsing_gives_no_warning_or_deprecation(warehouse: Warehouse) -> None:
    output = warehouse.plain_dbt("--warn-error", "parse", "--show-all-deprecations")
    assert "eprecat" not in output


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_every_model_and_column_is_described(model: Path) -> None:
    entry = yaml_beside(model)
    assert entry["description"].strip()
    assert entry["columns"]
    for column in entry["columns"]:
        assert column.get("description", "").strip(), column["name"]


@pytest.mark.parametrize("mart", MARTS, ids=lambda model: model.stem)
def test_every_mart_has_an_owner_and_typed_columns(mart: Path) -> None:
    entry = yaml_beside(mart)
    assert entry["config"]["meta"]["owner"]
    for column in entry["columns"]:
        assert column.get("data_type"), column["name"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_every_unit_test_is_explained_in_a_sentence(model: Path) -> None:
    for unit_test in yaml_beside(model)["unit_tests"]:
        assert len(unit_test.get("description", "").split()) >= 5, unit_test["name"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_engine_differences_stay_in_their_macros(model: Path) -> None:
    found = ENGINE_FUNCTIONS.findall(without_jinja(model.read_text(encoding="utf-8")))
    assert not found


def test_contracts_groups_and_access_are_in_force(manifest: Manifest) -> None:
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    assert sorted(node.name for node in models) == sorted(model.stem for model in MODELS)
    for node in models:
        assert node.config.group, node.name
        if node.schema == "marts":
            assert node.config.contract.enforced, node.name
            assert node.config.access == "public", node.name
        else:
            assert node.config.access == "protected", node.name


def test_a_build_is_finished_when_all_that_follows_it_is(manifest: Manifest) -> None:
    """Else the next build would go on from work lists that a model has never seen."""
    names = {key: node.name for key, node in manifest.nodes.items()}
    (end,) = (key for key, name in names.items() if name == "int_identity__finished_build")
    before, left = set(), [end]
    while left:
        for key in manifest.nodes[left.pop()].depends_on_nodes:
            if key in names and key not in before:
                before.add(key)
                left.append(key)
    following = {
        key for key, node in manifest.nodes.items() if node.config.materialized == "followed"
    }
    assert {names[key] for key in following - before} == set()


def test_another_text_of_a_model_that_follows_starts_a_build_from_nothing(
    manifest: Manifest,
) -> None:
    """Else a build would go on from rows that another statement made."""
    macro = manifest.macros["macro.kesher.duckdb__project_digest"].macro_sql
    patterns = re.findall(r'"(models/[^"]+)"', macro)
    following = [
        Path(node.original_file_path)
        for node in manifest.nodes.values()
        if node.config.materialized == "followed"
    ]
    assert following
    assert [path for path in following if not any(path.match(each) for each in patterns)] == []
