"""What goes wrong in a served sandbox, and when: a plan of faults, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import yaml

from .errors import SandboxError

KINDS: Mapping[str, str] = {
    "rate_limit": "429 in the vendor's words",
    "server_error": "500, 502, 503 …",
    "slow": "the answer comes late",
    "drip": "the body comes in small pieces",
    "cut": "the connection is cut before any answer",
    "cut_body": "the connection is cut in the middle of the body",
    "truncated_json": "a whole response with half of its JSON",
    "malformed_json": "a whole response with a body that is no JSON",
    "empty_page": "a page without records that says there are more",
    "repeated_page": "the page before once more",
    "refused_cursor": "the place to go on from is not known any more",
    "looping_cursor": "the next page is the first one again",
    "expired_credentials": "401 from here on",
    "forbidden": "403 that names what is missing",
    "not_found": "404",
    "bad_request": "400",
    "unknown_field": "every record has one field more",
    "changed_type": "one field of every record is of another type",
}
"""Every kind of fault, with what it does."""

HEADERS = ("vendor", "retry-after", "none")
"""How a 429 tells how long to wait: in the vendor's own way, by `Retry-After`, or not at all."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Requests are counted for each path by itself, so that the order in which streams are read does
    not change what happens to each.

    Attributes:
        kind: one of `KINDS`.
        vendor: whose requests it happens to; `*` for all.
        path: which of them, below the vendor's prefix; `*` stands for any text.
        after: so many requests of a path go well first.
        every: then one in so many goes wrong …
        share: … or each with this probability, by the seed.
        times: how often it happens to one path; 0 for no end.
        seconds: of `slow` and `drip`, or what a 429 asks to wait.
        header: how a 429 tells `seconds`, one of `HEADERS`.
        status: of `server_error`.
        field: of `changed_type`; empty takes the first text that is no key.
    """

    kind: str
    vendor: str = "*"
    path: str = "*"
    after: int = 0
    every: int = 1
    share: float = 1.0
    times: int = 0
    seconds: float = 1.0
    header: str = "vendor"
    status: int = 503
    field: str = ""

    def __post_init__(self) -> None:
        """Refuses what cannot be."""
        if self.kind not in KINDS:
            raise SandboxError(f"There is no fault `{self.kind}`; there are {', '.join(KINDS)}.")
        if self.header not in HEADERS:
            raise SandboxError(f"`header: {self.header}` is none of {', '.join(HEADERS)}.")
        if self.every < 1 or self.after < 0 or self.times < 0 or self.seconds < 0:
            raise SandboxError(
                f"Fault {self.kind}: `every` is at least 1; `after`, `times` and `seconds` at "
                "least 0."
            )
        if not 0 <= self.share <= 1:
            raise SandboxError(f"Fault {self.kind}: `share` is from 0 to 1, not {self.share}.")
        if not 400 <= self.status <= 599:
            raise SandboxError(f"Fault {self.kind}: `status` is from 400 to 599.")

    def concerns(self, vendor: str, path: str) -> bool:
        """Tell whether requests for a path are counted."""
        return self.vendor in ("*", vendor) and fnmatchcase(path, self.path)


@dataclass(frozen=True)
class FaultPlan:
    """Faults, in order: the first one that happens to a request decides, `slow` comes on top."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0

    def happens(self, number: int, path: str, count: int, happened: int) -> bool:
        """Tell whether a fault happens to a request.

        Args:
            number: of the fault, from 0.
            path: of the request.
            count: how many requests for it there were, this one included.
            happened: how often the fault has happened to this path.
        """
        fault = self.faults[number]
        place = count - fault.after - 1
        if place < 0 or place % fault.every or (fault.times and happened >= fault.times):
            return False
        return fault.share >= 1 or self.chance(number, path, count) < fault.share

    def chance(self, number: int, path: str, count: int) -> float:
        """Return a number from 0 to 1 that follows from the seed and the request alone."""
        text = f"{self.seed}/{number}/{path}/{count}".encode()
        return int.from_bytes(blake2b(text, digest_size=7).digest()) / (1 << 56)

    def as_json(self) -> str:
        """Write the plan so that `load_plan` reads it."""
        content = {
            "seed": self.seed,
            "faults": [
                {
                    part.name: getattr(fault, part.name)
                    for part in fields(Fault)
                    if part.name == "kind" or getattr(fault, part.name) != part.default
                }
                for fault in self.faults
            ],
        }
        return orjson.dumps(content).decode()


