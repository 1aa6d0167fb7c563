"""How the screens look and behave in a real browser, over made-up customers."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import HEIGHT, NAMES, PHONE, WIDE, chromium_path, opened
from made_serving import BUSY, DAVID, HOSTILE, MERGED_AWAY
from playwright.sync_api import BrowserContext, Dialog, Page, expect

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

EVERYWHERE = [(name, language) for name in ADDRESSES for language in ("en", "he")]


def _open(page: Page, dashboard: str, name: str, language: str = "en") -> Page:
    return opened(page, f"{dashboard}{ADDRESSES[name]}&lang={language}")


@dataclass(frozen=True)
class Screen:
    """An open page, what it asked for and which dialogs a script in it opened."""

    page: Page
    asked: list[str]
    dialogs: list[str]


@pytest.fixture(scope="module", params=EVERYWHERE, ids=["-".join(one) for one in EVERYWHERE])
def screen(
    context: BrowserContext, made_dashboard: str, request: pytest.FixtureRequest
) -> Iterator[Screen]:
    """Every page in every language, opened once for all that is to be proven of it."""
    page = context.new_page()
    found = Screen(page, [], [])
    page.on("request", lambda asked: found.asked.append(asked.url))

    def refuse(dialog: Dialog) -> None:
        found.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    _open(page, made_dashboard, *request.param)
    yield found
    page.close()


@pytest.mark.parametrize("width", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_page_is_wider_than_the_screen(screen: Screen, width: int) -> None:
    page = screen.page
    page.set_viewport_size({"width": width, "height": HEIGHT})
    # Two frames: one in which the frame's scripts hear of the width, one in which it is drawn.
    page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => {
            const r = e.getBoundingClientRect();
            return r.width > 1 && r.height > 1 && (r.right > innerWidth + 1 || r.left < -1)
        }).map(e => e.outerHTML.slice(0, 200))"""
    )
    assert beyond == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("innerWidth") == width


def test_phones_and_mails_stay_on_one_line_on_a_phone(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    # What is longer than the screen has to break; nothing else may.
    broken = screen.page.evaluate(
        """() => [...document.querySelectorAll('.k-unbroken')].filter(e => {
            const line = 1.7 * parseFloat(getComputedStyle(e).fontSize);
            return e.textContent.length < 30 && e.offsetHeight > line
        }).map(e => e.textContent)"""
    )
    assert broken == []


def test_axe_finds_nothing_serious(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    violations = Axe().run(screen.page).response["violations"]
    serious = {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]]
        for violation in violations
        if violation["impact"] in ("serious", "critical") and violation["id"] not in STREAMLITS_OWN
    }
    assert serious == {}


def test_nothing_is_fetched_from_elsewhere_and_no_script_out_of_the_data_runs(
    screen: Screen, made_dashboard: str
) -> None:
    own = urlsplit(made_dashboard).netloc
    assert {urlsplit(url).netloc for url in screen.asked if not url.startswith("data:")} == {own}
    assert screen.dialogs == []


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/?lang=en", "Overview · Kesher"),
        ("/customers?lang=he", "לקוחות · קשר"),
        (f"/customer?id={DAVID}&lang=en", "David Mizrahi-Rosenberg · Kesher"),
    ],
)
def test_the_browsers_tab_tells_what_is_open(
    wide_page: Page, made_dashboard: str, address: str, title: str
) -> None:
    opened(wide_page, f"{made_dashboard}{address}")
    expect(wide_page).to_have_title(title)


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
