"""A build that goes on from the last one gives what a build from nothing gives."""

import random
from pathlib import Path
from typing import Any

import pytest
from built_warehouse import Warehouse
from dbt.contracts.graph.manifest import Manifest
from identity_people import People, person

from kesher.build import build
from kesher.data_directory import DataDirectory
from kesher.plan_run import NodeOutcome, run_nodes
from kesher.run_history import recorded_run
from kesher.terminal import Terminal

# All that identity is, and the note that a build came to its end.
WHOLE_IDENTITY = (
    "+int_identity__finished_build",
    "int_identity__customer_id_changes",
    "int_identity__customer_id_events",
    "households",
    "+accounts",
)

# What a build may leave in another order, but not otherwise than a full one.
TABLES = (
    "identity.int_identity__person_records",
    "identity.int_identity__records",
    "identity.int_identity__record_frequencies",
    "identity.int_identity__value_counts",
    "identity.int_identity__identifiers",
    "identity.int_identity__blocks",
    "identity.int_identity__block_members",
    "identity.int_identity__pair_scores",
    "identity.int_identity__links",
    "identity.int_identity__components",
    "identity.int_identity__clusters",
    "identity.int_identity__cuts",
    "identity.int_identity__explained_links",
    "identity.int_identity__doubtful_links",
    "identity.int_identity__review_pairs",
    "identity.int_identity__review_questions",
    "identity.int_identity__customer_ids",
    "identity.int_identity__customer_id_changes",
    "identity.int_identity__customer_id_events",
    "identity.int_identity__email_evidence",
    "identity.int_identity__customer_kinds",
    "identity.int_identity__conflicts",
    "marts.customer_id_history",
    "marts.customer_identities",
    "marts.customer_attributes",
    "marts.customer_links",
    "marts.customer_search_tokens",
    "identity.int_identity__places",
    "identity.int_identity__workplaces",
    "identity.int_identity__homes",
    "identity.int_identity__household_pairs",
    "marts.household_members",
    "marts.households",
    "identity.int_identity__employers",
    "identity.int_identity__account_keys",
    "identity.int_identity__employer_accounts",
    "identity.int_identity__account_people",
    "marts.account_members",
    "marts.accounts",
    "identity.int_identity__customer_activity",
    "marts.customers",
)

# Where nothing was published there is nothing that changed against it, and so on.
MAYBE_EMPTY = ("__cuts", "__customer_id_changes", "__customer_id_events")

GIVEN = [
    "Moshe", "משה", "Dana", "Dan", "Rivka", "Rebecca", "Bob", "Robert", "M.", "Noa", "Daniel",
    "Danielle", "สมชาย",
]  # fmt: skip
FAMILY = ["Cohen", "כהן", "Levi", "Levy", "Peleg", "Bar-Lev", "Bar Lev Cohen"]
CITIES = ["Haifa", "חיפה", "Tel Aviv", "TLV", None]
COMPANIES = ["Acme Ltd", "Oren בע״מ", None, None]
VERDICTS = ["same", "different", "skip"]
STEPS = 4


