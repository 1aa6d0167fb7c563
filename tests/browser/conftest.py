import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

_TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(_TESTS / "browser"), str(_TESTS / "dashboard")]

from chromium import launched, served  # noqa: E402
from made_serving import made_customers, publish  # noqa: E402


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


@pytest.fixture(params=[1280, 390], ids=["wide", "phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in its own session, on a desk's and on a phone's screen."""
    context = browser.new_context(viewport={"width": request.param, "height": 850})
    yield context.new_page()
    context.close()


@pytest.fixture
def wide_page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
