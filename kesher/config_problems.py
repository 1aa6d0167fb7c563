"""Tells mistakes in `kesher.yml`, one line each: the key, what was found, what is expected.

Values that came from the environment, and those of keys that hold secrets, never stand in a line.
"""

from __future__ import annotations

import re
import types
import typing
from typing import Any, Union

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from connectors.nearest_name import did_you_mean, expected_one_of
from connectors.people_fields import PeopleField
from kesher.config_environment import Expansion
from kesher.config_schema import VENDORS, KesherFile, SourceConfig

_SECRET_KEY = re.compile(r"secret|token|password|api_key|webhook|credential|url", re.IGNORECASE)


def path_in_file(location: tuple[int | str, ...]) -> list[int | str]:
    """Return where a problem stands in the file; pydantic adds the kind of source to its path."""
    # It writes [key] behind a key that is wrong itself; alone, it is what stands in the file.
    path = [*location[:1], *(part for part in location[1:] if part != "[key]")]
    if len(path) > 2 and path[0] == "sources":
        del path[2]
    # Pydantic also names the branch of a union that did not fit, e.g. `str` and `list[str]`.
    return [
        part
        for part in path
        if not (isinstance(part, str) and re.fullmatch(r"str|list\[.*\]", part))
    ]


def problem_line(details: ErrorDetails, expansion: Expansion) -> str:
    """Say what one of pydantic's complaints means, without the file's name."""
    location = details["loc"]
    path = path_in_file(location)
    key = dotted(path)
    kind = details["type"]
    if kind == "extra_forbidden":
        return f"{key}: unknown key; {_expected_keys(str(path[-1]), location)}"
    if kind == "missing":
        return f"{key}: found nothing; expected a value, this key is required"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        kinds = [*VENDORS, "files", "manifest"]
        found = details["ctx"].get("tag") if "ctx" in details else None
        if kind == "union_tag_not_found" or found is None:
            return f"{key}.type: found nothing; expected one of {', '.join(kinds)}"
        return f"{key}.type: found {found}; {expected_one_of(found, kinds)}"
    if "[key]" in location:
        fields = list(typing.get_args(PeopleField))
        near = did_you_mean(str(path[-1]), fields)
        return f"{key}: unknown field{near}; expected one of {', '.join(fields)}"
    found = _found(details["input"], path, expansion)
    return f"{key}: found {found}; expected {_expected(details)}"


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "dict_type": "keys and values",
    "list_type": "a list",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "float_type": "a number",
}


def _expected(details: ErrorDetails) -> str:
    if details["type"] in _EXPECTED:
        return _EXPECTED[details["type"]]
    message = details["msg"]
    for opening in ("Input should be ", "Value error, ", "Assertion failed, ", "expected "):
        message = message.removeprefix(opening)
    return message[:1].lower() + message[1:]


def _found(value: Any, path: list[int | str], expansion: Expansion) -> str:
    from_environment = any(
        tuple(path[:end]) in expansion.expanded for end in range(1, len(path) + 1)
    )
    if from_environment:
        return f"{kind_of(value)} from the environment"
    is_secret = any(isinstance(part, str) and _SECRET_KEY.search(part) for part in path)
    if is_secret or isinstance(value, dict | list | types.NoneType):
        return kind_of(value)
    shown = str(value)
    return f"{kind_of(value)} {shown if len(shown) <= 40 else shown[:40] + '...'}"


def kind_of(value: Any) -> str:
    """Say what sort of value this is, without showing it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a yes-or-no value"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "a list"
    return "keys and values" if isinstance(value, dict) else f"a {type(value).__name__}"


def _expected_keys(found: str, location: tuple[int | str, ...]) -> str:
    fields = _fields_at(location[:-1])
    return expected_one_of(found, fields)


def _fields_at(location: tuple[int | str, ...]) -> list[str]:
    """List the keys that the section at a pydantic location knows."""
    if len(location) >= 3 and location[0] == "sources":
        for source in typing.get_args(typing.get_args(SourceConfig)[0]):
            if typing.get_args(source.model_fields["type"].annotation)[0] == location[2]:
                return list(source.model_fields)
    model: Any = KesherFile
    for part in location:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        found = _model_in(annotation)
        if found is None:
            break
        model = found
    return [about.alias or name for name, about in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (Union, types.UnionType):
        for argument in typing.get_args(annotation):
            if (found := _model_in(argument)) is not None:
                return found
    return None


def dotted(path: Any) -> str:
    """Write a path as `sources.stripe.start_date`."""
    return ".".join(str(part) for part in path)
