"""Who is one customer and who is not: the hard cases, by name, in one build."""

from typing import Any

import pytest
from built_warehouse import Warehouse
from identity_people import People, person, together

# Names of as many different people.
NAMES = [
    "Aliza Barkai", "Benny Dagan", "Carmela Eshel", "Doron Farkash",
    "Efrat Gindi", "Gur Hazan", "Hadas Itzkovich", "Ilan Jerbi",
]  # fmt: skip
LINKS_IN_CHAIN = 50
LONG_NAME = "א" * 5_000 + "b" * 5_000


def family(record_id: str, full_name: str, **fields: Any) -> dict[str, Any]:
    """A record with the landline, the mailbox and the home that all of one family name share."""
    number = sum(map(ord, full_name.split()[-1])) % 10_000
    return person(
        record_id,
        full_name,
        phone=f"04-817{number:04}",
        email=f"home{number}@family.example",
        street=f"Gefen {number % 90 + 1}",
        city="Haifa",
        **fields,
    )


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
    # The same after a comma, and as numbers.
    person("comma-senior", "Robert Miller, Sr.", phone="03-5272222", postcode="6423112"),
    person("comma-junior", "Robert Miller, Jr.", phone="03-5272222", postcode="6423112"),
    person("second", "John Smithson II", phone="03-5273333", postcode="6423113"),
    person("third", "John Smithson III", phone="03-5273333", postcode="6423113"),
    # A degree after a comma is no given name: a couple, and one doctor.
    person("cpa-1", "Alice Wong, CPA", phone="03-5274444", street="Pine 1", city="Yavne"),
    person("cpa-2", "Bruce Wong", phone="03-5274444", street="Pine 1", city="Yavne"),
    person("md-1", "Thomas Gray, MD", street="Main St 1", postcode="97301"),
    person("md-2", "Thomas Gray", street="1 Main Street", postcode="97301"),
    person("old", "Amos Carmi", street="Arlozorov 9", city="Tel Aviv", birth_date="1950-03-04"),
    person("young", "Amos Carmi", street="Arlozorov 9", city="Tel Aviv", birth_date="1981-11-22"),
    # Two namesakes in one city, and nothing else.
    person("namesake-1", "Moshe Cohen", city="Tel Aviv", email="moshe1@one.example"),
    person("namesake-2", "Moshe Cohen", city="Tel Aviv", email="mc77@two.example"),
    # Twins: a birth date, an address, a landline and a family name in common.
    *(
        person(
            f"twin-{given}",
            f"{given} Golan",
            birth_date="1995-05-05",
            street="Hadekel 3",
            city="Afula",
            phone="04-6527788",
        )
        for given in ("Noa", "Tal")
    ),
    # A telephone number that had another owner before.
    person("old-owner-1", "Gideon Raz", phone="052-7654321", email="gideon@raz.example"),
    person("old-owner-2", "Gideon Raz", email="gideon@raz.example", city="Eilat"),
    person("new-owner-1", "Olga Petrov", phone="052-7654321", email="olga@petrov.example"),
    person("new-owner-2", "Olga Petrov", email="olga@petrov.example", city="Haifa"),
    # A maiden name: everything else is the same.
    person("maiden-1", "Michal Levin", birth_date="1988-07-19", phone="054-4445566"),
    person("maiden-2", "Michal Sharabi", birth_date="1988-07-19", phone="054-4445566"),
    person("maiden-3", "Orna Katz", birth_date="1979-01-31", email="orna.k@mail.example"),
    person("maiden-4", "Orna Ben-Ami", birth_date="1979-01-31", email="orna.k@mail.example"),
    # At home and at work, and only the telephone is the same.
    person(
        "private",
        "Nir Alon",
        email="niralon@gmail.com",
        phone="050-6789012",
        street="Habrosh 8",
        city="Netanya",
    ),
    person(
        "work",
        "Nir Alon",
        email="nir@harim-steel.example",
        phone="+972506789012",
        street="Hataasiya 40",
        city="Haifa",
        company="Harim Steel",
    ),
    # An initial and the name that it stands for.
    person("initial-1", "Dorit Halevy", phone="054-7778899"),
    person("initial-2", "D. Halevy", phone="054-7778899", city="Ashdod"),
    # The same in the other script, and of a nickname.
    person("initial-3", "T. Livni", phone="054-7778801"),
    person("initial-4", "ציפי לבני", phone="054-7778801", city="Ashdod"),
    person("initial-5", "C. Weizmann", phone="054-7778802"),
    person("initial-6", "חיים וייצמן", phone="054-7778802", city="Ashdod"),
    person("initial-7", "Y. Shapiro", phone="054-7778803"),
    person("initial-8", "Jacob Shapiro", phone="054-7778803", city="Ashdod"),
    person("initial-9", "B. Gatesworth", phone="054-7778804"),
    person("initial-10", "William Gatesworth", phone="054-7778804", city="Ashdod"),
    # An initial and a name that it does not stand for: two of a family, with one telephone.
    person("initial-11", "M. Goldman", phone="054-7778805"),
    person("initial-12", "Sarah Goldman", phone="054-7778805"),
    # What people type to get through a form, and a call centre's number.
    *(
        person(
            f"test-account-{place}",
            name,
            email="test@test.com",
            phone="0000000000",
            street="n/a",
            city="n/a",
            company="n/a",
        )
        for place, name in enumerate(NAMES)
    ),
    # The same without names, and somebody who had nothing to type in either.
    person("made-up-1", "Test Test", email="test@test.com"),
    person("made-up-2", "test", email="Test@test.com"),
    person("made-up-3", "Ronit Kimhi", email="test@test.com"),
    # An address that a shop gives to whoever has none is told by how many have it.
    *(
        person(f"no-mail-{place}", name, email="nomail@shop.example")
        for place, name in enumerate(NAMES)
    ),
    # Two namesakes of whom nothing else is known, in the words that people have for it.
    person("nothing-1", "Zvulun Haddadin", company="N/A", city="unknown", postcode="00000"),
    person("nothing-2", "Zvulun Haddadin", company="n.a.", city="Unknown", postcode="00000"),
    *(
        person(f"call-centre-{place}", name, phone="03-7654321", email=f"c{place}@x{place}.example")
        for place, name in enumerate(reversed(NAMES))
    ),
    # National ids: one that joins, its zeros left out, and two that contradict each other.
    person("id-1", "Yael Dror", national_id="039337423", email="yael@one.example"),
    person("id-2", "Yael Dror-Segal", national_id="39337423", email="dror@two.example"),
    person("id-3", "Hila Mor", national_id="123456782", street="Ella 6", city="Yavne"),
    person("id-4", "Hila Mor", national_id="200000008", street="Ella 6", city="Yavne"),
    # Two ids and between them a record without one, which has more in common with the first.
    person("id-5", "Sivan Gur", national_id="301234563", email="sivan@gur.example", city="Yavne"),
    person("id-6", "Sivan Gur", email="sivan@gur.example", phone="054-3332211", city="Yavne"),
    person("id-7", "Sivan Gur", national_id="205678907", phone="054-3332211"),
    # The shop says which record of the list is its customer's, and nothing else.
    person("external-1", "Dana Raviv", email="dana@raviv.example", city="Holon"),
    person("external-2", "Dana Raviv", email="dr@elsewhere.example", city="Eilat"),
    # The same name, nothing else at all.
    person("bare-1", "Zvulun Kadishman"),
    person("bare-2", "Zvulun Kadishman"),
    # A slip in the street, of one customer, and of a brother and a sister.
    person("slip-1", "Anat Ronen", street="Bialik 31", city="Holon", birth_date="1984-02-09"),
    person("slip-2", "Anat Ronen", street="Bailik 31", city="Holon"),
    person("slip-3", "Eran Ronen", street="Bialk 31", city="Holon"),
    # Two names that one woman goes by, and a record with both.
    person("second-1", "Avital Regev", email="regev@names.example"),
    person("second-2", "Avital Shira Regev", email="regev@names.example", phone="054-7778811"),
    person("second-3", "Shira Regev", phone="054-7778811"),
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
    # Two of one family, name and home, with another national id and another birth date each, and
    # a record that may be either's; and two that one system says are one.
    family("elder", "Shlomo Gefen", national_id="423030865", birth_date="1950-04-17"),
    family("younger", "Shlomo Gefen", national_id="532315173", birth_date="1979-11-26"),
    family("either", "Shlomo Gefen"),
    family("named-2", "Avner Shilo", national_id="297305351", birth_date="1947-09-13"),
    # Either of the two alone.
    family("mother", "Ruth Almog", birth_date="1952-05-19"),
    family("daughter", "Rut Almog", birth_date="1981-12-24"),
    family("grandfather", "Moshe Ronen", national_id="641599485"),
    family("grandson", "M. Ronen", national_id="750883795"),
    # One person all the same: a slip, the first of January, one of the two while the other agrees.
    family("id-slip-1", "Amos Dror", national_id="044172039"),
    family("id-slip-2", "Amos Dror", national_id="054172039"),
    family("date-slip-1", "Amira Peri", birth_date="1968-12-03"),
    family("date-slip-2", "Amira Peri", birth_date="1968-03-12"),
    family("first-of-january-1", "Bracha Oz", birth_date="1961-01-01"),
    family("first-of-january-2", "Bracha Oz", birth_date="1961-08-27"),
    family("wrong-date-1", "Gila Sever", national_id="308811264", birth_date="1975-03-14"),
    family("wrong-date-2", "Gila Sever", national_id="308811264", birth_date="1991-10-28"),
    family("wrong-id-1", "Hila Yaron", national_id="860168103", birth_date="1966-07-15"),
    family("wrong-id-2", "Hila Yaron", national_id="969452416", birth_date="1966-07-15"),
    # What contradicts and was joined by a steward.
    family("seen-1", "Nili Gat", national_id="078736733", birth_date="1957-02-18"),
    family("seen-2", "Nili Gat", national_id="188021042", birth_date="1986-10-25"),
    # Brothers and sisters of names alike, born on one day.
    family("brother-1", "Daniel Arad", birth_date="1988-05-09", gender="male"),
    family("sister-1", "Danielle Arad", birth_date="1988-05-09", gender="F"),
    family("brother-2", "יוסף שדה", birth_date="1990-06-11", gender="ז"),
    family("sister-2", "יוספה שדה", birth_date="1990-06-11", gender="נ"),
    family("husband", "Meir Tal", gender="man"),
    family("wife", "M. Tal", gender="woman"),
    # One person of whom one system has the wrong gender, and one whose gender one system knows.
    family("gender-slip-1", "Noa Eyal", gender="female"),
    family("gender-slip-2", "Noa Eyal", gender="male"),
    family("gender-known", "Michaela Bar", gender="female"),
    family("gender-unknown", "Mikaela Bar"),
    # Cyrillic and Arabic, of one customer each, and of a couple with one mailbox.
    person("cyrillic-1", "Сергей Иванов", phone="054-3344556"),
    person("cyrillic-2", "Sergey Ivanov", phone="054-3344556", email="ivanov@private.example"),
    person("arabic-1", "أحمد خليل", phone="054-3344557"),
    person("arabic-2", "Ahmad Khalil", phone="054-3344557", email="khalil@private.example"),
    person("cyrillic-3", "Светлана Попова", email="popov@family.example"),
    person("cyrillic-4", "Dmitry Popov", email="popov@family.example"),
    # Her family name, and then among her middle names; the first of two family names alone.
    person("middle-1", "Hillary Rodham", email="hillary@private.example", postcode="7654321"),
    person("middle-2", "Hillary Rodham Clinton", phone="054-3344558", postcode="7654321"),
    # Two initials that are written as one name.
    person("initials-1", "Jean-Pierre Dubois", email="dubois@private.example"),
    person("initials-2", "JP Dubois", email="dubois@private.example"),
    # A name in letters that cannot be compared with those of the other one.
    person("thai-1", "Somchai Srisai", email="somchai@private.example"),
    person("thai-2", "สมชาย ศรีสาย", email="somchai@private.example"),
    person("thai-3", "สมชาย ใจดี", email="jaidee@family.example"),
    person("thai-4", "วิภา ใจดี", email="jaidee@family.example"),
    # A name that was typed with two slips, once; and two names of which one is rare here.
    *(person(f"typed-{n}", "Katherine Mills", email="kath@mills.example") for n in range(5)),
    person("mistyped", "Kathwribe Mills", email="kath@mills.example"),
    *(person(f"marina-{n}", "Marina Frisch", email="frisch@family.example") for n in range(5)),
    person("martin", "Martin Frisch", email="frisch@family.example"),
    # Hostile values.
    person("long-1", LONG_NAME, email="long@name.example"),
    person("long-2", LONG_NAME, email="long@name.example"),
    person("quotes-1", 'Shlomo "Momo" O\'Reilly', phone="054-9990011"),
    person("quotes-2", "Shlomo O’Reilly", phone="054-9990011"),
    person("emoji", "😀👩‍👩‍👧 \u202e", email="😀@emoji.example", phone="☎"),
    person("sql", "Robert'); drop table students;--", email="'or 1=1@\"x", street="\\'; --"),
    person("empty"),
    person("blank", "   ", email=" ", phone="\t", street="", postcode="-"),
    person("signs", "--,--", email="@", phone="+", company='""', birth_date="0000-00-00"),
    person("commas", ",", given_name=",", family_name=",,"),
]
SHOP_RECORDS = [
    family(
        "shop-2",
        "Avner Shilo",
        national_id="406589663",
        birth_date="1976-12-24",
        extra={"list_id": "named-2"},
    ),
    person("shop-1", "D. Raviv", phone="054-1112233", extra={"list_id": "external-1"}),
]


