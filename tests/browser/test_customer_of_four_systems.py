"""The main job at its end: one customer, out of four systems, in the browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from chromium import opened, served
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SYSTEMS = {"stripe": "Stripe", "zendesk": "Zendesk", "mailchimp": "Mailchimp", "hubspot": "HubSpot"}


@dataclass(frozen=True)
class Known:
    """A customer whom one system knows by a Hebrew name and another by a Latin one."""

    customer_id: str
    shown: str
    hebrew: str
    latin: str


@pytest.fixture(scope="module")
def known(published_demo: Any) -> Known:
    with duckdb.connect(str(published_demo.serving), read_only=True) as connection:
        found = connection.execute(
            """
            select customers.customer_id, customers.display_name,
                min(value) filter (regexp_full_match(value, '[א-ת]{2,} [א-ת]{2,}')) as hebrew,
                min(value) filter (regexp_full_match(value, '[A-Za-z]{2,} [A-Za-z]{2,}')) as latin
            from customers join customer_attributes using (customer_id)
            where attribute = 'display_name' and customer_id in (
                select customer_id from customer_timeline
                group by customer_id having count(distinct source) = 4
            )
            group by all having hebrew is not null and latin is not null
            order by customer_id limit 1
            """
        ).fetchone()
    assert found, "no customer of the demo has events of four systems and a name in each script"
    return Known(*found)


@pytest.fixture(scope="module")
def dashboard(published_demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log: Path = tmp_path_factory.mktemp("dashboard") / "log"
    with served(published_demo.serving.parent, log) as address:
        yield address


@pytest.mark.parametrize("script", ["hebrew", "latin"])
@pytest.mark.parametrize("language", ["en", "he"])
def test_the_customer_is_found_by_a_name_in_either_script(
    wide_page: Page, dashboard: str, known: Known, script: str, language: str
) -> None:
    opened(wide_page, f"{dashboard}/customers?lang={language}")
    field = wide_page.locator("[data-testid=stTextInput] input")
    count = wide_page.locator(".k-count")
    everybody = count.inner_text()
    field.fill(known.hebrew if script == "hebrew" else known.latin)
    # The list of everybody may hold the link too, and goes away under the click.
    expect(count).not_to_have_text(everybody)
    link = wide_page.locator(f"a[href*='{known.customer_id}']")
    link.first.click()
    expect(wide_page.get_by_role("heading", level=1)).to_have_text(known.shown)
    assert f"id={known.customer_id}" in wide_page.evaluate("location.search")


@pytest.mark.parametrize("language", ["en", "he"])
def test_a_link_to_the_customer_shows_events_of_all_four_systems(
    wide_page: Page, dashboard: str, known: Known, language: str
) -> None:
    opened(wide_page, f"{dashboard}/customer?id={known.customer_id}&lang={language}")
    expect(wide_page.get_by_role("heading", level=1)).to_have_text(known.shown)
    for source, name in SYSTEMS.items():
        chosen = wide_page.locator("[data-testid=stButtonGroup] button").filter(has_text=name)
        chosen.click()
        wide_page.wait_for_function(f"location.search.includes('system={source}')")
        # Each event tells its system; after filtering, all of them tell this one.
        expect(
            wide_page.locator(".k-event").filter(has=wide_page.locator(f".k-dot-{source}")).first
        ).to_be_visible()
        expect(
            wide_page.locator(".k-event").filter(has_not=wide_page.locator(f".k-dot-{source}"))
        ).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_page_tells_why_the_records_are_one_customer(
    wide_page: Page, dashboard: str, known: Known, language: str
) -> None:
    opened(wide_page, f"{dashboard}/customer?id={known.customer_id}&view=records&lang={language}")
    records = wide_page.locator(".k-records")
    for name in SYSTEMS.values():
        expect(records.get_by_text(name).first).to_be_visible()
    expect(wide_page.locator(".k-weights").first).to_be_visible()


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("page_name", ["", "customers"])
def test_every_page_of_the_real_data_fits_a_phone(
    phone_page: Page, dashboard: str, language: str, page_name: str
) -> None:
    opened(phone_page, f"{dashboard}/{page_name}?lang={language}")
    assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(phone_page.locator(".k").first).to_be_visible()
