from typing import Any

from dashboard.evidence import evidence
from dashboard.queries import Comparison, Link

LEFT, RIGHT = ("stripe", "cus_1"), ("zendesk", "7")


def _link(explanation: str, against: str = "", **weights: float) -> Link:
    comparisons = tuple(Comparison(name, weight) for name, weight in weights.items())
    return Link(LEFT, RIGHT, sum(weights.values()), 0.99, explanation, against, comparisons)


def _said(**values: tuple[str | None, str | None]) -> dict[tuple[str, str, str], str | None]:
    return {
        (*record, attribute): pair[place]
        for attribute, pair in values.items()
        for place, record in enumerate((LEFT, RIGHT))
    }


def _told(link: Link, **values: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.comparison, one.reason, one.values) for one in evidence(link, _said(**values))]


def test_each_comparison_has_its_reason_and_what_both_records_hold() -> None:
    link = _link(
        "same e-mail; same given name in the other script; same postcode",
        "different company",
        email=22.5, given_name=5.1, address=10.4, company=-1.3,
    )  # fmt: skip
    assert _told(
        link,
        email=("a@b.example", "a@b.example"),
        given_name=("Aliza", "עליזה"),
        postcode=("77915", "77915"),
        street=("Herzl 1", "הרצל 1"),
        company=("Gal", "Gefen"),
    ) == [
        ("email", "same e-mail", ("a@b.example",)),
        ("address", "same postcode", ("77915",)),
        ("given_name", "same given name in the other script", ("Aliza", "עליזה")),
        ("company", "different company", ("Gal", "Gefen")),
    ]


def test_corrections_come_last() -> None:
    link = _link("same phone", prior=-16, phone=20.9, name_frequency=3)
    assert [one.comparison for one in evidence(link, {})] == ["phone", "name_frequency", "prior"]


def test_a_value_that_only_one_record_holds_is_not_shown_as_if_both_did() -> None:
    link = _link("same phone", phone=20.9)
    assert _told(link, phone=("+972501234567", None)) == [("phone", "same phone", ())]


def test_what_a_steward_decided_needs_no_comparison() -> None:
    assert evidence(_link("decided by Dana"), {}) == []


def test_a_reason_that_is_not_known_here_leaves_the_weight_standing() -> None:
    assert _told(_link("something new", email=3.0)) == [("email", "", ())]


def test_a_turned_link_tells_the_same_from_the_other_side() -> None:
    link = _link("nickname of the given name", given_name=6)
    said = _said(given_name=("David", "Dudi"))
    assert evidence(link.turned(), said)[0].values == ("Dudi", "David")
