"""An explanation in words: on the terminal, and as JSON."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kesher.explanation import Contribution, Explanation, probability

if TYPE_CHECKING:
    from kesher.terminal import Terminal

_VALUE_WIDTH = 40


def verdict(explanation: Explanation) -> str:
    """Say in a sentence or two why the records are one customer, or are not."""
    weight = f"{explanation.match_weight:+.1f}"
    enough = f"{explanation.link_weight:+.1f}"
    if explanation.decision is not None:
        who = explanation.decision.decided_by or "a steward"
        when = explanation.decision.decided_at
        day = f" on {when:%Y-%m-%d}" if when else ""
        if explanation.decision.verdict == "same":
            return f"One customer: {who} decided so{day}. The weights alone give {weight}."
        return f"Two customers: {who} decided so{day}. The weights alone give {weight}."
    if explanation.is_one_customer and explanation.is_linked:
        return f"One customer: the weights sum up to {weight}, and {enough} is enough for a link."
    if explanation.is_one_customer:
        return (
            f"One customer, though not by this pair ({weight}, {enough} would be a link): other "
            f"records join them in {len(explanation.path)} steps, the weakest of which has "
            f"{min((hop.weight for hop in explanation.path), default=0):+.1f}."
        )
    if explanation.is_cut:
        return (
            f"Two customers: the weights sum up to {weight}, enough for a link ({enough}), but the "
            f"link was cut, {_why_cut(explanation)}"
        )
    if explanation.match_weight >= explanation.link_weight:
        if not explanation.has_evidence_beyond_names:
            return (
                f"Two customers: the weights sum up to {weight}, but nothing agrees except names, "
                "and a name alone links nobody."
            )
        if explanation.was_compared:
            return (
                f"Two customers, though the weights sum up to {weight} by now: the models were "
                "built before what they go by was changed. kesher build brings them up to date."
            )
        why = _why_not_compared(explanation)
        return f"Two customers, though the weights sum up to {weight}: {why}"
    missing = explanation.link_weight - explanation.match_weight
    sentence = (
        f"Two customers: the weights sum up to {weight}, {missing:.1f} less than a link needs "
        f"({enough})."
    )
    if explanation.was_compared:
        return sentence
    why = _why_not_compared(explanation)
    return f"{sentence} {why[0].upper()}{why[1:]}"


def _why_cut(explanation: Explanation) -> str:
    found = explanation.contradiction
    if found is None:
        return (
            "because the group that it belonged to contradicted itself, and this was one of the "
            "weakest links of that group."
        )
    if {found.left, found.right} == {explanation.left.name, explanation.right.name}:
        return f"because the two contradict each other: {found.words}."
    return (
        f"because it would have made one customer of {found.left} and {found.right}, which "
        f"contradict each other: {found.words}."
    )


def _why_not_compared(explanation: Explanation) -> str:
    if not explanation.blocks:
        return "they share no blocking key, so they were not compared when the models ran."
    block = explanation.blocks[0]
    return (
        f"they share only what too many records have ({block.key}: {block.size:,} records), so "
        "they were not compared when the models ran."
    )


def print_explanation(explanation: Explanation, terminal: Terminal) -> None:
    """Print the table of weights and what follows from it."""
    from rich.table import Table
    from rich.text import Text

    for letter, record in (("A", explanation.left), ("B", explanation.right)):
        whose = f", customer {record.customer_id}" if record.customer_id else ""
        terminal.say(f"{letter}  {shown(record.name, 120)}{whose}")
    terminal.say("")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("comparison", "A", "B", "how they compare"):
        table.add_column(heading, overflow="fold")
    for heading in ("weight", "sum", "probability"):
        table.add_column(heading, justify="right", no_wrap=True)
    silent = []
    for part in explanation.contributions:
        if not tells_something(part):
            if part.level == "missing":
                silent.append(part.title)
            continue
        style = "green" if part.weight > 0 else "red" if part.weight < 0 else ""
        table.add_row(
            *(
                Text(shown(text, _VALUE_WIDTH))
                for text in (part.title, part.left, part.right, part.words)
            ),
            Text(f"{part.weight:+.2f}", style=style),
            f"{part.total:+.2f}",
            percent(probability(part.total)),
        )
    terminal.table(table)
    if silent:
        terminal.say(f"Not known of both, so without weight: {', '.join(silent)}.")
    terminal.say("")
    terminal.say(explanation.verdict)
    if explanation.was_compared:
        keys = [block.key for block in explanation.blocks if block.status == "compared"]
        terminal.say(f"They were compared because they share: {', '.join(keys)}.")
    for hop in explanation.path:
        terminal.say(
            f"  {shown(hop.left, 60)} - {shown(hop.right, 60)}: {hop.weight:+.1f}, {hop.words}"
        )


def tells_something(part: Contribution) -> bool:
    """Tell whether a comparison says anything about the pair."""
    return part.weight != 0 or part.level not in ("missing", "straight", "")


def percent(share: float) -> str:
    """Write a probability so that what is all but sure does not look sure."""
    if share > 0.9999:
        return "> 99.99%"
    if share < 0.0001:
        return "< 0.01%"
    return f"{share * 100:.2f}%"


def shown(text: str, width: int) -> str:
    """Return foreign text as it can go to a terminal: short, no control codes, in its direction."""
    safe = "".join(char if char.isprintable() else " " for char in text[: width + 1])
    if len(text) > width:
        safe = safe[: width - 1] + "…"
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in safe):
        # First-strong isolate: a Hebrew name must not turn the rest of the line around.
        return f"\u2068{safe}\u2069"
    return safe


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as plain values."""
    told = asdict(explanation)
    for side in ("left", "right"):
        del told[side]["key"]
    return {"is_one_customer": explanation.is_one_customer, **told}
