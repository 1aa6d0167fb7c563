"""JSON schemas of a folder's streams: what is wrong with one, before anything is read by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.schema_keywords import APPEND_ONLY, REREAD_DAYS, START_FIELD

_TYPES = "array, boolean, integer, null, number, object, string, or a list of these"


def read_schemas(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Read the schemas that lie in a folder.

    Returns:
        The schemas by stream, and one line for each problem.
    """
    schemas, problems = {}, []
    for file in sorted(folder.glob("*.json")):
        try:
            schema = json.loads(file.read_text("utf-8"))
        except OSError as error:
            problems.append(f"{file}: can't be read: {error.strerror or error}")
        except ValueError as error:
            problems.append(f"{file}: is no JSON: {error}")
        else:
            schemas[file.stem] = schema
            problems += [f"{file}: {problem}" for problem in schema_problems(schema)]
    return schemas, problems


def schema_problems(schema: Any) -> Iterator[str]:
    """Say what is wrong with a stream's schema: where in it, what is found, what is expected."""
    if not isinstance(schema, dict):
        yield f"found {_shown(schema)}; expected a JSON schema, which is an object with properties"
        return
    days = schema.get(REREAD_DAYS, 0)
    if isinstance(days, bool) or not isinstance(days, int) or days < 0:
        yield (
            f"{REREAD_DAYS}: found {_shown(days)}; expected a whole number of days such as 30, "
            "or 0 for never"
        )
    append_only = schema.get(APPEND_ONLY, False)
    if not isinstance(append_only, bool):
        yield f"{APPEND_ONLY}: found {_shown(append_only)}; expected true or false"
    field = schema.get(START_FIELD)
    if not (field is None or (isinstance(field, str) and field)):
        yield f"{START_FIELD}: found {_shown(field)}; expected a field such as created, or null"
    yield from _rule_problems(schema)


def _rule_problems(schema: dict[str, Any]) -> Iterator[str]:
    # It is not needed for folders without schemas, and takes a while.
    import jsonschema_rs

    try:
        jsonschema_rs.validator_for(schema, retriever=_refuse)
    except jsonschema_rs.ValidationError as error:
        place = ".".join(str(step) for step in error.instance_path)
        quoted = re.search(r"'([^']*)'", error.message)
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Referencing) and quoted:
            if "meta-schema" in error.message:
                yield (
                    f"$schema: found {quoted[1]}, which is not known; expected one such as "
                    "http://json-schema.org/draft-07/schema#"
                )
            else:
                yield (
                    f"$ref: found a reference to {quoted[1]}, which is not in this schema; "
                    "expected one to a place in it, such as #/definitions/address"
                )
        elif error.instance_path and error.instance_path[-1] == "type":
            yield f"{place}: found {_shown(error.instance)}; expected one of {_TYPES}"
        else:
            message = " ".join(error.message.split())
            yield f"{place or 'schema'}: {message[:300]}; expected a rule of JSON schema"
    except ValueError as error:
        yield f"is no JSON schema: {' '.join(str(error).split())[:300]}"


def _refuse(address: str) -> Any:
    """Nothing is fetched: a folder is whole, and a check asks nobody."""
    raise ValueError(address)


def _shown(value: Any) -> str:
    return json.dumps(value)[:60]
