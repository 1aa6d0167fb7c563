"""What training found, in words: on the terminal, as a page, and as JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.explain_words import percent
from kesher.page import render, write_result

if TYPE_CHECKING:
    from kesher.terminal import Terminal
    from kesher.train_warehouse import WeightsVersion
    from kesher.trained_weights import LevelWeight, ThresholdEstimate, TrainedWeights

CAVEAT = (
    "Estimates of the weights themselves: pairs that no blocking key brings together, and mistakes "
    "that look like one customer in every way, they cannot see. kesher evaluate measures against "
    "records of which you know the truth."
)
_LONG = 1.0


def summary(trained: TrainedWeights) -> list[str]:
    """Say in sentences from what the weights were learned, and how sure they are."""
    lines = [
        f"{trained.records:,} records, {trained.candidate_pairs:,} pairs that share a blocking key"
        + (
            f" ({trained.used_candidate_pairs:,} of them looked at)"
            if trained.used_candidate_pairs < trained.candidate_pairs
            else ""
        )
        + f", {trained.random_pairs:,} random pairs: about {trained.matches:,.0f} pairs are one "
        "customer."
    ]
    if trained.stewards.decided:
        stewards = trained.stewards
        lines.append(
            f"Stewards decided {stewards.decided:,} pairs ({stewards.same:,} same, "
            f"{stewards.different:,} different). The weights alone would see {stewards.agreed:,} "
            f"of them so; those in force, {stewards.agreed_before:,}."
        )
    if not trained.converged:
        lines.append(
            f"After {trained.rounds} rounds the weights still moved by {trained.last_change:.2f}: "
            "take them as provisional, and train again when there are more records."
        )
    return lines


def print_report(trained: TrainedWeights, terminal: Terminal) -> None:
    """Print the weights, and what linking by them would give."""
    from rich.table import Table
    from rich.text import Text

    for line in summary(trained):
        terminal.say(line)
    terminal.say("")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("comparison", "outcome"):
        table.add_column(heading, overflow="fold")
    for heading in ("m", "u", "weight", "before", "seen", "by chance"):
        table.add_column(heading, justify="right", no_wrap=True)
    for level in trained.levels:
        moved = abs(level.weight - level.weight_before)
        table.add_row(
            words(level.comparison),
            words(level.level) + (" (*)" if level.uses_frequency else ""),
            share(level.m),
            share(level.u),
            Text(f"{level.weight:+.1f}", style="bold" if moved >= _LONG else ""),
            f"{level.weight_before:+.1f}",
            f"{level.seen:,.0f}",
            f"{level.seen_by_chance:,.0f}",
        )
    terminal.table(table)
    terminal.say("(*) the weight of a typical value: common ones weigh less, rare ones more.")
    terminal.say("")
    estimates = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("link from", "weight", "pairs", "precision", "recall"):
        estimates.add_column(heading, justify="right", no_wrap=True)
    for estimate in trained.thresholds:
        estimates.add_row(
            f"{estimate.threshold:.4g}",
            f"{threshold_weight(estimate):+.1f}",
            f"{estimate.pairs:,}",
            percent(estimate.precision),
            percent(estimate.recall),
        )
    terminal.table(estimates)
    terminal.say(CAVEAT)


def as_json(trained: TrainedWeights, version: str | None) -> dict[str, Any]:
    """Return the report as plain values; no version if none was written."""
    told = asdict(trained)
    for plain, level in zip(told["levels"], trained.levels, strict=True):
        plain["weight"], plain["weight_before"] = level.weight, level.weight_before
    return {"version": version, **told}


def write_report(trained: TrainedWeights, outcome: str, path: Path) -> None:
    """Write the report as a page: one file, without anything from the network.

    Raises:
        KesherError: it can't be written.
    """
    write_result(path, page(trained, outcome))


def page(trained: TrainedWeights, outcome: str) -> str:
    """Return the page as HTML.

    Args:
        trained: What was found.
        outcome: What became of it, in a sentence.
    """
    widest = max(
        (max(abs(level.weight), abs(level.weight_before)) for level in trained.levels), default=1.0
    )
    return render(
        "train_page.html.jinja",
        {"words": words, "share": share, "percent": percent},
        outcome=outcome,
        summary=summary(trained),
        rows=[_row(level, widest) for level in trained.levels],
        thresholds=[
            {"estimate": estimate, "weight": threshold_weight(estimate)}
            for estimate in trained.thresholds
        ],
        caveat=CAVEAT,
    )


_BAR = 100


def _row(level: LevelWeight, widest: float) -> dict[str, Any]:
    """Lay one weight out: a bar from zero, and a mark where it was before."""

    def place(weight: float) -> float:
        return round(_BAR + weight / widest * _BAR, 1)

    left, right = sorted((place(0), place(level.weight)))
    return {
        "level": level,
        "moved": abs(level.weight - level.weight_before) >= _LONG,
        "x": left,
        "width": round(max(right - left, 0.5), 1),
        "kind": "for" if level.weight > 0 else "against",
        "zero": place(0),
        "before": place(level.weight_before),
    }


def print_versions(versions: list[WeightsVersion], terminal: Terminal) -> None:
    """List the versions of the weights."""
    from rich.table import Table

    if not versions:
        terminal.say("Nothing was trained yet: the weights that ship are in force.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("version", "written", "what it is", ""):
        table.add_column(heading, overflow="fold")
    for version in versions:
        table.add_row(
            version.version,
            version.trained_at,
            _what(version),
            "in force from the next build on" if version.is_newest else "",
        )
    terminal.table(table)


def _what(version: WeightsVersion) -> str:
    if not version.is_trained:
        return "the weights that ship"
    learned = ""
    if version.records is not None:
        learned = f"trained on {version.records:,} records"
        if version.decided:
            learned += f" and {version.decided:,} decisions"
    if version.copy_of:
        return f"back to {version.copy_of}" + (f", {learned}" if learned else "")
    return learned or "trained"


def versions_as_json(versions: list[WeightsVersion]) -> list[dict[str, Any]]:
    """Return the versions as plain values, with their weights."""
    told = []
    for version in versions:
        plain = asdict(version)
        rows = plain.pop("rows")
        plain["weights"] = [
            {key: row[key] for key in ("comparison", "level", "m", "u")}
            for row in rows
            if row.get("is_in_force")
        ]
        told.append(plain)
    return told


def words(name: str) -> str:
    """Return the name of a comparison or a level as it is read."""
    return name.replace("_", " ")


def share(value: float) -> str:
    """Write a probability that may be tiny."""
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def threshold_weight(estimate: ThresholdEstimate) -> float:
    """Return the match weight that a probability is."""
    return math.log2(estimate.threshold / (1 - estimate.threshold))
