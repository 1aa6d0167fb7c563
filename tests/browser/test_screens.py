"""How the screens look and behave in a real browser, over made-up customers."""

import re
import shutil
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import NAMES, chromium_path, opened
from made_serving import BUSY, DAVID, HOSTILE, MERGED_AWAY
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ADDRESSES = {
    "overview": "/?",
    "customers": "/customers?",
    "search": "/customers?q=cohen",
    "customer": f"/customer?id={DAVID}",
    "records": f"/customer?id={DAVID}&view=records",
    "history": f"/customer?id={DAVID}&view=history",
    "busy": f"/customer?id={BUSY}",
    "hostile": f"/customer?id={HOSTILE}",
    "unknown": "/customer?id=kc_nobody",
}
# Rules that Streamlit's own frame breaks and a page cannot mend.
STREAMLITS_OWN: dict[str, str] = {}

everywhere = pytest.mark.parametrize("name", list(ADDRESSES))
in_both_languages = pytest.mark.parametrize("language", ["en", "he"])


def _open(page: Page, dashboard: str, name: str, language: str = "en") -> Page:
    return opened(page, f"{dashboard}{ADDRESSES[name]}&lang={language}")


@everywhere
@in_both_languages
def test_no_page_is_wider_than_the_screen(
    page: Page, made_dashboard: str, name: str, language: str
) -> None:
    _open(page, made_dashboard, name, language)
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => {
            const r = e.getBoundingClientRect();
            return r.width > 1 && r.height > 1 && (r.right > innerWidth + 1 || r.left < -1)
        }).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert beyond == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@everywhere
@in_both_languages
def test_axe_finds_nothing_serious(
    wide_page: Page, made_dashboard: str, name: str, language: str
) -> None:
    _open(wide_page, made_dashboard, name, language)
    violations = Axe().run(wide_page).response["violations"]
    serious = {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]]
        for violation in violations
        if violation["impact"] in ("serious", "critical") and violation["id"] not in STREAMLITS_OWN
    }
    assert serious == {}


@everywhere
def test_nothing_is_fetched_from_elsewhere_and_no_script_out_of_the_data_runs(
    wide_page: Page, made_dashboard: str, name: str
) -> None:
    asked: list[str] = []
    wide_page.on("request", lambda request: asked.append(request.url))
    wide_page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    _open(wide_page, made_dashboard, name)
    own = urlsplit(made_dashboard).netloc
    assert asked
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {own}


def test_typing_finds_customers_in_either_script(wide_page: Page, made_dashboard: str) -> None:
    _open(wide_page, made_dashboard, "customers")
    field = wide_page.get_by_placeholder(re.compile("Name, e-mail"))
    for query in ("כהן", "cohen"):
        field.fill(query)
        table = wide_page.locator(".k-list-table")
        expect(wide_page.locator(".k-count")).to_have_text("5 customers")
        expect(table).to_contain_text("דוד כהן")
        expect(table).to_contain_text("David Cohen")
    wide_page.get_by_role("link", name="David Cohen").first.click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("David Cohen")


def test_a_chosen_filter_stands_in_the_address(wide_page: Page, made_dashboard: str) -> None:
    _open(wide_page, made_dashboard, "customers")
    wide_page.get_by_role("combobox").nth(1).click()
    wide_page.get_by_role("option", name="Israel").click()
    wide_page.wait_for_function("location.search.includes('country=IL')")
    expect(wide_page.locator(".k-count")).not_to_have_text("64 customers")
    counted = wide_page.locator(".k-count").inner_text()
    # The same link in the other language shows the same customers.
    wide_page.get_by_role("link", name="עברית").click()
    expect(wide_page.locator("main[dir=rtl] .k-count")).to_contain_text(counted.split()[0])
    expect(wide_page.get_by_role("combobox").nth(1)).to_have_value(re.compile("ישראל"))


def test_the_language_stays_from_page_to_page(wide_page: Page, made_dashboard: str) -> None:
    _open(wide_page, made_dashboard, "overview")
    wide_page.get_by_role("link", name="עברית").click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("מבט כללי")
    wide_page.get_by_role("link", name="לקוחות").first.click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("לקוחות")
    assert "lang=he" in wide_page.evaluate("location.search")
    wide_page.locator(".k-list-table a").first.click()
    expect(wide_page.locator(".k-head[dir=rtl] h1")).to_be_visible()
    assert "lang=he" in wide_page.evaluate("location.search")


def test_the_timeline_is_filtered_and_the_filter_can_be_sent(
    wide_page: Page, made_dashboard: str
) -> None:
    _open(wide_page, made_dashboard, "customer")
    timeline = wide_page.locator(".k-timeline").first
    expect(timeline).to_contain_text("Campaign opened")
    wide_page.get_by_text("Zendesk 12").click()
    expect(timeline).not_to_contain_text("Campaign opened")
    expect(timeline).to_contain_text("Ticket opened")
    wide_page.wait_for_function("location.search.includes('system=zendesk')")


def test_more_of_a_long_timeline_is_shown_when_asked(wide_page: Page, made_dashboard: str) -> None:
    _open(wide_page, made_dashboard, "busy")
    expect(wide_page.locator(".k-event")).to_have_count(40)
    wide_page.get_by_role("button", name="Show 100 earlier events").click()
    expect(wide_page.locator(".k-event")).to_have_count(140)


def test_a_merged_id_in_a_link_shows_the_survivor(wide_page: Page, made_dashboard: str) -> None:
    opened(wide_page, f"{made_dashboard}/customer?id={MERGED_AWAY}&lang=he")
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("David Mizrahi-Rosenberg")
    expect(wide_page.get_by_role("status")).to_contain_text(MERGED_AWAY)


def test_a_machine_without_a_browser_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(AssertionError, match="apt-get install chromium"):
        chromium_path()
    assert "chromium" in NAMES