PROFILES: Mapping[str, tuple[Fault, ...]] = {
    "storm": (
        Fault("rate_limit", share=0.15),
        Fault("rate_limit", share=0.1, header="retry-after"),
        Fault("rate_limit", share=0.1, header="none"),
    ),
    "flaky": (
        Fault("server_error", share=0.04, status=500),
        Fault("server_error", share=0.03, status=502),
        Fault("server_error", share=0.03, status=503),
        Fault("cut", share=0.03),
        Fault("cut_body", share=0.03),
        Fault("truncated_json", share=0.03),
        Fault("malformed_json", share=0.03),
    ),
    "slow": (Fault("slow", seconds=0.05), Fault("slow", seconds=1.0, share=0.02)),
    "confused": (Fault("empty_page", share=0.08), Fault("repeated_page", share=0.08)),
    "drifting": (Fault("unknown_field"), Fault("changed_type", every=2)),
    "expired": (Fault("expired_credentials", after=3),),
}
"""Plans by name; `hostile` is storm, flaky and confused together."""


def profile(name: str, seed: int = 0) -> FaultPlan:
    """Return the plan of that name.

    Raises:
        SandboxError: there is none.
    """
    if name == "hostile":
        together = (*PROFILES["storm"], *PROFILES["flaky"], *PROFILES["confused"])
        return FaultPlan(together, seed)
    if name not in PROFILES:
        raise SandboxError(
            f"There is no plan of faults named {name}; there are {', '.join([*PROFILES])} and "
            "hostile. A plan of your own is a .yaml or .json file."
        )
    return FaultPlan(PROFILES[name], seed)


def load_plan(text: str, seed: int | None = None) -> FaultPlan:
    """Return the plan that a text means: a profile's name, a file, or the plan itself as JSON.

    Args:
        text: e.g. `storm`, `faults.yaml` or `{"faults": [{"kind": "cut"}]}`.
        seed: takes the place of the plan's own.

    Raises:
        SandboxError: there is no such plan, or it is not right.
    """
    if not text.lstrip().startswith("{") and Path(text).suffix not in (".yaml", ".yml", ".json"):
        return profile(text, seed or 0)
    try:
        source = text if text.lstrip().startswith("{") else Path(text).read_text("utf-8")
        content = yaml.safe_load(source)
    except OSError as error:
        raise SandboxError(f"{text} cannot be read: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SandboxError(f"The plan of faults is neither YAML nor JSON: {error}") from error
    if not isinstance(content, Mapping) or not isinstance(content.get("faults"), list):
        raise SandboxError("A plan of faults has a list `faults`, and may have a `seed`.")
    own_seed = content.get("seed", 0)
    if not isinstance(own_seed, int):
        raise SandboxError("A plan's `seed` is a whole number.")
    return FaultPlan(_faults(content["faults"]), own_seed if seed is None else seed)


def _faults(entries: Iterable[Any]) -> tuple[Fault, ...]:
    types = {part.name: type(part.default) for part in fields(Fault)} | {"kind": str}
    found = []
    for entry in entries:
        if not isinstance(entry, Mapping) or "kind" not in entry:
            raise SandboxError("Each of `faults` is an object with a `kind`.")
        for key, value in entry.items():
            if key not in types:
                raise SandboxError(f"A fault has no `{key}`; it has {', '.join(types)}.")
            wanted = (int, float) if types[key] is float else types[key]
            if not isinstance(value, wanted) or isinstance(value, bool):
                raise SandboxError(f"`{key}` of fault {entry['kind']} is no {types[key].__name__}.")
        found.append(Fault(**entry))
    return tuple(found)


@dataclass
class FaultCounts:
    """How often what has happened, for whoever wants to know afterwards."""

    requests: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
