import csv
import re
from pathlib import Path

import yaml

import dashboard
from dashboard import queries
from dashboard.choice import told
from dashboard.evidence import COMPARED, CORRECTIONS
from dashboard.words import LANGUAGES, WORDS, Words

CODE = Path(dashboard.__file__).parent
# Values of these groups come out of the data, so no code names their words one by one.
GROUPS_OF_DATA = {
    "source", "kind", "payment", "status", "lifecycle", "stage", "field", "comparison", "reason",
    "rule", "membership", "history", "history_reason", "severity", "sort", "condition", "interval",
}  # fmt: skip


def _written() -> str:
    files = [*CODE.rglob("*.py"), *CODE.rglob("*.html")]
    return "\n".join(f.read_text(encoding="utf-8") for f in files if f.name != "words.py")


def test_every_word_is_there_in_every_language() -> None:
    assert set(LANGUAGES) == {"en", "he"}
    for key, pair in WORDS.items():
        assert len(pair) == 2, key
        assert all(text.strip() for text in pair), key


def test_both_languages_have_the_same_places_to_fill() -> None:
    for key, (english, hebrew) in WORDS.items():
        places = set(re.findall(r"{\w+}", english))
        if key.endswith(".one"):
            # One needs no number, and Hebrew has a word for it.
            assert set(re.findall(r"{\w+}", hebrew)) <= {"{n}"}, key
        else:
            assert places == set(re.findall(r"{\w+}", hebrew)), key


def test_hebrew_words_are_hebrew() -> None:
    names = {"Stripe", "Zendesk", "Mailchimp", "HubSpot"}
    for key, (_, hebrew) in WORDS.items():
        assert hebrew in names or re.search("[א-ת]", hebrew), key


def test_no_word_is_unused_and_none_is_missing() -> None:
    written = _written()
    used = set(re.findall(r'"((?:app|overview|customers|customer)\.[a-z_]+)"', written))
    known = {
        re.sub(r"\.(one|other)$", "", key)
        for key in WORDS
        if key.split(".")[0] not in GROUPS_OF_DATA
    }
    used -= {f"{page}.html" for page in ("overview", "customers", "customer")}
    assert known - used == set()
    assert used - known == set()


def test_groups_of_data_are_asked_for() -> None:
    written = _written()
    for group in {key.split(".")[0] for key in WORDS} & GROUPS_OF_DATA:
        assert re.search(rf'"{group}(\.|")', written) or group == "reason", group


def test_every_sort_and_every_condition_has_its_word() -> None:
    assert {f"sort.{name}" for name in queries.SORTS} == {
        key for key in WORDS if key.startswith("sort.")
    }
    assert {f"condition.{name}" for name in queries.CONDITIONS} == {
        key for key in WORDS if key.startswith("condition.")
    }


def test_every_kind_of_event_in_the_timeline_has_its_word() -> None:
    described = CODE.parent / "dbt_project/models/marts/timeline/customer_timeline.yml"
    columns = yaml.safe_load(described.read_text(encoding="utf-8"))["models"][0]["columns"]
    tests = next(column for column in columns if column["name"] == "kind")["data_tests"]
    accepted = next(test["accepted_values"] for test in tests if isinstance(test, dict))
    kinds = accepted.get("arguments", accepted)["values"]
    assert {f"kind.{kind}" for kind in kinds} == {key for key in WORDS if key.startswith("kind.")}


def test_a_value_without_a_word_is_shown_readably() -> None:
    assert Words("he").of("source", "trade_fair") == "Trade fair"
    assert Words("en").of("status", "") == ""
    assert Words("he").of("source", "stripe") == "Stripe"


def _seeded(name: str) -> set[str]:
    seed = CODE.parent / "dbt_project/seeds/identity" / f"{name}.csv"
    with seed.open(encoding="utf-8", newline="") as lines:
        return {row["words"] for row in csv.DictReader(lines)} - {""}


def _known(group: str) -> set[str]:
    return {key.removeprefix(f"{group}.") for key in WORDS if key.startswith(f"{group}.")}


def test_every_reason_of_identity_has_its_word() -> None:
    reasons = {words.lower() for words in _seeded("identity_weights")}
    assert _known("reason") - {"decided by"} == reasons


def test_every_criterion_of_survivorship_has_its_word() -> None:
    criteria = {words.lower() for words in _seeded("identity_survivorship_rules")}
    assert _known("rule") - {"the only value", "any other"} == criteria


def test_every_way_to_belong_to_a_company_has_its_word() -> None:
    model = CODE.parent / "dbt_project/models/identity/int_identity__employer_accounts.sql"
    sql = model.read_text(encoding="utf-8")
    ways = set(re.findall(r"(?:then|else) '([a-z -]+)'", sql)) | {"hubspot", "zendesk"}
    ways |= set(re.findall(r"'([a-z -]+)' as linked_by", sql))
    assert _known("membership") == ways


def test_a_rule_is_told_in_the_readers_language() -> None:
    rule = "a whole date; then hubspot before trade_fair before any other; then the newest"
    assert told(Words("en"), rule) == (
        "A whole date; then HubSpot before Trade fair before any other; then the newest"
    )
    assert told(Words("he"), rule) == (
        "תאריך מלא; אחר כך HubSpot לפני Trade fair לפני כל השאר; אחר כך החדש ביותר"
    )
    assert told(Words("he"), "my own words; then theirs") == "My own words; אחר כך theirs"
    assert told(Words("en"), "stripe before hubspot") == "Stripe before HubSpot"


def test_every_reason_belongs_to_the_comparison_that_the_seed_gives_it_to() -> None:
    seed = CODE.parent / "dbt_project/seeds/identity/identity_weights.csv"
    with seed.open(encoding="utf-8", newline="") as lines:
        seeded = {(row["comparison"], row["words"]) for row in csv.DictReader(lines)}
    known = {(name, reason) for name, reasons in COMPARED.items() for reason in reasons}
    assert known == {(name, words) for name, words in seeded if words}
    assert {f"comparison.{name}" for name in (*COMPARED, *CORRECTIONS)} == {
        key for key in WORDS if key.startswith("comparison.")
    }


def test_reasons_are_told_in_the_readers_language() -> None:
    assert Words("en").reasons("same e-mail; same phone") == "same e-mail; same phone"
    assert Words("he").reasons("same e-mail; same phone") == "אותו דוא״ל; אותו טלפון"
    assert Words("he").reasons("decided by Dana") == "הוחלט על ידי Dana"
    assert Words("he").reasons("something new") == "something new"


def test_every_comparison_that_can_stand_in_a_link_has_its_word() -> None:
    described = CODE.parent / "dbt_project/models/marts/customers/customer_links.yml"
    columns = yaml.safe_load(described.read_text(encoding="utf-8"))["models"][0]["columns"]
    weights = {column["name"] for column in columns if column["name"].endswith("_weight")}
    assert {
        f"comparison.{name.removesuffix('_weight')}" for name in weights - {"match_weight"}
    } == {key for key in WORDS if key.startswith("comparison.")}
