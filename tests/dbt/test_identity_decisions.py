"""Who is one customer and who is not: the hard cases, by name, in one build."""

import pytest
from built_warehouse import Warehouse
from identity_people import People, person, together

LONG_NAME = "א" * 5_000 + "b" * 5_000

RECORDS = [
    # info@: two people of one company use its mailbox, and a record that is nothing but it.
    person("info-1", "Rina Barak", email="info@barak.example", company="Barak Ltd"),
    person("info-2", "Gadi Sela", email="info@barak.example", company="Barak Ltd"),
    person("info-3", None, email="info@barak.example"),
    # One mailbox of a couple.
    person("couple-1", "Orly Tamir", email="tamirs@family.example", city="Haifa"),
    person("couple-2", "Boaz Tamir", email="tamirs@family.example", city="Haifa"),
    person("couple-3", "Orly Tamir", email="tamirs@family.example"),
    # Father and son at one address, with one landline and one family name.
    person("father", "Ehud Peleg", phone="03-6421234", street="Hazait 5", postcode="6423905"),
    person("son", "Nadav Peleg", phone="03-6421234", street="Hazait 5", postcode="6423905"),
    # Father and son of one name, told apart by what stands behind it, or by their birth dates.
    person("senior", "Walter Brandt Sr.", phone="03-5271111", postcode="6423111"),
    person("junior", "Walter Brandt Jr.", phone="03-5271111", postcode="6423111"),
    person("old", "Amos Carmi", street="Arlozorov 9", city="Tel Aviv", birth_date="1950-03-04"),
    person("young", "Amos Carmi", street="Arlozorov 9", city="Tel Aviv", birth_date="1981-11-22"),
    # Two namesakes in one city, and nothing else.
    person("namesake-1", "Moshe Cohen", city="Tel Aviv", email="moshe1@one.example"),
    person("namesake-2", "Moshe Cohen", city="Tel Aviv", email="mc77@two.example"),
    # The same name, nothing else at all.
    person("bare-1", "Zvulun Kadishman"),
    person("bare-2", "Zvulun Kadishman"),
    # Hebrew in one system, Latin in the other.
    person("hebrew", "יעקב שפירא", phone="054-2345678"),
    person("latin", "Yaakov Shapira", phone="+972 54 234 5678", email="yaakov@shapira.example"),
    person("levi-he", "דוד לוי", street="הרצל 12", city="חיפה"),
    person("levi-en", "David Levi", street="Herzl 12", city="Haifa"),
    # Nicknames, in both languages.
    person("bob", "Bob Winterbottom", postcode="90210", street="Elm St 4"),
    person("robert", "Robert Winterbottom", postcode="90210", street="4 Elm St"),
    person("yossi", "יוסי אזולאי", postcode="7650001", street="הגפן 3"),
    person("yosef", "Yosef Azulay", postcode="7650001", street="Hagefen 3"),
    # Given and family name exchanged.
    person("straight", given_name="Ruth", family_name="Goldwasser", postcode="4672001"),
    person("swapped", given_name="Goldwasser", family_name="Ruth", postcode="4672001"),
    person("comma", "Goldwasser, Ruth", postcode="4672001"),
    # The ways to write one mailbox.
    person("gmail-1", None, email="O.r.i.Lavi+shop@Googlemail.com"),
    person("gmail-2", None, email="orilavi@gmail.com"),
    # A common initial joins nobody: three people, one family, one address.
    person("chain-1", "Tomer Agmon", street="Yefe Nof 1", postcode="3430101", phone="04-8221111"),
    person("chain-2", "T. Agmon", street="Yefe Nof 1", postcode="3430101", phone="04-8221111"),
    person("chain-3", "Tirza Agmon", street="Yefe Nof 1", postcode="3430101", phone="04-8221111"),
    # Hostile values.
    person("long-1", LONG_NAME, email="long@name.example"),
    person("long-2", LONG_NAME, email="long@name.example"),
    person("emoji", "😀👩‍👩‍👧 \u202e", email="😀@emoji.example", phone="☎"),
    person("sql", "Robert'); drop table students;--", email="'or 1=1@\"x", street="\\'; --"),
    person("empty"),
    person("blank", "   ", email=" ", phone="\t", street="", postcode="-"),
    person("signs", "--,--", email="@", phone="+", company='""', birth_date="0000-00-00"),
    person("commas", ",", given_name=",", family_name=",,"),
]


