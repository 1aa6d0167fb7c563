"""Lists that are short and say nothing of changes: read whole each time, but only changes given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import md5
from typing import Any

import orjson
import requests

from connectors.checkpoint import CheckpointedRetriever
from connectors.rate_limits import server_time


@dataclass
class WholeList(CheckpointedRetriever):
    """Reads a list from beginning to end, and gives what is new, changed or gone since last time.

    State: `{"read": {id: digest}}`, the records of the list as they were given last.

    Attributes:
        keys: the fields that tell one record from another; if there are none, `id`, a text.
    """

    cursor_field: str = ""
    keys: list[str] = field(default_factory=list)

    def whole_pages(self) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        """All pages of the list, each with its response."""
        raise NotImplementedError

    def was_read(self, key: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Whether a record with these key fields would have come if it were still there."""
        return True

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of what changed; at the end what is gone."""
        given: dict[str, str] = dict(self.checkpoint.state.get("read") or {})
        there: set[str] = set()
        moment: str | None = None
        for records, response in self.whole_pages():
            at = server_time(response)
            moment = at.astimezone(UTC).isoformat(timespec="seconds") if at else moment
            changed: dict[str, tuple[str, dict[str, Any]]] = {}
            for record in records:
                name, told = self._name(record), digest(record)
                there.add(name)
                if given.get(name) != told:
                    changed[name] = told, record
            yield [record for _, record in changed.values()]
            given.update((name, told) for name, (told, _) in changed.items())
            self.checkpoint.offer({"read": given}, len(changed))
        there.update(name for name in given if not self.was_read(self._key(name)))
        # An id that is a text now and was a number is the same id, as staging compares them too.
        as_texts = {_as_texts(name) for name in there}
        gone = sorted(name for name in given.keys() - there if _as_texts(name) not in as_texts)
        yield [{**self._key(name), "_ab_cdc_deleted_at": moment} for name in gone]
        self.checkpoint.save({"read": {key: given[key] for key in sorted(there)}})

    def _name(self, record: Mapping[str, Any]) -> str:
        """The record's key as a state's key, which has to be a text."""
        if not self.keys:
            return str(record["id"])
        return orjson.dumps([record[part] for part in self.keys]).decode()

    def _key(self, name: str) -> dict[str, Any]:
        """The key fields of the record that `_name` gave this name."""
        if not self.keys:
            return {"id": name}
        return dict(zip(self.keys, orjson.loads(name), strict=True))


def _as_texts(name: str) -> tuple[str, ...]:
    """A name of `WholeList._name` with numbers as texts."""
    try:
        parts = orjson.loads(name)
    except orjson.JSONDecodeError:
        parts = name
    return tuple(map(str, parts)) if isinstance(parts, list) else (str(parts),)


def digest(record: Mapping[str, Any]) -> str:
    """A short text that is the same for equal records."""
    told = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    return md5(told, usedforsecurity=False).hexdigest()[:16]
