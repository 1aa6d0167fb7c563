"""An explanation as a page: one file, without anything from the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kesher.explain_words import percent, tells_something
from kesher.explanation import Explanation, probability
from kesher.page import render, write_result

_LONGEST_VALUE = 300

_WIDTH = 900
_LABEL_X = 230
_CHART_LEFT = 250
_CHART_RIGHT = 830
_ROW = 26
_TOP = 30
_TICKS = (1, 2, 5, 10, 20, 50)


@dataclass(frozen=True)
class Bar:
    """One bar of the waterfall, in the picture's units."""

    label: str
    kind: str
    x: float
    y: float
    width: float
    weight: str
    text_x: float
    anchor: str


def write_page(explanation: Explanation, path: Path) -> None:
    """Write the page.

    Raises:
        KesherError: it can't be written.
    """
    write_result(path, page(explanation))


def page(explanation: Explanation) -> str:
    """Return the page as HTML."""
    rows = [
        {
            "title": part.title,
            "left": part.left,
            "right": part.right,
            "words": part.words,
            "weight": part.weight,
            "total": part.total,
            "probability": percent(probability(part.total)),
        }
        for part in explanation.contributions
        if tells_something(part)
    ]
    names = list({**explanation.left.values, **explanation.right.values})
    return render(
        "explain_page.html.jinja",
        {"short": _short},
        title=f"{_short(explanation.left.name)} and {_short(explanation.right.name)}",
        left=explanation.left,
        right=explanation.right,
        verdict=explanation.verdict,
        picture=picture(explanation),
        rows=rows,
        blocks=explanation.blocks,
        path=explanation.path,
        values=[
            (
                name.replace("_", " "),
                explanation.left.values.get(name, ""),
                explanation.right.values.get(name, ""),
            )
            for name in names
        ],
    )


def picture(explanation: Explanation) -> dict[str, Any]:
    """Lay the waterfall out: a bar a comparison, from the sum before it to the sum after it."""
    parts = [part for part in explanation.contributions if part.weight]
    sums = [0.0, explanation.link_weight, *(part.total for part in parts)]
    low, high = min(sums), max(sums)
    scale = (_CHART_RIGHT - _CHART_LEFT) / max(high - low, 1.0)

    def place(weight: float) -> float:
        return round(_CHART_LEFT + (weight - low) * scale, 1)

    bars = []
    for number, part in enumerate(parts):
        start, end = part.total - part.weight, part.total
        bars.append(
            _bar(
                number,
                part.title,
                "for" if part.weight > 0 else "against",
                place(start),
                place(end),
                part.weight,
            )
        )
    total = explanation.match_weight
    bars.append(_bar(len(parts), "sum", "sum", place(0), place(total), total))
    step = next((tick for tick in _TICKS if (high - low) / tick <= 8), _TICKS[-1])
    ticks = range(int(-(-low // step)) * step, int(high) + 1, step)
    described = "; ".join(f"{part.title} {part.weight:+.1f}" for part in parts)
    return {
        "width": _WIDTH,
        "height": _TOP + _ROW * len(bars) + 34,
        "label_x": _LABEL_X,
        "bars": bars,
        "ticks": [{"x": place(tick), "label": str(tick)} for tick in ticks],
        "enough": f"{explanation.link_weight:+.1f}",
        "enough_x": place(explanation.link_weight),
        "description": f"{described}; sum {total:+.1f}, {percent(explanation.probability)}.",
    }


def _bar(number: int, label: str, kind: str, start: float, end: float, weight: float) -> Bar:
    left, right = sorted((start, end))
    return Bar(
        label if len(label) <= 32 else f"{label[:31]}…",
        kind,
        left,
        _TOP + _ROW * number,
        max(round(right - left, 1), 1.0),
        f"{weight:+.1f}",
        right + 6,
        "start",
    )


def _short(text: str) -> str:
    """Cut what is too long, and leave out what no page may hold."""
    safe = "".join(char if char.isprintable() else " " for char in text)
    return safe if len(safe) <= _LONGEST_VALUE else f"{safe[:_LONGEST_VALUE]}…"
