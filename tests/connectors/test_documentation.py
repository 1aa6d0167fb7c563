"""The pages of the sources name what there is, and no page points at nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("docs", "connectors", "dbt_project", "decisions", "expectations", "benchmarks")
PAGES = [
    PROJECT / "README.md",
    *(page for folder in FOLDERS for page in sorted((PROJECT / folder).rglob("*.md"))),
]
VENDORS = ("stripe", "zendesk", "mailchimp", "hubspot")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_sources_page_names_each_of_its_streams_in_a_table(vendor: str) -> None:
    schemas = {path.stem for path in (PROJECT / "connectors" / vendor / "schemas").glob("*.json")}
    assert schemas
    page = (PROJECT / "docs" / "connectors" / f"{vendor}.md").read_text("utf-8")
    first_cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("|")]
    named = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]
    assert schemas <= set(named)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    lost = [
        link
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        if not link.startswith("http") and not _leads_somewhere(page, link)
    ]
    assert not lost


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not heading or heading in _headings(target)


def _headings(page: Path) -> set[str]:
    """Return the names by which GitHub links to a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
