"""Who lives together and who works for whom, from the lake to the marts."""

from typing import Any

import pytest
from built_warehouse import Warehouse
from dbt.contracts.graph.manifest import Manifest
from identity_people import People, person

SELECTED = ("+households", "+accounts", "+customers")


def at(record_id: str, name: str, street: str, **fields: Any) -> dict[str, Any]:
    """Somebody in Haifa."""
    return person(record_id, name, street=street, city="Haifa", country="IL", **fields)


HOMES = (
    # One family in both scripts, a partner with a name of her own, and the neighbour.
    at("ron", "Ron Levi", "Herzl 12/4", phone="052-2345601"),
    at("dana", "דנה לוי", "הרצל 12, דירה 4", phone="04-8345601"),
    at("noa", "Noa Katz", "12 Herzl St Apt 4", phone="04-8345601"),
    at("gil", "Gil Shapira", "Herzl 12/4", phone="052-2345602"),
    at("next_door", "Tal Levi", "Herzl 12/9", phone="052-2345603"),
    # A block without flat numbers: two unrelated Cohens, and a couple with one phone.
    *(
        at(f"block_{number}", name, "Bialik 30", email=f"b{number}@private.example")
        for number, name in enumerate(
            ("Amit Cohen", "Shira Cohen", "Omer Peretz", "Yael Biton", "Eli Dahan", "Ruth Azulay")
        )
    ),
    at("block_a", "Maya Golan", "Bialik 30", phone="04-8345777"),
    at("block_b", "Ido Golan", "Bialik 30", phone="04-8345777"),
    # An office: the company has its address there.
    at("company", "Acme Tools Ltd", "Hamasger 5", email="info@acme-tools.example"),
    at("boss", "Avi Mizrahi", "Hamasger 5", email="avi@acme-tools.example"),
    at("clerk", "Sara Mizrahi", "Hamasger 5", email="sara@acme-tools.example"),
)


class Homes(People):
    """People, their homes and companies."""

    def build(self) -> None:
        self.warehouse.run(*SELECTED)

    def households(self) -> dict[frozenset[str], str]:
        """Household ids by the records of their members."""
        rows = self.warehouse.rows(
            """
            select household_id, list(record_id) from marts.household_members
            inner join marts.customer_identities using (customer_id)
            group by household_id
            """
        )
        return {frozenset(records): household for household, records in rows}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Homes:
    homes = Homes(Warehouse(tmp_path_factory.mktemp("homes"), manifest))
    homes.say(*HOMES)
    write_companies(homes)
    homes.build()
    return homes


def write_companies(homes: Homes) -> None:
    """A group of three companies in HubSpot, a ring of two, and an organization in Zendesk."""
    for number, properties in (
        ("1", {"name": "Orbit Group", "domain": "orbit.example", "vat_id": "IL514123456"}),
        ("2", {"name": "Orbit Israel", "domain": "orbit.co.il", "hs_parent_company_id": "1"}),
        ("3", {"name": "Orbit Haifa", "hs_parent_company_id": "2"}),
        ("4", {"name": "Egg", "domain": "egg.example", "hs_parent_company_id": "5"}),
        ("5", {"name": "Hen", "domain": "gmail.com", "hs_parent_company_id": "4"}),
    ):
        homes.lake.write_records("hubspot", "companies", {"id": number, "properties": properties})
    homes.lake.write_records(
        "zendesk",
        "organizations",
        {"id": 10, "name": "ORBIT", "organization_fields": {"registration_number": 514123456}},
    )
    homes.lake.write_records(
        "zendesk",
        "users",
        {"id": 20, "name": "Lior Regev", "email": "lior@orbit.example", "role": "end-user",
         "active": True, "organization_id": 10},
        {"id": 21, "name": "Hadas Regev", "email": "hadas@gmail.com", "role": "end-user",
         "active": True},
    )  # fmt: skip


def test_people_of_one_door_live_together_by_name_or_phone(homes: Homes) -> None:
    assert frozenset({"ron", "dana", "noa"}) in homes.households()


def test_a_block_of_flats_and_an_office_are_no_household(homes: Homes) -> None:
    assert set(homes.households()) == {
        frozenset({"ron", "dana", "noa"}),
        frozenset({"block_a", "block_b"}),
    }


def test_a_household_is_told_on_its_customers(homes: Homes) -> None:
    told = homes.warehouse.rows(
        """
        select households.member_count, households.shared_phones, count(*)
        from marts.households inner join marts.customers using (household_id)
        where households.street like '%12%' group by all
        """
    )
    assert told == [(3, "+97248345601", 3)]


def test_a_new_member_and_a_rebuild_leave_the_household_its_id(homes: Homes) -> None:
    before = homes.households()
    homes.say(at("baby", "Adam Levi", "Herzl 12/4", phone="052-2345699"))
    homes.build()
    after = homes.households()
    assert (
        after[frozenset({"ron", "dana", "noa", "baby"})]
        == before[frozenset({"ron", "dana", "noa"})]
    )
    homes.warehouse.run(*SELECTED, full_refresh=True)
    assert homes.households() == after


def test_companies_have_parents_and_a_ring_is_opened(homes: Homes) -> None:
    parents = homes.warehouse.rows(
        "select account_id, parent_account_id, ultimate_parent_account_id from marts.accounts"
        " where account_id like 'hubspot:%' order by account_id"
    )
    assert parents == [
        ("hubspot:1", None, "hubspot:1"),
        ("hubspot:2", "hubspot:1", "hubspot:1"),
        ("hubspot:3", "hubspot:2", "hubspot:1"),
        ("hubspot:4", None, "hubspot:4"),
        ("hubspot:5", "hubspot:4", "hubspot:4"),
    ]


def test_an_organization_is_the_company_with_its_registration_number(homes: Homes) -> None:
    assert homes.warehouse.rows(
        "select account_id, linked_by from marts.account_identities where source = 'zendesk'"
    ) == [("hubspot:1", "same registration number")]


def test_a_company_that_only_people_name_is_an_account_and_info_belongs_to_it(
    homes: Homes,
) -> None:
    (account,) = homes.warehouse.rows(
        "select account_id, name, customer_count, role_mailboxes, sources from marts.accounts"
        " where domain = 'acme-tools.example'"
    )
    assert account == (
        "domain:acme-tools.example",
        "Acme Tools Ltd",
        3,
        "info@acme-tools.example",
        "people",
    )
    kinds = homes.warehouse.rows(
        """
        select record_id, member_kind, account_members.linked_by from marts.account_members
        inner join marts.customer_identities using (customer_id)
        where account_id = 'domain:acme-tools.example' order by record_id
        """
    )
    assert kinds == [
        ("boss", "person", "e-mail domain"),
        ("clerk", "person", "e-mail domain"),
        ("company", "role_mailbox", "e-mail domain"),
    ]


def test_a_mail_provider_is_nobodys_company(homes: Homes) -> None:
    assert homes.warehouse.rows(
        """
        select record_id, account_id from marts.customer_identities
        inner join marts.customers using (customer_id)
        where record_id in ('20', '21') order by record_id
        """
    ) == [("20", "hubspot:1"), ("21", None)]
