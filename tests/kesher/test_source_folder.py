"""Sources of the type `manifest` in kesher.yml: what is wrong is told at load, one line each."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.manifest.folder import read_folder
from connectors.manifest.mapping import (
    EVENT_FIELDS,
    EVENT_KINDS,
    MAPPED_FIELDS,
    compile_mapping,
)
from dashboard.words import WORDS
from kesher.config import load_config
from kesher.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "examples" / "pipedrive"
ENVIRONMENT = {"PIPEDRIVE_TOKEN": "pd-token-that-nobody-may-see"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "pipedrive"))


def problems(folder: Path, **changes: Any) -> list[str]:
    """What loading says, without the paths: `mapping=`, `manifest=`, `config=` change a file."""
    for name, change in changes.items():
        file = folder / {"config": "kesher.yml"}.get(name, f"{name}.yaml")
        content = yaml.safe_load(file.read_text())
        change(content)
        file.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "kesher.yml", needs=frozenset({"sources"}), environment=ENVIRONMENT)
    lines = str(caught.value).splitlines()
    opening = f"{folder / 'kesher.yml'}: sources.pipedrive"
    assert all(line.startswith(opening) for line in lines), lines
    return [line.removeprefix(opening).replace(f"{folder}/", "") for line in lines]


def test_the_example_is_right(folder: Path) -> None:
    config = load_config(
        folder / "kesher.yml", needs=frozenset({"sources"}), environment=ENVIRONMENT
    )
    assert config.sources is not None
    assert config.sources["pipedrive"]["folder"] == str(folder)
    assert config.sources["pipedrive"]["name"] == "pipedrive"
    assert ENVIRONMENT["PIPEDRIVE_TOKEN"] in config.secrets
    assert config.literal_secrets == ()


def test_a_secret_in_the_file_itself_is_a_secret_and_is_told(folder: Path) -> None:
    file = folder / "kesher.yml"
    file.write_text(file.read_text().replace('"${PIPEDRIVE_TOKEN}"', "typed-into-the-file"))
    config = load_config(file, environment={})
    assert "typed-into-the-file" in config.secrets
    assert config.literal_secrets == ("sources.pipedrive.settings.api_token",)
    assert "typed-into-the-file" not in repr(config)


def test_settings_of_a_folder_that_can_not_be_read_are_all_secret(folder: Path) -> None:
    (folder / "manifest.yaml").write_text("not: [a manifest")
    config = load_config(folder / "kesher.yml", environment=ENVIRONMENT)
    assert "acme" in config.secrets


def test_an_environment_variable_that_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match="PIPEDRIVE_TOKEN is not set"):
        load_config(folder / "kesher.yml", needs=frozenset({"sources"}), environment={})


def person(**fields: Any) -> Any:
    return lambda mapping: mapping["people"][0].update(fields)


def event(**fields: Any) -> Any:
    return lambda mapping: mapping["events"][0].update(fields)


def mapped(**sections: Any) -> Any:
    return lambda mapping: mapping.update(sections)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (person(emial="x"), "people[0].emial: unknown field; expected one of stream, record_id,"),
        (person(emial="x"), "(did you mean email?)"),
        (person(stream="person"), "people[0].stream: found person, which is no stream of"),
        (person(stream="person"), "(did you mean persons?)"),
        (person(full_name="a..b"), "people[0].full_name: found 'a..b'; expected a path such as"),
        (person(full_name="tags[*]"), "people[0].full_name: found [*], several values; expected"),
        (person(full_name="{first} {last"), "expected a text with {path} in it"),
        (person(full_name={"firts": []}), "people[0].full_name: found firts; expected one of"),
        (person(city={"cents": "x"}), "people[0].city: found cents; expected it only and directly"),
        (person(updated_at={"first": [{"epoch_seconds": "x"}]}), "found epoch_seconds; expected"),
        (person(city={"name_of": "users", "id": "x"}), "people[0].city: found name_of; expected"),
        (person(company={"name_of": "stages", "id": "x"}), "stages, which is not under names"),
        (person(record_id="emails[0].value"), "people[0].record_id: found 'emails[0].value'; exp"),
        (person(deleted_when="x"), "people[0].deleted_when: found no keys and values"),
        (person(deleted_when={"x": None}), "people[0].deleted_when.x: found no single value"),
        (mapped(people=[{"stream": "persons"}]), "found neither a name nor an email nor a phone"),
        (
            mapped(people=[{"stream": s, "full_name": "name"} for s in ("persons", "users")]),
            "people[1].record_id: gives the same ids as people of stream persons; expected a text "
            "of its own before the id, such as 'users:{id}'",
        ),
        (mapped(names={"stages": "name"}), "names.stages.stream: found stages, which is no stream"),
        (mapped(names=["users"]), "names: found no keys and values"),
        (mapped(poeple=[]), "poeple: unknown key; expected one of people, names, events"),
        (mapped(events={"stream": "deals"}), "events: found no list"),
        (event(kind="deal"), "events[0].kind: found deal, which is no kind of event; expected one"),
        (event(kind={"of": "type", "cases": {"a": "cal"}}), "found cal, which is no kind of event"),
        (event(kind="deal_closed"), "stream deals is mapped to deal_closed twice"),
        (event(kind={"of": "type"}), "events[0].kind: found no cases beside of"),
        (lambda m: m["events"][0].pop("happened_at"), "events[0].happened_at: found nothing"),
        (lambda m: m["events"][0].pop("kind"), "events[0].kind: found nothing; expected one of"),
        (lambda m: m["events"][0].pop("person"), "events[0]: found neither person nor email"),
    ],
)
def test_a_wrong_mapping_names_the_place(folder: Path, change: Any, line: str) -> None:
    told = problems(folder, mapping=change)
    assert any(line in one for one in told), told
    assert all(one.startswith(": mapping.yaml: ") for one in told)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda m: m.pop("spec"), ": manifest.yaml: found no spec.connection_specification"),
        (lambda m: m.pop("streams"), ": manifest.yaml: found no streams"),
        (lambda m: m["streams"][0].pop("name"), ": manifest.yaml: streams[0].name: found None"),
        (
            lambda m: m["definitions"]["whole_stream"].pop("primary_key"),
            ": mapping.yaml: people[0].stream: found persons, which has no primary_key",
        ),
        (
            lambda m: m["definitions"]["requester"].update(class_name="mine.Requester"),
            ": manifest.yaml: definitions.requester: found Python code (mine.Requester)",
        ),
    ],
)
def test_a_wrong_manifest_names_the_place(folder: Path, change: Any, line: str) -> None:
    assert any(one.startswith(line) for one in problems(folder, manifest=change))


def test_settings_are_held_against_the_manifest(folder: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        settings = content["sources"]["pipedrive"]["settings"]
        settings["api_tokn"] = settings.pop("api_token")

    assert problems(folder, config=change) == [
        ".settings.api_token: found nothing; expected a value, manifest.yaml requires it",
        ".settings.api_tokn: unknown setting; expected one of company_domain, api_token, "
        "start_date, base_url, timeout_seconds, max_retries, patience_seconds, max_concurrency "
        "(did you mean api_token?)",
    ]


def source(**keys: Any) -> Any:
    return lambda content: content["sources"]["pipedrive"].update(keys)


def test_streams_to_leave_out_are_held_against_the_manifest(folder: Path) -> None:
    assert problems(folder, config=source(without=["leads", "deal"])) == [
        ".without: found leads; expected one of persons, organizations, users, deals, activities "
        "(did you mean deals?)",
        ".without: found deal; expected one of persons, organizations, users, deals, activities "
        "(did you mean deals?)",
    ]
    every = ["persons", "organizations", "users", "deals", "activities"]
    assert problems(folder, config=source(without=every)) == [
        ".without: found every stream; expected to leave one at least"
    ]


def test_streams_to_read_again_are_held_against_the_manifest(folder: Path) -> None:
    assert problems(folder, config=source(reread_days={"deal": 30})) == [
        ".reread_days: found deal; expected one of persons, organizations, users, deals, "
        "activities (did you mean deals?)"
    ]


def test_what_every_source_may_say_a_folders_source_may_say(folder: Path) -> None:
    given = {
        "timeout_seconds": 10,
        "max_retries": 0,
        "patience_seconds": 60,
        "max_concurrency": 1,
        "without": ["deals"],
    }
    file = folder / "kesher.yml"
    content = yaml.safe_load(file.read_text())
    source(**given)(content)
    file.write_text(yaml.safe_dump(content))
    config = load_config(file, needs=frozenset({"sources"}), environment=ENVIRONMENT)
    assert config.sources is not None
    assert given.items() <= config.sources["pipedrive"].items()


def test_files_that_can_not_be_read_are_told_by_line(folder: Path) -> None:
    (folder / "mapping.yaml").write_text("people:\n  - stream: [\n")
    assert problems(folder)[0].startswith(": mapping.yaml: line 3 is not YAML")
    (folder / "mapping.yaml").write_bytes(b"\xff\xfe")
    assert problems(folder) == [": mapping.yaml: is not UTF-8 text"]
    (folder / "mapping.yaml").unlink()
    (folder / "manifest.yaml").write_text("- a list")
    assert problems(folder) == [": manifest.yaml: found no keys and values; expected some"]
    (folder / "manifest.yaml").unlink()
    assert problems(folder) == [": manifest.yaml: can't be read: No such file or directory"]


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ({"x-reread-days": "7"}, 'x-reread-days: found "7"; expected a whole number of days such'),
        ({"x-reread-days": [1]}, "x-reread-days: found [1]; expected a whole number of days"),
        ({"x-reread-days": -1}, "x-reread-days: found -1; expected a whole number of days"),
        ({"x-reread-days": True}, "x-reread-days: found true; expected a whole number of days"),
        ({"x-start-field": 5}, "x-start-field: found 5; expected a field such as created, or null"),
        ({"x-start-field": ""}, 'x-start-field: found ""; expected a field such as created'),
        ({"x-reread-days": 1.5}, "x-reread-days: found 1.5; expected a whole number of days"),
        ({"x-append-only": "no"}, 'x-append-only: found "no"; expected true or false'),
        ({"type": "objekt"}, 'type: found "objekt"; expected one of array, boolean, integer,'),
        (
            {"properties": {"id": {"type": ["null", "int"]}}},
            'properties.id.type: found ["null", "int"]; expected one of array, boolean,',
        ),
        (
            {"properties": {"org": {"$ref": "#/definitions/org"}}},
            "$ref: found a reference to /definitions/org, which is not in this schema; expected",
        ),
        (
            {"properties": {"org": {"$ref": "shared/org.json"}}},
            "$ref: found a reference to shared/org.json, which is not in this schema; expected",
        ),
        (
            {"properties": {"org": {"$ref": "http://127.0.0.1:9/org.json"}}},
            "$ref: found a reference to http://127.0.0.1:9/org.json, which is not in this schema",
        ),
        ({"$schema": "draft-7"}, "$schema: found draft-7, which is not known; expected one such"),
        ({"properties": {"id": "integer"}}, 'properties.id: "integer" is not of types "boolean",'),
        ({"properties": {"id": {"pattern": "("}}}, 'properties.id.pattern: "(" is not a "regex"'),
        ([], "found []; expected a JSON schema, which is an object with properties"),
    ],
)
def test_a_wrong_schema_names_the_file_and_the_place(folder: Path, schema: Any, line: str) -> None:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "deals.json").write_text(json.dumps(schema))
    told = problems(folder)
    assert len(told) == 1
    assert told[0].startswith(f": schemas/deals.json: {line}"), told
    (folder / "schemas" / "deals.json").unlink()

    def put(manifest: dict[str, Any]) -> None:
        loader = {"type": "InlineSchemaLoader", "schema": schema}
        manifest["streams"][3]["schema_loader"] = loader

    if "$ref" not in json.dumps(schema):  # the manifest's own are looked up in it
        told = problems(folder, manifest=put)
        assert len(told) == 1
        opening = ": manifest.yaml: streams[3].schema_loader.schema: "
        assert told[0].startswith(f"{opening}{line}"), told


def test_a_schema_file_that_is_no_json_is_told_with_all_other_faults(folder: Path) -> None:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "deals.json").write_text("{")
    (folder / "schemas" / "users.json").write_text('{"type": "x", "x-reread-days": -1}')
    told = problems(folder)
    assert [line.split(":")[1] for line in told] == [" schemas/deals.json"] + [
        " schemas/users.json"
    ] * 2
    assert "is no JSON: Expecting" in told[0]


@pytest.mark.parametrize("version", ["http://json-schema.org/schema#", None])
def test_schemas_as_airbyte_writes_them_are_taken(folder: Path, version: str | None) -> None:
    (folder / "schemas").mkdir()
    schema = {
        "type": ["null", "object"],
        "additionalProperties": True,
        "definitions": {"at": {"type": "string", "format": "date-time", "airbyte_type": "x"}},
        "properties": {"at": {"$ref": "#/definitions/at"}},
        "x-reread-days": 0,
        "x-start-field": "created.at",
        "x-append-only": True,
        **({"$schema": version} if version else {}),
    }
    (folder / "schemas" / "deals.json").write_text(json.dumps(schema))
    assert read_folder(folder).schemas == {"deals": schema}


def test_days_and_limits_are_whole_numbers_and_not_true(folder: Path) -> None:
    given = source(reread_days={"deals": True}, max_retries=True)
    assert problems(folder, config=given) == [
        ".max_retries: found a yes-or-no value True; expected a whole number",
        ".reread_days.deals: found a yes-or-no value True; expected a whole number",
    ]


def test_a_number_of_days_may_come_from_the_environment(folder: Path) -> None:
    file = folder / "kesher.yml"
    content = yaml.safe_load(file.read_text())
    source(reread_days={"deals": "${DAYS}"})(content)
    file.write_text(yaml.safe_dump(content))
    config = load_config(file, environment={**ENVIRONMENT, "DAYS": "30"})
    assert config.reread_days == {"pipedrive": {"deals": 30}}


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    told = problems(folder, config=lambda c: c["sources"]["pipedrive"].update(folder="nowhere"))
    assert told == [": nowhere: is not a folder; expected one with manifest.yaml"]


def test_a_folder_without_a_mapping_is_read_into_the_lake_only(folder: Path) -> None:
    (folder / "mapping.yaml").unlink()
    assert compile_mapping(read_folder(folder)) == {"people": [], "names": [], "events": []}


def test_two_streams_of_people_have_ids_of_their_own(folder: Path) -> None:
    file = folder / "mapping.yaml"
    mapping = yaml.safe_load(file.read_text())
    mapping["people"].append({"stream": "users", "full_name": "name", "record_id": "user:{id}"})
    file.write_text(yaml.safe_dump(mapping))
    assert len(compile_mapping(read_folder(folder))["people"]) == 2


GUIDE = Path(__file__).parents[2] / "docs" / "add-a-source.md"


def test_what_the_guide_shows_stands_in_the_example() -> None:
    # The example's kesher.yml lies in the folder itself, the reader's does not.
    files = [
        file.read_text().replace("folder: .                ", "folder: sources/pipedrive")
        for file in EXAMPLE.iterdir()
    ]
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) == 7
    for block in blocks:
        assert any(block in content for content in files), block


def test_the_guide_names_every_field_and_kind() -> None:
    guide = GUIDE.read_text()
    for name in (*MAPPED_FIELDS, *EVENT_FIELDS, *EVENT_KINDS):
        assert f"`{name}`" in guide, name


def test_every_kind_of_event_has_words(folder: Path) -> None:
    assert {f"kind.{kind}" for kind in EVENT_KINDS} <= WORDS.keys()