def chained_contact(place: int) -> dict[str, Any]:
    """One of many namesakes of one city, who has an office's line in common with the next one."""
    birth_dates = {0: "1950-06-07", LINKS_IN_CHAIN: "1990-11-12"}
    return {
        "id": f"weak-chain-{place}",
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2025-01-01T00:00:00Z",
        "properties": {
            "firstname": "Avi",
            "lastname": "Mizrahi",
            "city": "Ramat Gan",
            "date_of_birth": birth_dates.get(place),
            "phone": f"03-61{place:02}500",
            "mobilephone": f"03-61{place + 1:02}500",
        },
    }


def bystander(place: int) -> dict[str, Any]:
    """Somebody else at one of these lines."""
    return person(f"bystander-{place}", NAMES[place % len(NAMES)], phone=f"03-61{place:02}500")


@pytest.fixture(scope="module")
def people(module_warehouse: Warehouse) -> People:
    module_warehouse.variables = {"identity_external_ids": {"shop": {"list_id": "crm"}}}
    people = People(module_warehouse)
    people.say(*RECORDS, *map(bystander, range(1, LINKS_IN_CHAIN + 1)))
    people.say(*SHOP_RECORDS, source="shop")
    people.lake.write_records(
        "hubspot", "contacts", *map(chained_contact, range(LINKS_IN_CHAIN + 1))
    )
    people.decide("seen-1", "seen-2", "same")
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
    others = [f"weak-chain-{place}" for place in range(LINKS_IN_CHAIN + 1)]
    others += [f"bystander-{place}" for place in range(1, LINKS_IN_CHAIN + 1)]
    assert sorted(record for (record,) in found) == sorted(
        [*(record["record_id"] for record in (*RECORDS, *SHOP_RECORDS)), *others]
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


def test_a_generation_tells_namesakes_apart_after_a_comma_too(
    groups: set[frozenset[str]],
) -> None:
    alone(groups, "comma-senior", "comma-junior", "second", "third")


def test_a_degree_after_a_comma_is_no_given_name(groups: set[frozenset[str]]) -> None:
    alone(groups, "cpa-1", "cpa-2")
    assert together(groups, "md-1", "md-2")


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


def test_twins_are_two_customers(groups: set[frozenset[str]]) -> None:
    alone(groups, "twin-Noa", "twin-Tal")


def test_a_recycled_phone_number_joins_nobody(groups: set[frozenset[str]]) -> None:
    assert together(groups, "old-owner-1", "old-owner-2")
    assert together(groups, "new-owner-1", "new-owner-2")


def test_a_maiden_name_is_one_customer(groups: set[frozenset[str]]) -> None:
    assert together(groups, "maiden-1", "maiden-2")
    assert together(groups, "maiden-3", "maiden-4")


def test_a_private_and_a_work_address_are_joined_by_the_phone(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "private", "work")


def test_an_initial_is_the_name_that_it_stands_for(groups: set[frozenset[str]]) -> None:
    assert together(groups, "initial-1", "initial-2")


@pytest.mark.parametrize("place", [3, 5, 7, 9])
def test_an_initial_may_be_of_a_nickname_or_of_the_other_script(
    groups: set[frozenset[str]], place: int
) -> None:
    assert together(groups, f"initial-{place}", f"initial-{place + 1}")


def test_an_initial_of_another_name_is_another_person(groups: set[frozenset[str]]) -> None:
    alone(groups, "initial-11", "initial-12")


def test_a_test_account_joins_nobody(groups: set[frozenset[str]]) -> None:
    alone(groups, *(f"test-account-{place}" for place in range(len(NAMES))))
    alone(groups, "made-up-1", "made-up-2", "made-up-3")


def test_an_address_that_many_names_share_joins_nobody(groups: set[frozenset[str]]) -> None:
    alone(groups, *(f"no-mail-{place}" for place in range(len(NAMES))))


def test_what_stands_for_nothing_joins_nobody(groups: set[frozenset[str]]) -> None:
    alone(groups, "nothing-1", "nothing-2")


def test_a_call_centres_number_joins_nobody(groups: set[frozenset[str]]) -> None:
    alone(groups, *(f"call-centre-{place}" for place in range(len(NAMES))))


def test_a_chain_of_fifty_weak_links_is_cut(people: People, groups: set[frozenset[str]]) -> None:
    first, last = "weak-chain-0", f"weak-chain-{LINKS_IN_CHAIN}"
    count = """
        select count(*)
        from identity.{table} as links
        inner join identity.int_identity__records as records
            on records.record_key = links.left_record_key
        where records.record_id like 'weak-chain-%'
    """
    ((links,),) = people.warehouse.rows(count.format(table="int_identity__links"))
    ((cuts,),) = people.warehouse.rows(count.format(table="int_identity__cuts"))
    assert links == LINKS_IN_CHAIN, "they do hang together"
    assert not any({first, last} <= group for group in groups), "born 40 years apart"
    assert cuts


def test_a_national_id_joins_and_its_leading_zeros_make_no_difference(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "id-1", "id-2")


def test_national_ids_that_contradict_are_two_customers(groups: set[frozenset[str]]) -> None:
    alone(groups, "id-3", "id-4")


def test_a_record_between_two_national_ids_does_not_chain_them(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "id-5", "id-6")
    alone(groups, "id-7")


def test_two_ids_and_two_birth_dates_are_two_people_whatever_they_share(
    groups: set[frozenset[str]],
) -> None:
    alone(groups, "elder", "younger", "named-2", "shop-2")


def test_a_name_of_the_family_does_not_outweigh_another_id_or_another_birth_date(
    groups: set[frozenset[str]],
) -> None:
    alone(groups, "mother", "daughter", "grandfather", "grandson")


@pytest.mark.parametrize("case", ["id-slip", "date-slip", "first-of-january"])
def test_a_slip_in_an_id_or_a_birth_date_parts_nobody(
    groups: set[frozenset[str]], case: str
) -> None:
    assert together(groups, f"{case}-1", f"{case}-2")


@pytest.mark.parametrize("case", ["wrong-date", "wrong-id"])
def test_of_id_and_birth_date_one_may_be_wrong_where_the_other_agrees(
    groups: set[frozenset[str]], case: str
) -> None:
    assert together(groups, f"{case}-1", f"{case}-2")


def test_a_steward_may_join_two_ids_and_two_birth_dates(groups: set[frozenset[str]]) -> None:
    assert together(groups, "seen-1", "seen-2")


def test_a_mans_and_a_womans_name_alike_are_two_names(groups: set[frozenset[str]]) -> None:
    alone(groups, "brother-1", "sister-1", "brother-2", "sister-2", "husband", "wife")


def test_a_wrong_gender_parts_nobody_of_one_name(groups: set[frozenset[str]]) -> None:
    assert together(groups, "gender-slip-1", "gender-slip-2")
    assert together(groups, "gender-known", "gender-unknown")


def test_names_in_cyrillic_and_arabic_letters_are_compared_with_latin_ones(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "cyrillic-1", "cyrillic-2")
    assert together(groups, "arabic-1", "arabic-2")
    alone(groups, "cyrillic-3", "cyrillic-4")


def test_a_family_name_among_the_middle_names_is_a_part_of_the_name(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "middle-1", "middle-2")


def test_two_initials_in_one_word_are_the_name_that_they_stand_for(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "initials-1", "initials-2")


def test_names_in_letters_that_cannot_be_compared_are_not_known_to_differ(
    people: People, groups: set[frozenset[str]]
) -> None:
    assert together(groups, "thai-1", "thai-2")
    alone(groups, "thai-3", "thai-4")
    assert use_of(people, "somchai@private.example") == "personal"
    assert use_of(people, "jaidee@family.example") == "shared"


def test_one_odd_spelling_does_not_make_a_mailbox_a_familys(people: People) -> None:
    assert use_of(people, "kath@mills.example") == "personal"
    assert use_of(people, "frisch@family.example") == "shared"


def test_a_mailbox_of_a_man_and_a_woman_of_like_names_is_a_familys(people: People) -> None:
    names = [row for row in RECORDS if row["record_id"] in ("brother-1", "gender-slip-1")]
    assert [use_of(people, row["email"]) for row in names] == ["shared", "personal"]


def use_of(people: People, mailbox: str) -> str:
    """Whose a mailbox is found to be."""
    ((use,),) = people.warehouse.rows(
        f"select use from identity.int_identity__identifiers where value = '{mailbox}'"
    )
    return str(use)


def test_an_id_that_one_system_holds_of_another_joins(groups: set[frozenset[str]]) -> None:
    assert together(groups, "external-1", "shop-1")
    alone(groups, "external-2")


def test_a_slip_in_the_street_joins_one_name_and_no_household(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "slip-1", "slip-2")
    alone(groups, "slip-3")


def test_two_names_that_a_third_record_bears_both_are_one_customer(
    groups: set[frozenset[str]],
) -> None:
    assert together(groups, "second-1", "second-2", "second-3")


def test_quotes_in_a_name_make_no_difference(groups: set[frozenset[str]]) -> None:
    assert together(groups, "quotes-1", "quotes-2")


def test_weights_of_a_link_add_up_to_its_sum(people: People) -> None:
    links = people.table("marts.customer_links")
    assert links
    for link in links:
        if link["explanation"].startswith("decided by"):
            continue
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
