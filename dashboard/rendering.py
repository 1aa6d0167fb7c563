"""HTML out of templates, with everything escaped.

Customer data is hostile: a name may hold a script, a right-to-left override or ten thousand
characters. Values reach a page only through these templates, which escape every one of them, and
every value stands in a bidi isolate so that it cannot reorder what is around it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from dashboard.choice import told
from dashboard.formats import Formats, phone_text
from dashboard.words import Words

_TEMPLATES = Path(__file__).parent / "templates"
# Explicit direction marks could undo the isolates; control characters show as nothing useful.
_MARKS = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST = 600
_LONGEST_CODE = 60


def _clean(value: object, longest: int = _LONGEST) -> str:
    text = _MARKS.sub("", str(value))
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _isolate(value: object, longest: int = _LONGEST) -> Markup:
    """A value whose direction its own first letters decide."""
    return Markup('<bdi dir="auto">{}</bdi>').format(_clean(value, longest))


def _ltr(value: object) -> Markup:
    """A value that reads left to right in every language: an address, a number, an id."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(_clean(value))


def _unbroken(value: object) -> Markup:
    """A value that stays on one line where it fits: an e-mail address, a phone number."""
    return Markup('<bdi dir="ltr" class="k-unbroken">{}</bdi>').format(_clean(value))


def _filled(text: str, **values: object) -> Markup:
    """Our own text with its places filled; values are escaped unless they are markup already."""
    return Markup(escape(text)).format(**values)  # noqa: S704


def _initials(name: object) -> str:
    words = [word for word in re.split(r"[\W_]+", _clean(name)) if word]
    return "".join(word[0] for word in words[:2]).upper() or "?"


class Renderer:
    """Renders the templates for one reader."""

    def __init__(self, words: Words, formats: Formats) -> None:
        self.words = words
        self.formats = formats
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        direction = "rtl" if words.language == "he" else "ltr"

        def of(group: str, value: object) -> str:
            return words.of(group, _clean(value, _LONGEST_CODE))

        def t(key: str, **values: object) -> Markup:
            return _filled(words.text(key), **values)

        def n(key: str, number: int) -> Markup:
            return _filled(words.plural(key, number), n=_ltr(formats.number(number)))

        self._environment.globals.update(
            t=t,
            n=n,
            of=of,
            language=words.language,
            direction=direction,
        )

        def shown(text: str) -> Markup:
            return Markup('<bdi dir="{}">{}</bdi>').format(direction, text)

        def when(moment: datetime, text: str) -> Markup:
            machine = moment.replace(tzinfo=moment.tzinfo or UTC).isoformat()
            return Markup('<time datetime="{}">{}</time>').format(machine, shown(text))

        def by_month(
            rows: Sequence[Mapping[str, Any]], column: str
        ) -> Iterator[tuple[datetime | None, list[Mapping[str, Any]]]]:
            """Rows that are in order of time, in one list a month of the reader's calendar."""
            for _, group in groupby(rows, lambda row: row[column] and formats.month(row[column])):
                together = list(group)
                yield together[0][column], together

        self._environment.filters.update(
            by_month=by_month,
            signed=lambda value: _ltr(
                ("+" if value > 0 else "−" if value < 0 else "") + formats.number(abs(value), 1)
            ),
            reasons=lambda value: _isolate(words.reasons(str(value))),
            rule=lambda value: told(words, _clean(value)),
            isolate=_isolate,
            ltr=_ltr,
            unbroken=_unbroken,
            initials=_initials,
            phone=lambda value: _unbroken(phone_text(str(value))),
            day=lambda value: (
                when(value, formats.day(value))
                if isinstance(value, datetime)
                else shown(formats.day(value))
                if isinstance(value, date)
                else _isolate(value)
            ),
            birth_date=lambda value: shown(_clean(formats.date_text(str(value)), _LONGEST_CODE)),
            moment=lambda value: when(value, formats.moment(value)),
            month=lambda value: shown(formats.month(value)),
            short_month=lambda value: shown(formats.short_month(value)),
            ago=lambda value: when(value, formats.ago(value)),
            number=lambda value, digits=0: _ltr(formats.number(value, digits)),
            percent=lambda value: _ltr(formats.percent(value)),
            money=lambda value, currency: shown(
                formats.money(value, currency and _clean(currency, _LONGEST_CODE))
            ),
            country=lambda value: _isolate(formats.country(str(value))),
            language_name=lambda value: _isolate(formats.language_name(str(value))),
        )

    def render(self, template: str, **values: Any) -> str:
        """Fill a template.

        Args:
            template: File name below `templates/`.
            values: What the template asks for; a value it does not get is an error.

        Returns:
            HTML that is safe to show.
        """
        return self._environment.get_template(template).render(**values)
