"""`mapping.yaml`: which records are people, names and events, and what their fields mean.

The mapping is applied when the warehouse is built, from the records as they lie in the lake. So a
mapping that changes needs no new reading of the vendor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connectors.manifest.expression import (
    Node,
    Paths,
    compile_cases,
    compile_expression,
    constant,
    used_paths,
)
from connectors.manifest.folder import MANIFEST, MAPPING, FolderError, SourceFolder
from connectors.nearest_name import expected_one_of
from connectors.people_fields import PEOPLE_FIELDS

MAPPED_FIELDS: tuple[str, ...] = (*PEOPLE_FIELDS, "created_at")
"""Those of every list, and since when the system knows the person."""
EVENT_FIELDS: tuple[str, ...] = (
    "happened_at",
    "person",
    "email",
    "title",
    "details",
    "url",
    "amount",
    "currency",
    "staff",
)
EVENT_KINDS: tuple[str, ...] = (
    "call",
    "meeting",
    "note",
    "task",
    "email",
    "message",
    "deal_created",
    "deal_closed",
    "order_placed",
    "invoice_issued",
    "invoice_paid",
    "payment_made",
    "payment_failed",
    "refund",
    "subscription_started",
    "subscription_canceled",
    "ticket_opened",
    "ticket_comment",
    "ticket_solved",
    "ticket_rated",
    "list_joined",
    "email_opened",
    "email_clicked",
    "email_bounced",
    "unsubscribed",
)
"""What an event of the timeline may be."""

_TIMES = ("happened_at", "created_at", "updated_at")
_SEVERAL = {"people": ("email", "phone"), "events": ("person", "email"), "names": ()}
_NAMED = ("company", "staff", "title")
_CONDITIONS = ("only_when", "deleted_when")


def compile_mapping(folder: SourceFolder) -> dict[str, Any]:
    """Make of a folder's mapping what the dbt project reads.

    Returns:
        Blocks of `people`, `names` and `events`; all empty without a mapping.

    Raises:
        FolderError: one line for each problem, with the file and the place in it.
    """
    compiler = _Compiler(folder)
    compiled = compiler.compile()
    if compiler.problems:
        raise FolderError(compiler.problems)
    return compiled


class _Compiler:
    def __init__(self, folder: SourceFolder) -> None:
        self._folder = folder
        self._file = folder.path / MAPPING
        self.problems: list[str] = []
        names = folder.mapping.get("names") or {}
        self._names: Mapping[str, Any] = names if isinstance(names, dict) else {}

    def compile(self) -> dict[str, Any]:
        mapping = self._folder.mapping
        for key in mapping:
            if key not in ("people", "names", "events"):
                self._tell(str(key), "unknown key; expected one of people, names, events")
        if not isinstance(mapping.get("names") or {}, dict):
            self._tell("names", "found no keys and values; expected {stream: path of its name}")
        people = [self._people(place, block) for place, block in self._blocks("people")]
        events = [self._event(place, block) for place, block in self._blocks("events")]
        names = [self._name(stream, given) for stream, given in self._names.items()]
        if not self.problems:
            self._tell_collisions(people, events)
        return {"people": people, "names": names, "events": events}

    def _tell(self, place: str, problem: str) -> None:
        self.problems.append(f"{self._file}: {place}: {problem}")

    def _blocks(self, section: str) -> list[tuple[str, dict[str, Any]]]:
        given = self._folder.mapping.get(section) or []
        if not isinstance(given, list):
            self._tell(section, "found no list; expected one entry a stream, each with stream: …")
            return []
        blocks = []
        for position, block in enumerate(given):
            place = f"{section}[{position}]"
            if isinstance(block, dict):
                blocks.append((place, block))
            else:
                self._tell(place, "found no keys and values; expected stream: … and fields")
        return blocks

    def _attempt(self, place: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except ValueError as problem:
            self._tell(place, str(problem))
            return None

    def _stream(self, place: str, name: Any) -> str:
        streams = self._folder.streams
        if not isinstance(name, str) or not name:
            self._tell(place, "found nothing; expected the name of a stream")
            return ""
        if name not in streams:
            if not self._folder.has_dynamic_streams:
                expected = expected_one_of(name, list(streams))
                self._tell(place, f"found {name}, which is no stream of {MANIFEST}; {expected}")
            else:
                self._tell(
                    place,
                    f"found {name}, which is not under streams of {MANIFEST}; expected one that "
                    "is: streams that come out of the API can't be mapped",
                )
            return ""
        if not streams[name]:
            self._tell(
                place,
                f"found {name}, which has no primary_key in {MANIFEST}; expected one, without it "
                "a newer version of a record can't be told from another record",
            )
            return ""
        return name

    def _named_stream(self, name: str) -> None:
        if name not in self._names:
            raise ValueError(
                f"found {name}, which is not under names; expected {MAPPING} to say "
                f"names: {{{name}: path of its name}}"
            )

    def _block(
        self, section: str, place: str, block: Mapping[str, Any], known: tuple[str, ...]
    ) -> tuple[dict[str, Any], Paths]:
        """What blocks of every section have: stream, key, fields, conditions."""
        paths = Paths()
        stream = self._stream(f"{place}.stream", block.get("stream"))
        key = [paths.number(_quoted(path)) for path in self._folder.streams.get(stream, ())]
        own = {"people": ["record_id"], "events": ["kind"], "names": []}[section]
        fields: dict[str, Node] = {}
        for field, given in block.items():
            where = f"{place}.{field}"
            if field == "stream" or field in own or field in _CONDITIONS:
                continue
            if field not in known:
                expected = expected_one_of(str(field), ["stream", *own, *known, *_CONDITIONS])
                self._tell(where, f"unknown field; {expected}")
                continue
            node = self._attempt(
                where, partial(compile_expression, given, paths, self._named_stream)
            )
            if node is not None and self._fits(section, where, str(field), node):
                fields[str(field)] = node
        compiled = {"stream": stream, "key": key, "fields": fields}
        for condition in _CONDITIONS:
            compiled[condition] = self._conditions(
                f"{place}.{condition}", block.get(condition), paths
            )
        return compiled, paths

    def _fits(self, section: str, where: str, field: str, node: Node) -> bool:
        operations = set(_operations(node))
        if "epoch_seconds" in operations and (field not in _TIMES or node["op"] != "epoch_seconds"):
            self._tell(
                where, f"found epoch_seconds; expected it only and directly at {', '.join(_TIMES)}"
            )
        elif "cents" in operations and (field != "amount" or node["op"] != "cents"):
            self._tell(where, "found cents; expected it only and directly at amount")
        elif "name_of" in operations and (field not in _NAMED or node["op"] != "name_of"):
            self._tell(
                where, f"found name_of; expected it only and directly at {', '.join(_NAMED)}"
            )
        elif "list" in operations and node["op"] != "list":
            self._tell(where, "found [*] inside; expected it in a path that stands alone")
        elif "list" in operations and field not in _SEVERAL[section]:
            several = ", ".join(_SEVERAL[section]) or "no field of names"
            self._tell(where, f"found [*], several values; expected it only at {several}")
        else:
            return True
        return False

    def _conditions(self, place: str, given: Any, paths: Paths) -> list[list[Any]]:
        if given is None:
            return []
        if not isinstance(given, dict):
            self._tell(place, "found no keys and values; expected {path: value or [values]}")
            return []
        conditions = []
        for path, values in given.items():
            wanted = values if isinstance(values, list) else [values]
            condition = self._attempt(
                f"{place}.{path}", partial(_condition, str(path), wanted, paths)
            )
            if condition is not None:
                conditions.append(condition)
        return conditions

    def _people(self, place: str, block: Mapping[str, Any]) -> dict[str, Any]:
        compiled, paths = self._block("people", place, block, MAPPED_FIELDS)
        record_id = block.get("record_id")
        compiled["record_id"] = None
        if record_id is not None:
            node = self._attempt(
                f"{place}.record_id",
                lambda: compile_expression(record_id, paths, self._named_stream),
            )
            if node is not None and compiled["key"]:
                is_plain = node["op"] in ("path", "join")
                if not is_plain or sorted(set(used_paths(node))) != sorted(compiled["key"]):
                    key = ", ".join(".".join(p) for p in self._folder.streams[compiled["stream"]])
                    self._tell(
                        f"{place}.record_id",
                        f"found {record_id!r}; expected the stream's primary_key ({key}), at most "
                        "with text around it such as 'lead:{id}'",
                    )
            compiled["record_id"] = node
        if not {"full_name", "given_name", "family_name", "email", "phone"} & block.keys():
            self._tell(place, "found neither a name nor an email nor a phone; expected one of them")
        return _finished(compiled, paths)

    def _event(self, place: str, block: Mapping[str, Any]) -> dict[str, Any]:
        compiled, paths = self._block("events", place, block, EVENT_FIELDS)
        if "happened_at" not in block:
            self._tell(f"{place}.happened_at", "found nothing; expected when it happened")
        if not {"person", "email"} & block.keys():
            self._tell(place, "found neither person nor email; expected whose event it is")
        given = block.get("kind")
        kind: Node | None = None
        if isinstance(given, dict):
            kind = self._attempt(
                f"{place}.kind",
                lambda: (
                    compile_cases(given, paths, self._named_stream)
                    if "of" in given
                    else compile_expression(given, paths, self._named_stream)
                ),
            )
            if kind is not None and kind["op"] not in ("cases", "value"):
                self._tell(f"{place}.kind", "expected a kind, or {of: path, cases: …, else: …}")
                kind = None
        elif given is None:
            self._tell(f"{place}.kind", f"found nothing; expected one of {', '.join(EVENT_KINDS)}")
        else:
            kind = {"op": "value", "value": str(given)}
        for one in sorted(_kinds(kind)):
            if one not in EVENT_KINDS:
                expected = expected_one_of(one, list(EVENT_KINDS))
                self._tell(f"{place}.kind", f"found {one}, which is no kind of event; {expected}")
        compiled["kind"] = kind
        return _finished(compiled, paths)

    def _name(self, stream: str, given: Any) -> dict[str, Any]:
        block = {"stream": stream, "name": given}
        compiled, paths = self._block("names", f"names.{stream}", block, ("name",))
        return _finished(compiled, paths)

    def _tell_collisions(self, people: list[Any], events: list[Any]) -> None:
        openings: dict[str, str] = {}
        for position, block in enumerate(people):
            opening = _opening(block["record_id"])
            if opening in openings:
                self._tell(
                    f"people[{position}].record_id",
                    f"gives the same ids as {openings[opening]}; expected a text of its own before "
                    f"the id, such as '{block['stream']}:{{id}}'",
                )
            openings.setdefault(opening, f"people of stream {block['stream']}")
        told: dict[str, set[str]] = {}
        for position, block in enumerate(events):
            kinds, known = _kinds(block["kind"]), told.setdefault(block["stream"], set())
            if twice := sorted(kinds & known):
                self._tell(
                    f"events[{position}].kind",
                    f"stream {block['stream']} is mapped to {', '.join(twice)} twice; expected "
                    "each kind once a stream",
                )
            known |= kinds


def _condition(path: str, values: list[Any], paths: Paths) -> list[Any]:
    return [paths.number(path), [constant(value) for value in values]]


def _finished(compiled: dict[str, Any], paths: Paths) -> dict[str, Any]:
    return {**compiled, "paths": paths.plain, "lists": paths.lists}


def _quoted(path: tuple[str, ...]) -> str:
    return ".".join(f'"{step}"' for step in path)


def _operations(node: Node) -> list[str]:
    found = [node["op"]]
    for inner in (node.get("id"), node.get("of"), node.get("parts")):
        for child in inner if isinstance(inner, list) else [inner]:
            if isinstance(child, dict):
                found += _operations(child)
    return found


def _kinds(kind: Node | None) -> set[str]:
    if kind is None:
        return set()
    if kind["op"] == "value":
        return {kind["value"]}
    return {ours for _, ours in kind["cases"]} | ({kind["else"]} if kind["else"] else set())


def _opening(record_id: Node | None) -> str:
    """The constant text with which every id of a block begins."""
    if record_id is not None and record_id["op"] == "join":
        first = record_id["parts"][0]
        return str(first["value"]) if first["op"] == "value" else ""
    return ""
