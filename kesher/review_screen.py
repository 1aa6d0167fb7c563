"""How pairs of records and decisions look on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from decisions.decision import Decision
from kesher.terminal import Terminal

_REASONS = {
    "near": "Something speaks for one customer, but too little to link them.",
    "names_only": "Their names agree, but nothing else speaks for one customer.",
    "cut": "They were linked, and cut apart because of a contradiction.",
    "weak": "They are one customer now, and only this holds its records together.",
}

#: What a steward looks at first; other attributes follow.
_ATTRIBUTES = (
    "given_name",
    "family_name",
    "birth_date",
    "street",
    "postcode",
    "city",
    "region",
    "country",
    "company",
    "job_title",
)

_COMPARISONS = {
    "prior": "before comparing",
    "email": "e-mail",
    "name_frequency": "how common the name is",
    "dependence": "counted twice (household, workplace)",
}
_WEIGHT = "_weight"


def plain(value: object) -> str:
    """Return a value as one line that can do nothing to a terminal."""
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() else " " for character in text).strip()


def print_queue(pairs: Sequence[Mapping[str, Any]], open_count: int, terminal: Terminal) -> None:
    """Print the queue, a few lines a pair; names of records stand whole, to be copied."""
    for number, pair in enumerate(pairs, 1):
        worth = f", worth {pair['value']:,.1f} usual payments" if pair["value"] else ""
        terminal.say(f"{number:>3}  {pair['match_weight']:+.1f}  {pair['reason']}{worth}")
        for side in ("left", "right"):
            about = [pair[f"{side}_{field}"] for field in ("name", "email", "phone")]
            terminal.say(
                f"     {plain(pair[f'{side}_source'])}:{plain(pair[f'{side}_record_id'])}  "
                f"{', '.join(plain(value) for value in about if value)}"
            )
        terminal.say(f"     for: {plain(pair['explanation']) or 'nothing'}")
        if pair["evidence_against"]:
            terminal.say(f"     against: {plain(pair['evidence_against'])}")
    rest = open_count - len(pairs)
    plural = "pair is" if open_count == 1 else "pairs are"
    terminal.say(
        f"{open_count:,} {plural} open" + (f", {rest:,} of them not shown" if rest else "") + "."
    )


def print_pair(
    pair: Mapping[str, Any],
    left: Mapping[str, str],
    right: Mapping[str, str],
    open_count: int,
    terminal: Terminal,
) -> None:
    """Print a pair side by side, then the weight of each comparison.

    Args:
        pair: A row of `match_review_queue`.
        left: What the left record says, by attribute.
        right: What the right record says.
        open_count: How many pairs are open, this one too.
        terminal: Where to print.
    """
    terminal.say("")
    terminal.say(_REASONS.get(pair["reason"], plain(pair["reason"])))
    sides = Table(box=None, padding=(0, 2), header_style="bold", pad_edge=False)
    sides.add_column("")
    for side in ("left", "right"):
        name = f"{plain(pair[f'{side}_source'])}:{plain(pair[f'{side}_record_id'])}"
        sides.add_column(Text(name), overflow="fold")
    shown = {"name": "name", "email": "e-mail", "phone": "phone"}
    for field, label in shown.items():
        _add_sides(sides, label, pair[f"left_{field}"], pair[f"right_{field}"])
    told = left.keys() | right.keys()
    for attribute in [
        *(attribute for attribute in _ATTRIBUTES if attribute in told),
        *sorted(told - set(_ATTRIBUTES) - shown.keys() - {"display_name"}),
    ]:
        _add_sides(sides, attribute.replace("_", " "), left.get(attribute), right.get(attribute))
    _add_sides(sides, "paid", pair["left_paid"], pair["right_paid"])
    _add_sides(sides, "customer", pair["left_customer_id"], pair["right_customer_id"])
    terminal.table(sides)
    terminal.say("")
    terminal.table(_weights(pair))
    terminal.say("")
    worth = f"worth {pair['value']:,.1f} usual payments; " if pair["value"] else ""
    terminal.say(f"{worth}{open_count:,} open")


def _add_sides(table: Table, label: str, left: object, right: object) -> None:
    if left is None and right is None:
        return
    left_text, right_text = plain(left), plain(right)
    style = "green" if left_text and left_text.casefold() == right_text.casefold() else ""
    table.add_row(label, Text(left_text, style=style), Text(right_text, style=style))


def _weights(pair: Mapping[str, Any]) -> Table:
    levels = dict(
        part.partition(": ")[::2] for part in (pair["evidence"] or "").split("; ") if part
    )
    table = Table(box=None, padding=(0, 2), header_style="bold", pad_edge=False)
    table.add_column("comparison")
    table.add_column("outcome")
    table.add_column("weight", justify="right")
    names = [
        column.removesuffix(_WEIGHT)
        for column in pair
        if column.endswith(_WEIGHT) and column != "match_weight"
    ]
    for name in names:
        weight = pair[f"{name}{_WEIGHT}"]
        outcome = levels.get(name, "").replace("_", " ")
        if not weight and not outcome:
            continue
        table.add_row(
            _COMPARISONS.get(name, name.replace("_", " ")),
            Text(plain(outcome)),
            Text(f"{weight or 0:+.1f}", style=_style(weight or 0)),
        )
    table.add_row(
        "sum",
        f"{pair['match_probability']:.0%} likely one customer",
        f"{pair['match_weight']:+.1f}",
        style="bold",
    )
    return table


def _style(weight: float) -> str:
    if weight > 0:
        return "green"
    return "red" if weight < 0 else ""


def print_decisions(
    decisions: Sequence[Decision], holding: set[str], undone: set[str], terminal: Terminal
) -> None:
    """Print decisions, a few lines each; `holding` and `undone` are ids."""
    for decision in decisions:
        state = "replaced"
        if decision.verdict == "undo":
            state = f"of {plain(decision.undone_decision_id)}"
        elif decision.decision_id in undone:
            state = "taken back"
        elif decision.decision_id in holding:
            state = "holds"
        terminal.say(
            f"{decision.decided_at:%Y-%m-%d %H:%M} UTC  {decision.verdict} ({state})  "
            f"{plain(decision.decided_by)}  {plain(decision.decision_id)}"
        )
        terminal.say(f"     {plain(decision.left)}  {plain(decision.right)}")
        if decision.note:
            terminal.say(f"     {plain(decision.note)}")
