"""Match weights that were estimated from data: what they are, and how the models get them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kesher.data_directory import utc_text
from kesher.lake import OWN_SOURCE, LakeClock
from kesher.lake_writer import LakeWriter
from kesher.match_plan import DATABASE

if TYPE_CHECKING:
    import duckdb

    from kesher.lake import Lake

STREAM = "match_weights"

#: The stream as staged; empty, the weights that ship are in force.
STAGED = f"stg_{OWN_SOURCE}__{STREAM}"


@dataclass(frozen=True)
class LevelWeight:
    """What a level says, after training and before.

    Attributes:
        comparison: What is compared; `prior` for the share of true pairs.
        level: The outcome.
        m: Its probability between records of one customer.
        u: Its probability between records of two customers.
        uses_frequency: Whether u follows how common the value is; the u here is then that of a
            value of which nothing is known.
        m_before: m as it was in force.
        u_before: u as it was in force.
        seen: How many pairs of one customer have it (expected value).
        seen_by_chance: How many of the random pairs have it.
    """

    comparison: str
    level: str
    m: float
    u: float
    uses_frequency: bool
    m_before: float
    u_before: float
    seen: float
    seen_by_chance: float

    @property
    def weight(self) -> float:
        """The match weight: log2(m / u)."""
        return math.log2(self.m / self.u)

    @property
    def weight_before(self) -> float:
        """The match weight that was in force."""
        return math.log2(self.m_before / self.u_before)


@dataclass(frozen=True)
class ThresholdEstimate:
    """What linking from some probability on would give, as the trained weights see it.

    Attributes:
        threshold: The probability.
        pairs: Compared pairs that reach it.
        precision: Expected share of them that are one customer; 1 if there is none.
        recall: Expected share of the compared pairs of one customer that reach it.
    """

    threshold: float
    pairs: int
    precision: float
    recall: float


@dataclass(frozen=True)
class StewardAgreement:
    """How stewards' decisions and the weights go together, in pairs.

    Attributes:
        same: Decided to be one customer.
        different: Decided to be two.
        agreed: Seen as the steward sees them by the trained weights.
        agreed_before: The same of the weights that were in force.
    """

    same: int
    different: int
    agreed: int
    agreed_before: int

    @property
    def decided(self) -> int:
        """How many pairs were decided."""
        return self.same + self.different


@dataclass(frozen=True)
class TrainedWeights:
    """Weights, and how they were found.

    Attributes:
        levels: One a level, in the order of the weights table.
        records: Records.
        candidate_pairs: Pairs that blocking brings together.
        used_candidate_pairs: Those of them that were looked at.
        random_pairs: Random pairs that were looked at.
        matches: Expected number of pairs of one customer among the candidate pairs.
        stewards: What the decisions say about the weights.
        iterations: Steps of expectation maximisation.
        rounds: How often the pairs were scored anew.
        last_change: By how much the weight that moved most moved in the last round.
        converged: Whether that was little enough.
        thresholds: Estimates by threshold, rising.
    """

    levels: tuple[LevelWeight, ...]
    records: int
    candidate_pairs: int
    used_candidate_pairs: int
    random_pairs: int
    matches: float
    stewards: StewardAgreement
    iterations: int
    rounds: int
    last_change: float
    converged: bool
    thresholds: tuple[ThresholdEstimate, ...]


def append_weights(lake: Lake, trained: TrainedWeights) -> str:
    """Make weights a version in the lake; from the next build on it is in force.

    Returns:
        The version.

    Raises:
        KesherError: the lake can't be written.
    """
    about = {
        "records": trained.records,
        "matches": round(trained.matches),
        "decided": trained.stewards.decided,
    }
    return _append(
        lake,
        [
            {
                "comparison": level.comparison,
                "level": level.level,
                "m": level.m,
                "u": level.u,
                "is_in_force": True,
                # What the version was learned from stands beside its first weight.
                **(about if level.comparison == "prior" else {}),
            }
            for level in trained.levels
        ],
    )


def append_again(lake: Lake, rows: Iterable[dict[str, Any]], version: str) -> str:
    """Make weights that are in the lake the newest version once more.

    Args:
        lake: The lake.
        rows: The weights, as the lake has them.
        version: Whose they are.

    Returns:
        The new version.

    Raises:
        KesherError: the lake can't be written.
    """
    return _append(
        lake,
        [{**row, **({"copy_of": version} if row["comparison"] == "prior" else {})} for row in rows],
    )


def append_reset(lake: Lake) -> str:
    """Go back to the weights that ship: a version that says nothing else.

    Returns:
        The version.

    Raises:
        KesherError: the lake can't be written.
    """
    return _append(lake, [{"comparison": "prior", "level": "prior", "is_in_force": False}])


def _append(lake: Lake, rows: list[dict[str, Any]]) -> str:
    clock = LakeClock(lake.latest_stamp())
    now = datetime.now(UTC)
    # Stamps of a lake rise even if the machine's clock was set back.
    version = clock.stamp()
    with LakeWriter(
        lake, OWN_SOURCE, STREAM, sync_id=int(now.timestamp() * 1000), clock=clock
    ) as writer:
        for row in rows:
            writer.add({**row, "version": version, "trained_at": utc_text(now)})
        writer.commit()
    return version


def stage_weights(connection: duckdb.DuckDBPyConnection, trained: TrainedWeights) -> None:
    """Put weights where the models read them, in a database of kesher match."""
    relation = f"{DATABASE}.staging.{STAGED}"
    connection.execute(f"delete from {relation}")  # noqa: S608
    connection.executemany(
        f"insert into {relation} (version, comparison, level, m, u, is_in_force) "  # noqa: S608
        "values ('1', ?, ?, ?, ?, true)",
        [[level.comparison, level.level, level.m, level.u] for level in trained.levels],
    )
