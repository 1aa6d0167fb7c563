"""Stewards' decisions, from their store through the lake into who is one customer."""

import dataclasses
from pathlib import Path

import pytest
from built_warehouse import Warehouse
from identity_people import SOURCE, People, person

from decisions.decision import RecordName
from decisions.store import DecisionStore, sqlite_url
from kesher.config import load_config
from kesher.data_directory import DataDirectory
from kesher.steward_decisions import take_decisions
from kesher.terminal import Terminal

# One customer by all evidence; two who may be one; two whom nothing joins.
FIRM = ("firm-1", "firm-2")
GREY = ("grey-1", "grey-2")
RECORDS = [
    person("firm-1", "Ruth Goldwasser", email="ruth@goldwasser.example", phone="054-2345678"),
    person("firm-2", "Ruth Goldwasser", email="ruth@goldwasser.example", phone="054-2345678"),
    person("grey-1", "Anat Brener", city="Haifa", email="a@one.example"),
    person("grey-2", "Anat Brener", city="Haifa", email="b@two.example"),
    person("far-1", "Zvi Harel", phone="03-6421234"),
    person("far-2", "Noa Kadosh", phone="03-5271111"),
]

# Two customers, for one's name contradicts the other's, though a telephone is the same.
MATES = ("mate-1", "mate-2", "mate-3")
OTHER_SCRIPT = "mate-4"
TORN = [
    person("mate-1", "T. Schwartzstein", email="schwartz@firm.example", birth_date="1950-01-02"),
    person("mate-2", "Tzachi Schwartzstein", email="schwartz@firm.example", phone="052-2800544"),
    person("mate-3", "Tzahi Schwartzstein", email="schwartz@firm.example"),
    person(
        "mate-4",
        "צחי שוורצשטיין",
        email="tschwartz40@gmail.com",
        phone="052-2800544",
        birth_date="1985-06-07",
    ),
]


class Stewards:
    """People, and the stewards who decide about them."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.data = DataDirectory(people.lake.folder.parent)
        self.store = DecisionStore(sqlite_url(self.data.decisions))

    def decide(self, left: str, right: str, verdict: str) -> str:
        seen = [row["evidence"] for row in self.queue() if row["pair"] == {left, right}]
        decision = self.store.decide(
            RecordName(SOURCE, left),
            RecordName(SOURCE, right),
            verdict,  # type: ignore[arg-type]
            by="דנה",
            note="הערה",
            evidence=str(seen[0]) if seen else None,
        )
        return decision.decision_id

    def build(self) -> set[frozenset[str]]:
        """Do what `kesher build` does, for the queue and what it needs; return the customers."""
        assert take_decisions(load_config(Path("/dev/null")), self.data, Terminal())
        self.people.warehouse.run("+match_review_queue")
        return self.people.groups()

    def queue(self) -> list[dict[str, object]]:
        if not self.people.warehouse.path.exists():
            return []
        return [
            {**row, "pair": {row["left_record_id"], row["right_record_id"]}}
            for row in self.people.table("marts.match_review_queue", "queue_position")
        ]

    def asks_about(self, *records: str) -> bool:
        return any(row["pair"] == set(records) for row in self.queue())


@pytest.fixture
def stewards(warehouse: Warehouse) -> Stewards:
    people = People(warehouse)
    people.say(*RECORDS)
    return Stewards(people)


def test_decisions_bind_the_next_build_and_an_undo_brings_back_what_was(
    stewards: Stewards,
) -> None:
    before = stewards.build()
    assert frozenset(FIRM) in before
    assert {frozenset([one]) for one in (*GREY, "far-1", "far-2")} <= before
    assert stewards.asks_about(*GREY)
    row = next(row for row in stewards.queue() if row["pair"] == set(GREY))
    assert row["reason"] == "near"
    assert "same city" in str(row["explanation"])

    made = [
        stewards.decide(*FIRM, "different"),
        stewards.decide(*GREY, "same"),
        stewards.decide("far-1", "far-2", "same"),
    ]
    after = stewards.build()
    assert {frozenset(["firm-1"]), frozenset(["firm-2"])} <= after, "apart against the evidence"
    assert {frozenset(GREY), frozenset(["far-1", "far-2"])} <= after
    assert not stewards.asks_about(*GREY)
    assert not stewards.asks_about(*FIRM), "it was decided, and is not asked again"
    identities = stewards.people.table("marts.customer_identities")
    linked_by = {row["record_id"]: row["linked_by"] for row in identities}
    assert {linked_by[one] for one in (*GREY, "far-1", "far-2")} == {"decided by דנה"}

    for decision_id in made:
        stewards.store.undo(decision_id, by="yoav")
    assert stewards.build() == before
    assert stewards.asks_about(*GREY)


def test_two_customers_whom_a_steward_joined_stay_whole(stewards: Stewards) -> None:
    stewards.people.say(*TORN)
    before = stewards.build()
    assert {frozenset(MATES), frozenset([OTHER_SCRIPT])} <= before
    made = stewards.decide("mate-2", OTHER_SCRIPT, "same")
    assert frozenset([*MATES, OTHER_SCRIPT]) in stewards.build(), "what contradicts was seen"
    asked = [row["pair"] for row in stewards.queue()]
    assert not [pair for pair in asked if pair <= {*MATES, OTHER_SCRIPT}]  # type: ignore[operator]

    stewards.decide("mate-1", OTHER_SCRIPT, "different")
    customers = stewards.build()
    assert any({"mate-2", OTHER_SCRIPT} <= customer for customer in customers)
    assert not any({"mate-1", OTHER_SCRIPT} <= customer for customer in customers)

    stewards.store.undo(made, by="yoav")
    after = stewards.build()
    assert {frozenset(MATES), frozenset([OTHER_SCRIPT])} <= after


def test_a_skipped_pair_leaves_the_queue_until_its_records_compare_differently(
    stewards: Stewards,
) -> None:
    before = stewards.build()
    stewards.decide(*GREY, "skip")
    assert stewards.build() == before, "a skip binds nothing"
    assert not stewards.asks_about(*GREY)
    stewards.people.say(person("grey-2", "Anat Brener", city="Haifa"))
    stewards.build()
    assert stewards.asks_about(*GREY), "the e-mail that spoke against it is gone"


def test_a_decision_about_a_deleted_record_waits_for_its_return(stewards: Stewards) -> None:
    stewards.decide("far-1", "far-2", "same")
    stewards.people.forget("far-2")
    assert frozenset(["far-1"]) in stewards.build()
    stewards.people.say(RECORDS[-1])
    assert frozenset(["far-1", "far-2"]) in stewards.build()


def test_a_warehouse_built_anew_from_the_lake_is_the_same_without_the_store(
    stewards: Stewards,
) -> None:
    stewards.decide(*GREY, "same")
    built = stewards.build()
    for file in (*stewards.data.root.glob("decisions.sqlite*"), stewards.people.warehouse.path):
        file.unlink()
    assert stewards.build() == built
    away = dataclasses.replace(
        load_config(Path("/dev/null")), decisions_url="postgresql://dana@127.0.0.1:1/crm"
    )
    assert not take_decisions(away, stewards.data, Terminal())
    stewards.people.warehouse.run("+match_review_queue")
    assert stewards.people.groups() == built
