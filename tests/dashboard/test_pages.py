import re
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from made_serving import (
    BARE,
    BUSY,
    DAVID,
    HOSTILE,
    MERGED_AWAY,
    MOTHER,
    RETIRED,
    Made,
    made_customers,
    publish,
)  # fmt: skip
from streamlit.testing.v1 import AppTest

import dashboard

APP = Path(dashboard.__file__).parent / "app.py"
PAGES = {
    "overview": "app_pages/overview.py",
    "customers": "app_pages/customers.py",
    "customer": "app_pages/customer.py",
}
Visit = Callable[..., AppTest]


@pytest.fixture
def visit(made_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    # AppTest leaves the app as the main program, which every new process would then run first.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])

    def open_page(page: str, /, directory: Path = made_directory, **address: str) -> AppTest:
        monkeypatch.setenv("KESHER_SERVING", str(directory))
        app = AppTest.from_file(str(APP), default_timeout=30)
        app.run()
        for name, value in address.items():
            app.query_params[name] = value
        app.switch_page(PAGES[page])
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, [e.value for e in app.exception]
        return app

    return open_page


def _html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def _text(app: AppTest) -> str:
    without_style = re.sub(r"<style>.*?</style>", "", _html(app), flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", without_style)))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Overview",
                "Records per customer",
                "9 of 11 pass",
                "3 hours ago",
                "Demo data",
                "No invoice is negative",
                "Rule 3 holds",
                "44 records",
            ],
        ),
        (
            "he",
            [
                "מבט כללי",
                "רשומות ללקוח",
                "9 מתוך 11 עוברות",
                "לפני 3 שעות",
                "נתוני הדגמה",
                "אין חשבונית שלילית",
                "כלל 3 מתקיים",
                "44 רשומות",
            ],
        ),
    ],
)
def test_the_overview_tells_numbers_freshness_and_quality(
    visit: Visit, language: str, words: list[str]
) -> None:
    text = _text(visit("overview", lang=language))
    for word in [*words, "64", "David Mizrahi-Rosenberg", "Trade fair"]:
        assert word in text, word


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("query", ["cohen", "כהן"])
def test_the_list_finds_names_in_either_script(visit: Visit, language: str, query: str) -> None:
    text = _text(visit("customers", lang=language, q=query))
    assert "דוד כהן" in text
    assert "David Cohen" in text
    assert "Levi" not in text


def test_the_address_narrows_the_list(visit: Visit) -> None:
    app = visit("customers", source="stripe", country="IL", sort="name")
    assert app.selectbox(key="address_source").value == "stripe"
    assert app.selectbox(key="address_sort").value == "name"
    narrowed = app.selectbox(key="address_country").set_value(None).run()
    assert not narrowed.exception
    assert "country" not in narrowed.query_params


CHOICES = {
    "sort": "name",
    "source": "hubspot",
    "country": "IL",
    "lifecycle": "customer",
    "status": "paying",
}


@pytest.mark.parametrize("language", ["en", "he"])
def test_every_filter_and_the_sort_stand_in_the_address_and_change_the_list(
    visit: Visit, language: str
) -> None:
    app = visit("customers", lang=language)
    for name, value in CHOICES.items():
        before = _text(app)
        app.selectbox(key=f"address_{name}").select(value).run()
        assert not app.exception
        assert app.query_params[name] == value
        assert _text(app) != before, name
    chosen = _text(app)
    # The link alone shows the same, and says what is chosen in the reader's language.
    sent = visit("customers", lang=language, **CHOICES)
    assert _text(sent) == chosen
    assert {name: sent.selectbox(key=f"address_{name}").value for name in CHOICES} == CHOICES
    labels = [
        option for name in CHOICES for option in sent.selectbox(key=f"address_{name}").options
    ]
    assert ("ישראל" if language == "he" else "Israel") in labels
    assert ("שילמו" if language == "he" else "Has paid") in labels


def test_nonsense_in_the_address_is_ignored(visit: Visit) -> None:
    app = visit("customers", source="'; drop", sort="1", page="-9", status="<b>", lang="xx")
    assert "64 customers" in _text(app)


def test_a_filter_starts_over_at_the_first_page(visit: Visit) -> None:
    app = visit("customers", page="3")
    assert len(re.findall("<tr>", _html(app))) == 1 + 14
    app.selectbox(key="address_status").select("paying").run()
    assert "page" not in app.query_params
    assert len(re.findall("<tr>", _html(app))) == 1 + 25


def test_a_search_without_result_says_what_to_do(visit: Visit) -> None:
    assert "No customer matches." in _text(visit("customers", q="zzzzqqq"))
    assert "לא נמצא לקוח מתאים." in _text(visit("customers", q="zzzzqqq", lang="he"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Customer since", "Ticket opened", "Campaign opened", "Call", "Invoice paid",
                "with Ruth Adler", "4 other values", "from HubSpot", "$7,407.00", "Contract sent"]),
        ("he", ["לקוח מאז", "פנייה נפתחה", "דיוור נפתח", "שיחה", "חשבונית שולמה", "עם Ruth Adler",
                "4 ערכים נוספים", "מתוך HubSpot", "נשלח חוזה", "עברית"]),
    ],
)  # fmt: skip
def test_the_customer_page_tells_who_it_is_and_what_happened_in_every_system(
    visit: Visit, language: str, words: list[str]
) -> None:
    text = _text(visit("customer", id=DAVID, lang=language))
    everywhere = ["David Mizrahi-Rosenberg", "+972 54-123-4567", "A-0011", "Omer Shalev",
                  "Orbit: 40 seats", "Spring news"]  # fmt: skip
    for word in words + everywhere:
        assert word in text, word


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Lives with", "same street address; same family name", "Part of Orbit Israel",
                "group of Orbit Group", "12 customers", "As HubSpot says", "By e-mail domain",
                "Records contradict each other: Given name, Born"]),
        ("he", ["גרים יחד", "אותה כתובת; אותו שם משפחה", "חלק מ־Orbit Israel",
                "קבוצת Orbit Group", "12 לקוחות", "לפי HubSpot", "לפי הדומיין בדוא״ל",
                "רשומות סותרות: שם פרטי, תאריך לידה"]),
    ],
)  # fmt: skip
def test_the_customer_page_tells_who_lives_there_and_what_the_company_is_a_part_of(
    visit: Visit, language: str, words: list[str]
) -> None:
    app = visit("customer", id=DAVID, lang=language)
    text = _text(app)
    for word in [*words, "Orbit Labs", "info@orbit.example"]:
        assert word.lower() in text.lower(), word
    assert f'href="customer?id={MOTHER}&amp;lang={language}"' in _html(app)
    chosen = "HubSpot before Stripe" if language == "en" else "HubSpot לפני Stripe"
    assert chosen in unescape(_html(app))


