import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

_TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(_TESTS / "browser"), str(_TESTS / "dashboard")]

from chromium import HEIGHT, PHONE, WIDE, launched, served  # noqa: E402
from made_serving import made_customers, publish  # noqa: E402

# A machine that runs everything else beside it answers slowly, not wrongly.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture(scope="session")
def made_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard over made-up customers."""
    directory = tmp_path_factory.mktemp("made_dashboard")
    publish(made_customers(), directory / "serving", "g1")
    with served(directory / "serving", directory / "log") as address:
        yield address


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all pages, so that the frame's scripts are loaded and compiled once.

    What a reader chooses stands in the address, not in the browser: each page is a session of
    its own.
    """
    shared = browser.new_context(viewport={"width": WIDE, "height": HEIGHT})
    yield shared
    shared.close()


@pytest.fixture
def phone_page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    yield page
    page.close()


@pytest.fixture
def wide_page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()
