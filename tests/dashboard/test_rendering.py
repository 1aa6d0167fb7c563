import re
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.formats import Formats
from dashboard.rendering import Renderer
from dashboard.words import Words

RENDERERS = {language: Renderer(Words(language), Formats(language)) for language in ("en", "he")}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def _read(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser


def _timeline(language: str, text: str) -> str:
    event: dict[str, Any] = {
        "source": text, "kind": text, "title": text, "detail": text + "!", "amount": 1,
        "currency": text, "staff_name": text, "happened_at": datetime(2026, 1, 2),
        "object_type": text,
    }  # fmt: skip
    return RENDERERS[language].render("timeline.html", events=[event])


@pytest.mark.parametrize("language", ["en", "he"])
@given(text=st.text(max_size=80) | st.sampled_from(["<script>", "\"'><img onerror=x>", "{{x}}"]))
def test_no_text_out_of_the_data_becomes_a_tag_or_an_attribute(language: str, text: str) -> None:
    plain, tested = _read(_timeline(language, "a")), _read(_timeline(language, text))
    assert set(tested.tags) <= set(plain.tags)
    assert {name for name, _ in tested.attributes} <= {name for name, _ in plain.attributes}


def test_direction_marks_in_the_data_cannot_turn_the_page() -> None:
    html = _timeline("en", "a\u202eb\u2066c\u0000d")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000]", html)
    assert "abcd" in html


def test_long_texts_are_cut() -> None:
    assert len(_timeline("en", "x" * 100_000)) < 5_000


def test_phones_stand_in_isolates_within_hebrew() -> None:
    fields = [{"name": "phone", "value": "+972541234567", "winner": None, "others": []}]
    html = RENDERERS["he"].render("customer_fields.html", customer_id="kc_1", fields=fields)
    assert '<bdi dir="ltr" class="k-unbroken">+972 54-123-4567</bdi>' in html
    assert 'dir="rtl"' in html
    assert "טלפון" in html


@pytest.mark.parametrize("value", ["javascript:alert(1)", "a b", "x&y=z"])
def test_a_link_to_a_customer_holds_the_id_as_one_value(value: str) -> None:
    html = RENDERERS["en"].render("customer_fields.html", customer_id=value, fields=[])
    links = [v for name, v in _read(html).attributes if name == "href"]
    assert len(links) == 1
    assert (links[0] or "").startswith("customer?id=")
    assert (links[0] or "").count("=") == 2