def test_who_lives_alone_and_works_nowhere_has_no_panel_for_it(visit: Visit) -> None:
    text = _text(visit("customer", id=BUSY))
    assert "Lives with" not in text
    assert "Part of" not in text
    assert "contradict" not in text


def test_the_timeline_is_filtered_by_system(visit: Visit) -> None:
    text = _text(visit("customer", id=DAVID, system="zendesk"))
    assert "Ticket opened" in text
    assert "Campaign opened" not in text


def test_a_long_timeline_shows_more_when_asked(visit: Visit) -> None:
    app = visit("customer", id=BUSY)
    assert "Event number 39" in _text(app)
    assert "Event number 40" not in _text(app)
    app.button(key="more").click().run()
    assert "Event number 139" in _text(app)
    assert "Event number 140" not in _text(app)


def test_why_records_are_one_customer_is_told(visit: Visit) -> None:
    text = _text(visit("customer", id=DAVID, view="records"))
    for word in ["5 records", "Dudi Mizrahi", "דוד מזרחי", "Joined because", "+11.5", "−2.0",
                 "same e-maildavid.mr@orbit.example", "different company"]:  # fmt: skip
        assert word in text, word


def test_evidence_is_told_in_hebrew_too(visit: Visit) -> None:
    text = _text(visit("customer", id=DAVID, view="records", lang="he"))
    for word in ["מה נמצא ברשומות", "אותו דוא״ל", "חברה שונה", "ביחד: ודאות של"]:
        assert word in text, word


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Omer ShalevHubSpot Call 12 times · last 24 Apr 2026"),
        ("he", "Omer ShalevHubSpot שיחה 12 פעמים · לאחרונה 24 אפר׳ 2026"),
    ],
)
def test_the_staff_who_met_the_customer_are_told_with_kind_and_last_date(
    visit: Visit, language: str, words: str
) -> None:
    text = _text(visit("customer", id=DAVID, lang=language))
    assert words in text
    assert ("Last met byOmer Shalev" if language == "en" else "פגש אותם לאחרונהOmer Shalev") in text


def test_an_id_that_was_merged_away_shows_the_survivor_and_says_so(visit: Visit) -> None:
    text = _text(visit("customer", id=MERGED_AWAY))
    assert "David Mizrahi-Rosenberg" in text
    assert f"The link's id {MERGED_AWAY} was merged into this customer" in text


def test_the_history_of_an_id_is_told(visit: Visit) -> None:
    text = _text(visit("customer", id=DAVID, view="history"))
    assert MERGED_AWAY in text
    assert "Merged" in text


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("kc_nobody", "No such customer"),
        ("<script>alert(1)</script>", "No such customer"),
        (RETIRED, "This customer is gone"),
        ("", "Choose a customer"),
    ],
)
def test_an_id_that_leads_nowhere_gets_a_clear_message(
    visit: Visit, identifier: str, words: str
) -> None:
    app = visit("customer", id=identifier)
    assert words in _text(app)
    assert "<script" not in _html(app)


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("view", ["timeline", "records", "history"])
@pytest.mark.parametrize("identifier", [BARE, HOSTILE])
def test_a_customer_with_nothing_and_a_hostile_one_are_shown(
    visit: Visit, language: str, view: str, identifier: str
) -> None:
    html = _html(visit("customer", id=identifier, lang=language, view=view))
    assert "<script" not in html
    assert not re.search(r"<(img|u|i|b|kind|status|staff|stage)[ >]", html)


@pytest.mark.parametrize("language", ["en", "he"])
def test_before_the_first_publish_every_page_says_what_to_do(
    visit: Visit, tmp_path: Path, language: str
) -> None:
    for page in PAGES:
        html = _html(visit(page, directory=tmp_path, lang=language))
        assert "kesher run" in html


def test_a_damaged_pointer_is_told_without_details(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text("{")
    text = _text(visit("overview", directory=tmp_path))
    assert "kesher doctor" in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize("page", list(PAGES))
def test_an_empty_company_is_shown(visit: Visit, tmp_path: Path, page: str) -> None:
    publish(Made(), tmp_path, "empty")
    _html(visit(page, directory=tmp_path, lang="he"))


def test_a_new_generation_shows_without_a_restart(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("overview", directory=tmp_path)
    assert "Nothing is published yet" in _text(app)
    publish(made_customers(people=5), tmp_path, "g1")
    assert re.search(r"Customers ?9 ", _text(app.run()))
    publish(made_customers(people=6), tmp_path, "g2")
    assert re.search(r"Customers ?10 ", _text(app.run()))
