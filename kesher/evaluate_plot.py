"""An evaluation as tables and pictures: on the terminal, as SVG, as a page, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kesher.errors import ConfigError, KesherError
from kesher.evaluate import Evaluation, Point, Quality
from kesher.page import write_result

if TYPE_CHECKING:
    from kesher.terminal import Terminal


@dataclass(frozen=True)
class _Line:
    """One curve; dashes and markers tell the lines apart without colours."""

    name: str
    letter: str
    value: Callable[[Quality], float]
    colour: str
    dashes: str


_LINES = (
    _Line("precision", "P", lambda quality: quality.precision, "#1565c0", ""),
    _Line("recall", "R", lambda quality: quality.recall, "#b26a00", "7 4"),
    _Line("F1", "F", lambda quality: quality.f1, "#1a7f37", "2 3"),
)

_TEXT_WIDTH = 41
_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 720, 56, 340
_ROUND_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
_MOST_STEPS = 6
# In the picture's units: a digit, the room between two labels, and a row of them.
_DIGIT_WIDTH, _LABEL_GAP, _ROW_HEIGHT = 7.5, 8, 16
_LABEL_ROWS = 2


def print_evaluation(evaluation: Evaluation, terminal: Terminal) -> None:
    """Print the tables, and the curve drawn in letters."""
    from rich.table import Table

    quality = evaluation.quality
    terminal.say(
        f"{quality.records:,} records, {quality.people:,} people, {quality.groups:,} customers"
    )
    left_out = [
        f"{count:,} {where}"
        for count, where in (
            (evaluation.only_in_truth, "only in the truth"),
            (evaluation.only_in_result, "only in the result"),
            (evaluation.without_person, "in the truth without a person_id"),
        )
        if count
    ]
    if left_out:
        terminal.say(f"Left out, because not in both: {', '.join(left_out)}.")
    terminal.say("")
    table = _table(Table, "", "precision", "recall", "F1", "right", "found", "true")
    table.add_row(
        "pairs of records",
        *_shares(quality.precision, quality.recall, quality.f1),
        *_counts(quality.right_pairs, quality.found_pairs, quality.true_pairs),
    )
    table.add_row(
        "whole customers",
        *_shares(quality.cluster_precision, quality.cluster_recall, quality.cluster_f1),
        *_counts(quality.right_groups, quality.groups, quality.people),
    )
    terminal.table(table)
    if evaluation.blocking is not None:
        blocking = evaluation.blocking
        terminal.say("")
        terminal.say(
            f"Compared: {blocking.compared_pairs:,} pairs of {blocking.all_pairs:,} (reduction "
            f"ratio {blocking.reduction_ratio:.6f}); among them {blocking.true_pairs_compared:,} "
            f"of the {blocking.true_pairs:,} true pairs (candidate recall "
            f"{blocking.candidate_recall:.4f})."
        )
    if evaluation.curve:
        low = _lowest(evaluation.curve)
        terminal.say("")
        table = _table(Table, "threshold", "weight", "precision", "recall", "F1")
        table.add_column(_scale(low), no_wrap=True)
        for point in evaluation.curve:
            table.add_row(
                f"{'* ' if point.is_in_force else ''}{_threshold(point)}",
                f"{point.link_weight:+.2f}",
                *_shares(point.quality.precision, point.quality.recall, point.quality.f1),
                _letters(point.quality, low),
            )
        terminal.table(table)
        terminal.say(
            "* in force. P precision, R recall, F F1, # several of them; pairs, after clustering."
        )


def write_plot(evaluation: Evaluation, path: Path) -> None:
    """Draw the curve.

    Args:
        evaluation: Has one.
        path: A file ending in .svg or .html.

    Raises:
        KesherError: there is no curve, or the file can't be written.
    """
    if not evaluation.curve:
        raise KesherError(
            "There is no curve to draw: that takes the database in which the pairs were scored. "
            "Name it with --database, or leave --result and --no-curve out."
        )
    drawn = svg(evaluation.curve)
    if path.suffix.lower() == ".html":
        drawn = _page(evaluation.curve, drawn)
    write_result(path, drawn)


def check_plot(path: Path) -> None:
    """Refuse a plot's file by its name, before any work is done.

    Raises:
        ConfigError: the extension is unknown.
    """
    if path.suffix.lower() not in (".svg", ".html"):
        raise ConfigError([f"--plot {path}: the extension says what is drawn: .svg or .html"])


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as plain values."""
    blocking = evaluation.blocking
    return {
        **_plain(evaluation.quality),
        "only_in_truth": evaluation.only_in_truth,
        "only_in_result": evaluation.only_in_result,
        "without_person": evaluation.without_person,
        "blocking": blocking
        and {
            "compared_pairs": blocking.compared_pairs,
            "all_pairs": blocking.all_pairs,
            "true_pairs": blocking.true_pairs,
            "true_pairs_compared": blocking.true_pairs_compared,
            "candidate_recall": blocking.candidate_recall,
            "reduction_ratio": blocking.reduction_ratio,
        },
        "curve": [
            {
                "threshold": point.threshold,
                "link_weight": point.link_weight,
                "is_in_force": point.is_in_force,
                **_plain(point.quality),
            }
            for point in evaluation.curve
        ],
    }