@pytest.fixture(scope="module")
def people(module_warehouse: Warehouse) -> People:
    people = People(module_warehouse)
    people.say(*RECORDS)
    people.build()
    return people


@pytest.fixture(scope="module")
def groups(people: People) -> set[frozenset[str]]:
    return people.groups()


def alone(groups: set[frozenset[str]], *records: str) -> None:
    for record in records:
        assert together(groups, record), [group for group in groups if record in group]


def test_every_record_is_one_customers_record_exactly_once(people: People) -> None:
    found = people.warehouse.rows("select record_id from marts.customer_identities")
    assert sorted(record for (record,) in found) == sorted(
        record["record_id"] for record in RECORDS
    )


def test_people_behind_a_role_mailbox_are_not_one_person(groups: set[frozenset[str]]) -> None:
    alone(groups, "info-1", "info-2", "info-3")


def test_a_couple_with_one_mailbox_is_two_customers(groups: set[frozenset[str]]) -> None:
    assert together(groups, "couple-1", "couple-3")
    alone(groups, "couple-2")


def test_father_and_son_in_one_household_are_two_customers(groups: set[frozenset[str]]) -> None:
    alone(groups, "father", "son")


def test_senior_and_junior_are_two_customers(groups: set[frozenset[str]]) -> None:
    alone(groups, "senior", "junior")


def test_birth_dates_keep_father_and_son_of_one_name_apart(groups: set[frozenset[str]]) -> None:
    alone(groups, "old", "young")


def test_namesakes_in_one_city_are_two_customers(groups: set[frozenset[str]]) -> None:
    alone(groups, "namesake-1", "namesake-2")


def test_a_name_alone_never_merges(groups: set[frozenset[str]]) -> None:
    alone(groups, "bare-1", "bare-2")


def test_hebrew_and_latin_spellings_are_one_customer(groups: set[frozenset[str]]) -> None:
    assert together(groups, "hebrew", "latin")
    assert together(groups, "levi-he", "levi-en")


def test_a_nickname_is_the_name_in_either_language(groups: set[frozenset[str]]) -> None:
    assert together(groups, "bob", "robert")
    assert together(groups, "yossi", "yosef")


def test_swapped_names_are_one_customer(groups: set[frozenset[str]]) -> None:
    assert together(groups, "straight", "swapped", "comma")


def test_spellings_of_one_mailbox_are_one_customer(groups: set[frozenset[str]]) -> None:
    assert together(groups, "gmail-1", "gmail-2")


def test_an_initial_does_not_chain_two_people(groups: set[frozenset[str]]) -> None:
    assert not any({"chain-1", "chain-3"} <= group for group in groups)


def test_hostile_names_are_kept_and_compared(groups: set[frozenset[str]]) -> None:
    assert together(groups, "long-1", "long-2")
    alone(groups, "emoji", "sql")


def test_records_that_say_nothing_stay_alone(groups: set[frozenset[str]]) -> None:
    alone(groups, "empty", "blank", "signs", "commas")


def test_weights_of_a_link_add_up_to_its_sum(people: People) -> None:
    links = people.table("marts.customer_links")
    assert links
    for link in links:
        parts = [value for name, value in link.items() if name.endswith("_weight")]
        assert sum(parts) - link["match_weight"] == pytest.approx(link["match_weight"])
        assert link["explanation"]


def test_a_name_is_found_by_either_script_and_by_its_sound(people: People) -> None:
    tokens = people.warehouse.rows(
        """
        select token, field
        from marts.customer_search_tokens
        inner join marts.customer_identities using (customer_id)
        where record_id = 'hebrew'
        """
    )
    for token in [
        ("יעקב", "name"),
        ("yaakov", "name"),
        ("akb", "name_key"),
        ("972542345678", "phone"),
        ("yaakov@shapira.example", "email"),
    ]:
        assert token in tokens