def random_person(chance: random.Random, number: int) -> dict[str, Any]:
    """A record out of so few values that records have much in common by accident."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    mailbox = chance.choice(
        [f"{given}.{family}{chance.randrange(3)}".lower(), "info", "peleg", f"user{number}"]
    ).replace(" ", "")
    return person(
        f"r{number}",
        f"{given} {family}",
        email=chance.choice([None, f"{mailbox}@{chance.choice(['gmail.com', 'acme.example'])}"]),
        phone=chance.choice([None, f"054-65432{chance.randrange(12):02}"]),
        city=chance.choice(CITIES),
        street=chance.choice([None, f"Herzl {chance.randrange(1, 4)}", "12 Main St, Apt 3"]),
        postcode=chance.choice([None, "6423905", "3430101"]),
        company=chance.choice(COMPANIES),
        birth_date=chance.choice([None, None, "1980-03-04", "1980-04-03", "1951-11-30"]),
        national_id=chance.choice([None, None, None, "123456782", "000000018", "123456789"]),
        gender=chance.choice([None, "male", "F"]),
    )


def live_on(chance: random.Random, people: People, living: list[int], step: int) -> None:
    """Some records come, some change, some go, stewards decide."""
    # Between 64 and 128 records: how many there are is of one order in most of the builds.
    new = range(step * 100, step * 100 + (80 if step == 0 else chance.randrange(10)))
    changed = chance.sample(living, min(len(living), chance.randrange(8)))
    gone = chance.sample(living, min(len(living), chance.randrange(4)))
    living += new
    said = [random_person(chance, number) for number in [*new, *changed]]
    people.say(*chance.sample(said, len(said)))
    if gone:
        people.forget(*(f"r{number}" for number in gone))
        living[:] = [number for number in living if number not in gone]
    for _ in range(chance.randrange(3)):
        left, right = sorted(chance.sample(living[:8], 2))
        verdict, steward = chance.choice(VERDICTS), chance.choice(["dana", "noa"])
        people.decide(f"r{left}", f"r{right}", verdict, steward)


def hear_from(chance: random.Random, people: People, step: int) -> None:
    """Systems that are no lists tell who reads mail and who asks for help."""
    now = next(people.minutes)
    moment = f"2025-02-01T00:{now:02}:00Z"
    members, activities, users, tickets = [], [], [], []
    # Where a company moves to, people work from then on.
    offices = [
        {
            "id": f"c{chance.randrange(3)}",
            "properties": {
                "name": chance.choice(["Acme Ltd", "Orbit"]),
                "address": chance.choice(["Herzl 3", "12 Main St"]),
                "city": chance.choice(CITIES),
                "zip": chance.choice([None, "6423905"]),
            },
        }
    ]
    for number in range(6 if step == 0 else 3):
        known = random_person(chance, number)
        mailbox = known["email"] or f"user{chance.randrange(80)}@gmail.com"
        reader = chance.randrange(8)
        members.append(
            {
                "list_id": "news",
                "id": f"m{reader}",
                "email_address": mailbox,
                "full_name": known["full_name"],
                "status": chance.choice(["subscribed", "unsubscribed", "cleaned"]),
                "last_changed": moment,
            }
        )
        activities.append(
            {
                "campaign_id": "spring",
                "list_id": "news",
                "email_id": f"m{reader}",
                "email_address": mailbox,
                "action": chance.choice(["open", "click", "bounce"]),
                "type": "hard",
                "timestamp": moment,
            }
        )
        user = chance.randrange(8)
        users.append(
            {
                "id": f"u{user}",
                "name": known["full_name"],
                "email": mailbox,
                "role": "end-user",
                "verified": chance.random() < 0.5,
                # So does the organization.
                "organization_id": f"o{(user + now) % 3}",
                "created_at": "2024-01-01T00:00:00Z",
                # Whether a mailbox is verified also changes where nothing else does.
                "updated_at": chance.choice([moment, "2024-01-01T00:00:00Z"]),
            }
        )
        tickets.append(
            {
                "id": f"t{chance.randrange(8)}",
                "subject": "Help",
                "status": chance.choice(["new", "open", "solved"]),
                "requester_id": f"u{chance.randrange(8)}",
                "created_at": moment,
                "updated_at": moment,
            }
        )
    for source, stream, key, records in (
        ("mailchimp", "members", "id", members),
        ("mailchimp", "email_activity", "email_id", activities),
        ("zendesk", "users", "id", users),
        ("zendesk", "tickets", "id", tickets),
        ("hubspot", "companies", "id", offices),
    ):
        latest = {record[key]: record for record in records}
        people.lake.write_records(source, stream, *latest.values(), minutes=now)


def hear_of_companies(chance: random.Random, people: People) -> None:
    """Systems tell of companies, and of whom these are."""
    now = next(people.minutes)
    moment = f"2025-02-01T00:{now:02}:00Z"

    def some(*values: str) -> str | None:
        return chance.choice([None, *values])

    company = {
        "id": f"{chance.randrange(3)}",
        "properties": {
            "name": some("Acme", "Oren", "Peleg Group"),
            "domain": some("acme.example", "oren.example"),
            "vat_id": some("514123456", "514123464"),
            "hs_parent_company_id": some("0", "1"),
        },
        "updatedAt": moment,
    }
    organization = {
        "id": f"o{chance.randrange(3)}",
        "name": some("Acme Ltd", "Oren"),
        "domain_names": chance.choice([[], ["acme.example"], ["oren.example"]]),
        "organization_fields": {"vat_id": some("514123456")},
        "updated_at": moment,
    }
    number = chance.randrange(3)
    companies = chance.sample(["0", "1", "2"], chance.randrange(3))
    contact = {
        "id": f"{number}",
        "properties": {
            "firstname": chance.choice(GIVEN),
            "lastname": chance.choice(FAMILY),
            "email": f"c{number}@{chance.choice(['acme.example', 'il.acme.example'])}",
            "company": some("Acme Ltd", "Oren בע״מ", "Peleg Group"),
        },
        "associations": {"companies": {"results": [{"id": each} for each in companies]}},
        "updatedAt": moment,
    }
    for source, stream, record in (
        ("hubspot", "companies", company),
        ("zendesk", "organizations", organization),
        ("hubspot", "contacts", contact),
    ):
        people.lake.write_records(source, stream, record, minutes=now)


def tables(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {table: warehouse.rows(f"select * from {table} order by all") for table in TABLES}


def follows(warehouse: Warehouse) -> bool:
    """Whether the last build went on from the one before."""
    note = warehouse.rows(
        "select comment from duckdb_tables() where table_name = 'int_identity__changed_records'"
    )
    return '"follows": true' in note[0][0]


class KesherWarehouse(Warehouse):
    """A warehouse that `kesher build` builds, with the tests of the models."""

    def run(self, *select: str, full_refresh: bool = False) -> None:
        data = DataDirectory(self.path.parent)
        with recorded_run(data, "build") as run:
            build(data, Terminal(), run, full_refresh=full_refresh)


@pytest.mark.parametrize(("seed", "kind"), [(1, KesherWarehouse), (2, Warehouse)])
def test_following_builds_give_what_a_full_build_gives(
    seed: int,
    kind: type[Warehouse],
    tmp_path: Path,
    manifest: Manifest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(seed)  # noqa: S311
    followed = kind(tmp_path / "followed", manifest)
    runs_of_plans = 0

    def run_of_a_plan(*arguments: Any) -> list[NodeOutcome]:
        nonlocal runs_of_plans
        runs_of_plans += 1
        return run_nodes(*arguments)

    monkeypatch.setattr("kesher.build_models.run_nodes", run_of_a_plan)
    companies_chance = random.Random(seed)  # noqa: S311
    people = People(followed)
    fresh = Warehouse(tmp_path / "fresh", manifest)
    fresh.lake = followed.lake
    fresh.environment["KESHER_LAKE"] = followed.environment["KESHER_LAKE"]
    living: list[int] = []
    followed_builds = 0
    for step in range(STEPS):
        live_on(chance, people, living, step)
        hear_from(chance, people, step)
        hear_of_companies(companies_chance, people)
        followed.run(*WHOLE_IDENTITY)
        if follows(followed):
            followed_builds += 1
            fresh.run(*WHOLE_IDENTITY, full_refresh=True)
            assert not follows(fresh)
            ours, wanted = tables(followed), tables(fresh)
            for table in TABLES:
                assert ours[table] == wanted[table], f"{table} differs after step {step}"
            assert all(wanted[table] for table in TABLES if not table.endswith(MAYBE_EMPTY))
        if chance.random() < 0.5:
            people.publish()
    assert followed_builds >= 2
    # The first build is of nothing, and the second shows what dbt asks of a build that goes on.
    assert (runs_of_plans > 0) == (kind is KesherWarehouse)


def test_a_model_that_was_run_by_itself_makes_the_next_build_start_from_nothing(
    warehouse: Warehouse,
) -> None:
    people = People(warehouse)
    people.say(person("a", "Dana Levi", email="dana@one.example"), person("b", "Moshe Cohen"))
    warehouse.run(*WHOLE_IDENTITY)
    warehouse.run("int_identity__email_evidence")
    people.say(person("a", "Dana Katz", email="dana@one.example"))
    warehouse.run(*WHOLE_IDENTITY)
    assert not follows(warehouse)
    people.say(person("a", "Dana Peleg", email="dana@one.example"))
    warehouse.run(*WHOLE_IDENTITY)
    assert follows(warehouse)
    assert warehouse.rows("select display_name from marts.customers order by 1") == [
        ("Dana Peleg",),
        ("Moshe Cohen",),
    ]


def test_what_comes_of_mail_changes_the_mailbox_of_a_customer_whose_records_stay(
    warehouse: Warehouse,
) -> None:
    def shown() -> list[tuple[str]]:
        return warehouse.rows("select email from marts.customers")

    people = People(warehouse)
    people.say(
        person("a", "Dana Levi", email="dana@one.example", phone="054-6543210"),
        person("b", "Dana Levi", email="dana.levi@two.example", phone="054-6543210"),
    )
    warehouse.run(*WHOLE_IDENTITY)
    ((first,),) = shown()
    people.lake.write_records(
        "mailchimp",
        "email_activity",
        {
            "campaign_id": "spring",
            "list_id": "news",
            "email_id": "m1",
            "email_address": first,
            "action": "bounce",
            "type": "hard",
            "timestamp": "2025-02-01T00:00:00Z",
        },
        minutes=next(people.minutes),
    )
    warehouse.run(*WHOLE_IDENTITY)
    assert follows(warehouse)
    ((second,),) = shown()
    assert {first, second} == {"dana@one.example", "dana.levi@two.example"}
