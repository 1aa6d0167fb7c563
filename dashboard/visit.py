"""One run of a page: who reads, in which language, and what is published."""

import os
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb
import streamlit as st

from dashboard.formats import Formats
from dashboard.rendering import Renderer
from dashboard.serving import Published
from dashboard.words import LANGUAGES, Words

LANGUAGE_VARIABLE = "KESHER_LANGUAGE"
_KEY = "visit"


@dataclass(frozen=True)
class Visit:
    """What a page needs to draw itself."""

    words: Words
    formats: Formats
    renderer: Renderer
    published: Published
    cursor: duckdb.DuckDBPyConnection

    def show(self, template: str, **values: object) -> None:
        """Draw a template at this place of the page."""
        st.html(self.renderer.render(template, **values))


def default_language() -> str:
    """The language of a link that names none."""
    chosen = os.environ.get(LANGUAGE_VARIABLE, "")
    return chosen if chosen in LANGUAGES else "en"


def reader_zone() -> str:
    """The time zone that the reader's browser tells, else UTC."""
    told = st.context.timezone or "UTC"
    try:
        return ZoneInfo(told).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def begin(visit: Visit) -> None:
    """Hand the visit to the page file that runs next."""
    st.session_state[_KEY] = visit


def current() -> Visit:
    """The visit that this run of the page began."""
    visit: Visit = st.session_state[_KEY]
    return visit
