"""Customer ids through time: kept, merged, split, retired, and never used twice."""

from built_warehouse import Warehouse
from identity_people import People, person

ANNA = person("a1", "Anna Feldman", email="anna@feldman.example")
ANNA_PHONE = person("a2", "Anna Feldman", phone="054-6543210")
BEN = person("b1", "Ben Oren", email="ben@oren.example")
# Says that the two Annas are one.
ANNA_BOTH = person("a3", "Anna Feldman", email="anna@feldman.example", phone="054-6543210")


def test_rebuilding_without_publishing_changes_nothing(warehouse: Warehouse) -> None:
    people = People(warehouse)
    people.say(ANNA, ANNA_PHONE, BEN)
    people.build()
    ids, events = people.ids(), people.events()
    assert len(set(ids.values())) == 3
    assert [event for event, _, _ in events] == ["create"] * 3
    people.build()
    assert (people.ids(), people.events()) == (ids, events)


def test_the_ledger_keeps_ids_when_the_warehouse_is_gone(warehouse: Warehouse) -> None:
    people = People(warehouse)
    people.say(ANNA, ANNA_PHONE, BEN)
    people.build()
    assert people.publish() == (3, 3)
    ids = people.ids()
    # A record older than the one from which Anna's id was made.
    people.say(person("a0", "Anna Feldman", email="anna@feldman.example", updated_at="2001-01-01"))
    warehouse.path.unlink()
    people.build()
    assert people.ids() == {**ids, "a0": ids["a1"]}
    assert people.publish() == (1, 0)
    people.build()
    assert people.publish() == (0, 0)
    assert len(people.events()) == 3


def test_a_merge_keeps_the_older_id_and_says_so(warehouse: Warehouse) -> None:
    people = People(warehouse)
    people.say(ANNA_PHONE)
    people.build()
    people.publish()
    people.say(ANNA, BEN)
    people.build()
    people.publish()
    before = people.ids()
    people.say(ANNA_BOTH)
    people.build()
    after = people.ids()
    assert set(after.values()) == {before["a2"], before["b1"]}
    assert after["a1"] == after["a3"] == before["a2"]
    assert people.events()[-1] == ("merge", before["a1"], before["a2"])
    people.publish()
    people.build()
    assert people.publish() == (0, 0)
    assert people.ids() == after


def test_a_split_keeps_the_id_where_most_records_are(warehouse: Warehouse) -> None:
    people = People(warehouse)
    more = [person(f"p{n}", "Anna Feldman", phone="054-6543210") for n in range(2)]
    people.say(ANNA, ANNA_PHONE, ANNA_BOTH, *more)
    people.build()
    people.publish()
    (only,) = set(people.ids().values())
    people.say({**ANNA_BOTH, "email": None})
    people.build()
    ids = people.ids()
    assert {ids[record] for record in ("a2", "a3", "p0", "p1")} == {only}
    assert ids["a1"] != only
    assert people.events()[-1] == ("split", ids["a1"], only)
    people.publish()
    people.build()
    assert people.publish() == (0, 0)
    assert people.ids() == ids


def test_records_that_go_from_one_living_id_to_another_are_told_each_time(
    warehouse: Warehouse,
) -> None:
    people = People(warehouse)
    moving = person("m1", "Anna Feldman", email="anna@feldman.example")
    moved = {**moving, "full_name": "Ben Oren", "email": "ben@oren.example"}
    people.say(ANNA, person("a4", "Anna Feldman", email="anna@feldman.example"), BEN, moving)
    people.build()
    people.publish()
    ids = people.ids()
    told = [("move", ids["a1"], ids["b1"])]
    people.say(moved)
    people.build()
    assert people.ids() == {**ids, "m1": ids["b1"]}
    assert people.events()[2:] == told
    (move,) = people.table("identity.int_identity__customer_id_events")
    assert (move["record_id"], move["record_count"]) == ("m1", 1)
    assert "crm m1. Joined by crm" in move["reason"]
    assert "same e-mail" in move["reason"]
    # Publishing that was cut off behind the history tells it no second time.
    people.publish_history()
    people.build()
    assert people.events()[2:] == told
    people.publish()
    for says, event in ((moving, ("move", ids["b1"], ids["a1"])), (moved, told[0])):
        people.say(says)
        people.build()
        told.append(event)
        assert people.events()[2:] == told
        people.publish()


def test_a_deleted_customer_is_retired_and_its_id_is_never_used_again(
    warehouse: Warehouse,
) -> None:
    people = People(warehouse)
    people.say(ANNA, BEN)
    people.build()
    people.publish()
    first = people.ids()
    people.forget("a1")
    people.build()
    assert people.ids() == {"b1": first["b1"]}
    assert people.events()[-1] == ("retire", first["a1"], None)
    people.publish()
    people.build()
    assert people.publish() == (0, 0)
    people.say(ANNA)
    people.build()
    second = people.ids()
    assert second["b1"] == first["b1"]
    assert second["a1"] not in first.values()
    assert people.events()[-1] == ("create", second["a1"], None)


def test_publishing_that_was_cut_off_behind_the_history_changes_no_id(
    warehouse: Warehouse,
) -> None:
    people = People(warehouse)
    people.say(ANNA, ANNA_PHONE, BEN)
    people.build()
    ids, events = people.ids(), people.events()
    people.publish_history()
    people.build()
    assert (people.ids(), people.events()) == (ids, events)
    assert people.publish() == (3, 0)


def test_what_a_steward_decides_is_done(warehouse: Warehouse) -> None:
    people = People(warehouse)
    chained = [person(f"c{n}", "Anna Feldman", email="anna@feldman.example") for n in range(3)]
    people.say(*chained, BEN)
    people.decide("c0", "c1", "different")
    people.decide("c2", "b1", "same")
    people.decide("c0", "gone", "same")
    people.build()
    ids = people.ids()
    assert ids["c0"] != ids["c1"]
    assert ids["c2"] == ids["b1"]
    links = people.table("marts.customer_links")
    assert "decided by dana" in [link["explanation"] for link in links]
    people.decide("c1", "c0", "same")
    people.decide("c2", "b1", "different")
    people.build()
    ids = people.ids()
    assert ids["c0"] == ids["c1"] == ids["c2"] != ids["b1"]
