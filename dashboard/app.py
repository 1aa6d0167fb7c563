"""The dashboard: `streamlit run dashboard/app.py`.

Draws what all pages share (the bar on top, the language, the style), opens what is published and
runs the page that the address names.
"""

import logging
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import address, queries, visit
from dashboard.formats import Formats
from dashboard.rendering import Renderer
from dashboard.serving import ServingError, open_published, serving_directory
from dashboard.words import LANGUAGES, Words

_HERE = Path(__file__).parent


@st.cache_resource(max_entries=64, show_spinner=False)
def _renderer(language: str, zone: str) -> Renderer:
    """Compiled templates, for all readers of one language and time zone."""
    return Renderer(Words(language), Formats(language, ZoneInfo(zone)))


def _other_languages(words: Words) -> list[tuple[str, str, str]]:
    """Code, name and address of this very page in each other language."""
    told = st.query_params.to_dict()
    return [
        (code, name, urlencode({**told, "lang": code}))
        for code, name in LANGUAGES.items()
        if code != words.language
    ]


def _draw() -> None:
    st.set_page_config(page_title="Kesher", page_icon="🔗", layout="wide")
    st.html(_HERE / "style.css")
    default = visit.default_language()
    bar = st.container(horizontal=True, vertical_alignment="center", key="bar")
    words = Words(address.chosen("lang", list(LANGUAGES), default) or default)
    if words.language == "he":
        st.html(_HERE / "style_rtl.css")

    overview = st.Page(
        "app_pages/overview.py",
        title=words.text("overview.title"),
        url_path="overview",
        default=True,
    )
    customers = st.Page(
        "app_pages/customers.py", title=words.text("customers.title"), url_path="customers"
    )
    customer = st.Page(
        "app_pages/customer.py", title=words.text("customer.title"), url_path="customer"
    )
    page = st.navigation([overview, customers, customer], position="hidden")
    st.set_page_config(page_title=f"{page.title} · {words.text('app.name')}")

    renderer = _renderer(words.language, visit.reader_zone())
    with bar:
        st.html(renderer.render("brand.html"), width="content")
        st.page_link(overview, query_params={"lang": words.language})
        st.page_link(customers, query_params={"lang": words.language})
        st.html(
            renderer.render("languages.html", languages=_other_languages(words)), width="content"
        )

    try:
        opened = open_published(serving_directory())
    except ServingError:
        logging.getLogger("kesher.dashboard").exception("The published data cannot be read")
        st.html(
            renderer.render(
                "message.html",
                title=words.text("app.broken_title"),
                text=words.text("app.broken_text"),
            )
        )
        return
    if opened is None:
        st.html(
            renderer.render(
                "message.html",
                title=words.text("app.nothing_title"),
                text=words.text("app.nothing_text"),
            )
        )
        st.button(words.text("app.retry"))
        return
    published, cursor = opened
    with cursor:
        visit.begin(visit.Visit(words, renderer.formats, renderer, published, cursor))
        page.run()
        st.html(
            renderer.render(
                "footer.html",
                published_at=published.published_at,
                generation=published.generation,
                sandbox=queries.is_sandbox(cursor),
            )
        )


_draw()
