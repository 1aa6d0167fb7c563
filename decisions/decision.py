"""A decision about two records, and which decisions stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: What a steward can say about a pair: one customer, two customers, can't tell.
Verdict = Literal["same", "different", "skip"]

VERDICTS: tuple[Verdict, ...] = ("same", "different", "skip")


@dataclass(frozen=True, order=True)
class RecordName:
    """A source record: which system, and its id there. Written `stripe:cus_1`."""

    source: str
    record_id: str

    def __str__(self) -> str:
        return f"{self.source}:{self.record_id}"

    @classmethod
    def parse(cls, text: str) -> RecordName:
        """Read `source:record_id`. The id may have colons of its own, the source has none.

        Raises:
            ValueError: one of both is missing.
        """
        source, colon, record_id = text.strip().partition(":")
        if not (source and colon and record_id):
            raise ValueError(f"found {text!r}; expected source:record_id, e.g. stripe:cus_1")
        return cls(source, record_id)


@dataclass(frozen=True)
class Decision:
    """One line of the store.

    Attributes:
        decision_id: A text that no other decision has.
        left: The record that comes first by source and id.
        right: The other one.
        verdict: same, different, skip; or undo, which takes another decision back.
        decided_by: Who decided.
        decided_at: When, with its time zone. Of two decisions in a store none has the same time.
        note: What the steward wrote, if anything.
        evidence: How the two records compared when it was decided, if that is known.
        undone_decision_id: Of an undo: the decision that it takes back.
    """

    decision_id: str
    left: RecordName
    right: RecordName
    verdict: Verdict | Literal["undo"]
    decided_by: str
    decided_at: datetime
    note: str | None = None
    evidence: str | None = None
    undone_decision_id: str | None = None

    @property
    def pair(self) -> tuple[RecordName, RecordName]:
        """The two records, in an order that does not depend on who named which first."""
        return ordered(self.left, self.right)


def ordered(left: RecordName, right: RecordName) -> tuple[RecordName, RecordName]:
    """Return two records in the one order in which a pair is stored."""
    return (left, right) if left <= right else (right, left)


def standing(
    decisions: Iterable[Decision],
) -> dict[tuple[RecordName, RecordName], Decision]:
    """Return the decision that holds for each pair: its newest one that was not taken back.

    A pair whose decisions were all taken back has none. An undo that names no decision, written by
    another hand, takes back whatever was decided before it.
    """
    everything = sorted(decisions, key=lambda decision: (decision.decided_at, decision.decision_id))
    undone = {decision.undone_decision_id for decision in everything}
    held: dict[tuple[RecordName, RecordName], Decision] = {}
    for decision in everything:
        if decision.verdict != "undo" and decision.decision_id not in undone:
            held[decision.pair] = decision
        elif decision.verdict == "undo" and decision.undone_decision_id is None:
            held.pop(decision.pair, None)
    return held
