"""What `kesher explain` finds out about two records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        key: Its number in the models.
        source: Where it is from.
        record_id: Its id there.
        customer_id: Whose it is.
        values: Column → text, as the source has it; nothing where it has nothing.
    """

    key: int
    source: str
    record_id: str
    customer_id: str | None
    values: dict[str, str]

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return f"{self.source}:{self.record_id}"


@dataclass(frozen=True)
class Contribution:
    """What one comparison adds to the sum.

    Attributes:
        comparison: Its name in the models.
        title: Its name in words.
        left: The value of the one record; empty where there is none.
        right: The value of the other.
        level: How the two compare, in the models' word.
        words: The same in a few words.
        weight: As a power of two: 3 is eight times likelier of one person than of two.
        total: The sum up to here.
    """

    comparison: str
    title: str
    left: str
    right: str
    level: str
    words: str
    weight: float
    total: float


@dataclass(frozen=True)
class Block:
    """A blocking key that both records have.

    Attributes:
        key: Its name.
        size: How many records have the same.
        status: `compared`: that is why the two were compared. `parted`: too many records have it,
            so that it was cut by one more column, in which the two differ. `over_full`: even so
            there were too many.
    """

    key: str
    size: int
    status: str


@dataclass(frozen=True)
class Decision:
    """What a steward decided about the pair."""

    verdict: str
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class Hop:
    """One link on the way from one record to another inside a customer."""

    left: str
    right: str
    weight: float
    words: str


@dataclass(frozen=True)
class Contradiction:
    """Two records that one customer can't have.

    Attributes:
        left: The name of the one.
        right: The name of the other.
        words: In what they contradict each other, with both values.
    """

    left: str
    right: str
    words: str


@dataclass(frozen=True)
class Explanation:
    """Why two records are one customer, or are not.

    Attributes:
        left: The one record.
        right: The other.
        contributions: The weights, in the order in which they are summed.
        match_weight: Their sum.
        probability: That the two are one person, by this sum.
        link_weight: The sum from which on two records are linked.
        has_evidence_beyond_names: Something else than names agrees; a name alone links nobody.
        was_compared: A blocking key brought the two together when the models ran.
        blocks: The blocking keys that they share.
        decision: Of a steward, if there is one.
        is_linked: There is a link between the two.
        is_cut: The link was cut, because what it joined contradicted itself.
        contradiction: Of a link that was cut: what it would have joined; None where the two parts
            fit each other, and the link fell with others of a bigger group.
        path: If they are one customer without a link of their own, the strongest way there.
        verdict: All that in a sentence or two.
    """

    left: Record
    right: Record
    contributions: tuple[Contribution, ...]
    match_weight: float
    probability: float
    link_weight: float
    has_evidence_beyond_names: bool
    was_compared: bool
    blocks: tuple[Block, ...]
    decision: Decision | None
    is_linked: bool
    is_cut: bool
    contradiction: Contradiction | None
    path: tuple[Hop, ...]
    verdict: str

    @property
    def is_one_customer(self) -> bool:
        """Tell whether the two are one customer, through whatever."""
        return self.left.customer_id is not None and self.left.customer_id == self.right.customer_id


def probability(weight: float) -> float:
    """Return the probability that two records are one person, by their match weight."""
    return float(1 - 1 / (1 + 2 ** min(max(weight, -60.0), 60.0)))
