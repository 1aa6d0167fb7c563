"""The values of a mapping: where in a record they are, and how a few of them make one.

An expression of the mapping becomes a small tree of operations over numbered paths. The dbt
project writes SQL out of it (`macros/lake/mapped_records.sql`), so nothing here ever runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]

_STEP = re.compile(
    r'(?P<dot>\.)?(?:"(?P<quoted>[^"\\]+)"|(?P<name>[^.\[\]{}"\\]+))|\[(?P<at>\d+|\*)\]'
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OPERATIONS = ("value", "first", "of", "name_of", "epoch_seconds", "cents")


class Paths:
    """The paths that one mapping reads, each once, by its number from 1.

    Attributes:
        plain: Paths that lead to one value.
        lists: Paths with `[*]`, which lead to several.
    """

    def __init__(self) -> None:
        self.plain: list[str] = []
        self.lists: list[str] = []

    def node(self, path: str) -> Node:
        """The operation that takes the value, or the values, at a path of the mapping.

        Raises:
            ValueError: it is no path.
        """
        written = json_path(path)
        if "[*]" in written:
            return {"op": "list", "at": _number(self.lists, written)}
        return {"op": "path", "at": _number(self.plain, written)}

    def number(self, path: str) -> int:
        """The number of a path that leads to one value.

        Raises:
            ValueError: it is no such path.
        """
        node = self.node(path)
        if node["op"] == "list":
            raise ValueError(f"found {path}, which leads to several values; expected one, e.g. [0]")
        return int(node["at"])


def _number(paths: list[str], path: str) -> int:
    if path not in paths:
        paths.append(path)
    return paths.index(path) + 1


def json_path(path: str) -> str:
    """Write `emails[*].value` as the JSON path `$."emails"[*]."value"`.

    Raises:
        ValueError: it is no path.
    """
    written, position = "$", 0
    while position < len(path):
        step = _STEP.match(path, position)
        is_first = position == 0
        if not step or (step["at"] is None and is_first == bool(step["dot"])):
            break
        if is_first and step["at"] is not None:
            break
        name = step["quoted"] or step["name"]
        written += f"[{step['at']}]" if step["at"] is not None else f'."{name.strip()}"'
        position = step.end()
    if not path or position < len(path):
        raise ValueError(
            f"found {path!r}; expected a path such as name, owner.id or emails[*].value"
        )
    return written


def compile_expression(given: Any, paths: Paths, streams: Callable[[str], None]) -> Node:
    """Make operations of what a mapping says for one field.

    Args:
        given: A path, a text with `{path}` in it, or one of the operations.
        paths: Takes the paths.
        streams: Called with the stream that `name_of` names; raises ValueError if there is none.

    Raises:
        ValueError: says what was found and what is expected.
    """
    if isinstance(given, str):
        return _template(given, paths) if "{" in given or "}" in given else paths.node(given)
    if isinstance(given, list):
        raise ValueError("found a list; expected a path, or {first: [...]}")
    if not isinstance(given, dict):
        raise ValueError(
            f"found {given!r}; expected a path such as owner.id, or {{value: {given}}}"
        )
    operation = next((key for key in given if key in _OPERATIONS), None)
    if operation is None:
        raise ValueError(
            f"found {', '.join(map(str, given)) or 'nothing'}; expected one of "
            f"{', '.join(_OPERATIONS)}"
        )
    allowed = {"of": {"of", "cases", "else"}, "name_of": {"name_of", "id"}}
    unknown = given.keys() - allowed.get(operation, {operation})
    if unknown:
        raise ValueError(f"found {', '.join(map(str, sorted(unknown)))} beside {operation}")
    if operation == "value":
        return {"op": "value", "value": constant(given["value"])}
    if operation == "first":
        choices = given["first"]
        if not isinstance(choices, list) or not choices:
            raise ValueError("found no list under first; expected paths, the best one first")
        return {"op": "first", "of": [compile_expression(c, paths, streams) for c in choices]}
    if operation == "of":
        return compile_cases(given, paths, streams)
    if operation == "name_of":
        streams(str(given["name_of"]))
        if "id" not in given:
            raise ValueError("found no id beside name_of; expected the path of the id")
        inner = compile_expression(given["id"], paths, streams)
        return {"op": "name_of", "stream": str(given["name_of"]), "id": inner}
    return {"op": operation, "of": compile_expression(given[operation], paths, streams)}


def compile_cases(given: dict[str, Any], paths: Paths, streams: Callable[[str], None]) -> Node:
    """Make operations of `{of: path, cases: {theirs: ours}, else: ours}`.

    Raises:
        ValueError: says what was found and what is expected.
    """
    cases = given.get("cases")
    if not isinstance(cases, dict) or not cases:
        raise ValueError("found no cases beside of; expected {their value: our value}")
    return {
        "op": "cases",
        "of": compile_expression(given["of"], paths, streams),
        "cases": [[constant(theirs), constant(ours)] for theirs, ours in cases.items()],
        "else": constant(given["else"]) if given.get("else") is not None else None,
    }


def constant(value: Any) -> str:
    """A constant as text, as the record's own values are compared.

    Raises:
        ValueError: it is no single value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, dict | list):
        raise ValueError("found no single value; expected a text, a number, true or false")
    return str(value)


def used_paths(node: Node) -> Iterator[int]:
    """The numbers of the plain paths under an operation; 0 for one that leads to several values."""
    if node["op"] == "path":
        yield node["at"]
    elif node["op"] == "list":
        yield 0
    else:
        for inner in (node.get("id"), node.get("of"), node.get("parts")):
            for child in inner if isinstance(inner, list) else [inner]:
                if isinstance(child, dict):
                    yield from used_paths(child)


def _template(text: str, paths: Paths) -> Node:
    parts: list[Node] = []
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        if match.start() > position:
            parts.append({"op": "value", "value": text[position : match.start()]})
        node = paths.node(match[1].strip())
        parts.append(node)
        position = match.end()
    if position < len(text):
        parts.append({"op": "value", "value": text[position:]})
    rest = "".join(part["value"] for part in parts if part["op"] == "value")
    if "{" in rest or "}" in rest or all(part["op"] == "value" for part in parts):
        raise ValueError(f"found {text!r}; expected a text with {{path}} in it")
    return {"op": "join", "parts": parts}