def _plain(quality: Quality) -> dict[str, Any]:
    return {
        "records": quality.records,
        "pairs": {
            "precision": quality.precision,
            "recall": quality.recall,
            "f1": quality.f1,
            "right": quality.right_pairs,
            "found": quality.found_pairs,
            "true": quality.true_pairs,
        },
        "customers": {
            "precision": quality.cluster_precision,
            "recall": quality.cluster_recall,
            "f1": quality.cluster_f1,
            "right": quality.right_groups,
            "found": quality.groups,
            "true": quality.people,
        },
    }


def _table(make: Any, *headings: str) -> Any:
    table = make(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def _shares(*shares: float) -> list[str]:
    return [f"{share:.4f}" for share in shares]


def _counts(*counts: int) -> list[str]:
    return [f"{count:,}" for count in counts]


def _threshold(point: Point) -> str:
    return f"{point.threshold:.4f}".rstrip("0").ljust(4, "0")


def _lowest(curve: Sequence[Point]) -> float:
    """Return a round value that no curve falls below."""
    lowest = min(line.value(point.quality) for point in curve for line in _LINES)
    return int(min(lowest, 0.95) * 20) / 20


def _scale(low: float) -> str:
    left, right = f"{low:.2f}", "1.00"
    return left + "-" * (_TEXT_WIDTH - len(left) - len(right)) + right


def _letters(quality: Quality, low: float) -> str:
    drawn = [" "] * _TEXT_WIDTH
    for line in _LINES:
        place = round((line.value(quality) - low) / (1 - low) * (_TEXT_WIDTH - 1))
        drawn[place] = line.letter if drawn[place] == " " else "#"
    return "".join(drawn)


def _round_shares(low: float) -> list[float]:
    """Return the round values from `low` to 1 at which a line is drawn across."""
    step = next(step for step in _ROUND_STEPS if round((1 - low) / step, 6) <= _MOST_STEPS)
    number = int(round((1 - low) / step, 6))
    return [round(1 - step * back, 2) for back in range(number, -1, -1)]


def _label_rows(places: Sequence[tuple[float, Point]]) -> dict[Point, int]:
    """Return the row below the axis in which a point's threshold is written, where there is room.

    What is in force comes first; a point whose label would overlap another has none.
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_LABEL_ROWS)]
    rows: dict[Point, int] = {}
    for x, point in sorted(places, key=lambda place: (not place[1].is_in_force, place[0])):
        half = (len(_threshold(point)) * _DIGIT_WIDTH + _LABEL_GAP) / 2
        for row, labels in enumerate(taken):
            if all(x + half <= left or right <= x - half for left, right in labels):
                labels.append((x - half, x + half))
                rows[point] = row
                break
    return rows


def svg(curve: Sequence[Point]) -> str:
    """Draw precision, recall and F1 over the threshold as an SVG picture."""
    low = _lowest(curve)
    first, last = curve[0].link_weight, curve[-1].link_weight

    def across(weight: float) -> float:
        return round(_LEFT + (weight - first) / max(last - first, 1e-9) * (_RIGHT - _LEFT), 1)

    def up(share: float) -> float:
        return round(_BOTTOM - (share - low) / (1 - low) * (_BOTTOM - _TOP), 1)

    described = "; ".join(
        f"threshold {_threshold(point)}: "
        + ", ".join(f"{line.name} {line.value(point.quality):.3f}" for line in _LINES)
        for point in curve
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'aria-labelledby="plot-title plot-text" font-family="system-ui, sans-serif" '
        'font-size="13" fill="#1d2939">',
        '<title id="plot-title">Precision, recall and F1 by threshold</title>',
        f'<desc id="plot-text">{escape(described)}</desc>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    parts += [
        f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{up(share)}" y2="{up(share)}" stroke="#d0d5dd"/>'
        f'<text x="{_LEFT - 8}" y="{up(share) + 4}" text-anchor="end">{share:.2f}</text>'
        for share in _round_shares(low)
    ]
    rows = _label_rows([(across(point.link_weight), point) for point in curve])
    for point in curve:
        x = across(point.link_weight)
        if point in rows:
            y = _BOTTOM + 20 + _ROW_HEIGHT * rows[point]
            parts.append(f'<text x="{x}" y="{y}" text-anchor="middle">{_threshold(point)}</text>')
        if point.is_in_force:
            parts.append(
                f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{_BOTTOM}" stroke="#1d2939" '
                f'stroke-dasharray="4 3"/><text x="{x}" y="{_TOP - 8}" text-anchor="middle">'
                "in force</text>"
            )
    parts.append(
        f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_BOTTOM + 62}" text-anchor="middle">'
        "threshold (probability from which on two records are linked)</text>"
    )
    for number, line in enumerate(_LINES):
        places = [(across(point.link_weight), up(line.value(point.quality))) for point in curve]
        way = " ".join(f"{x},{y}" for x, y in places)
        dashes = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
        parts.append(
            f'<polyline points="{way}" fill="none" stroke="{line.colour}" '
            f'stroke-width="2"{dashes}/>'
        )
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{line.colour}"/>' for x, y in places]
        x = _LEFT + 110 * number
        parts.append(
            f'<line x1="{x}" x2="{x + 26}" y1="16" y2="16" stroke="{line.colour}" '
            f'stroke-width="2"{dashes}/><text x="{x + 32}" y="20">{line.name}</text>'
        )
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _page(curve: Sequence[Point], drawn: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_threshold(point)}{" (in force)" if point.is_in_force else ""}</th>'
        + "".join(
            f"<td>{figure}</td>"
            for figure in (
                f"{point.link_weight:+.2f}",
                *_shares(*(line.value(point.quality) for line in _LINES)),
            )
        )
        + "</tr>"
        for point in curve
    )
    headings = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("threshold", "weight", *(line.name for line in _LINES))
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Precision and recall by threshold</title>
<style>
body {{ margin: 2rem auto; max-width: 50rem; padding: 0 1rem; color: #1d2939; background: #fff;
  font: 1rem/1.5 system-ui, sans-serif; }}
table {{ border-collapse: collapse; }} caption {{ text-align: start; padding-bottom: .5rem; }}
th, td {{ text-align: end; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #d0d5dd;
  font-variant-numeric: tabular-nums; }} th:first-child {{ text-align: start; }}
</style>
</head>
<body>
<main>
<h1>Precision and recall by threshold</h1>
{drawn}
<table>
<caption>Pairs of records, after clustering.</caption>
<thead><tr>{headings}</tr></thead>
<tbody>{rows}</tbody>
</table>
</main>
</body>
</html>
"""
