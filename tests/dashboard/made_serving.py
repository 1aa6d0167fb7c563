"""Builds a serving directory of made-up customers, with the tables that `kesher publish` writes."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dashboard.search import name_keys, words_of

TABLES = {
    "customers": (
        "customer_id varchar, display_name varchar, given_name varchar, family_name varchar, "
        "email varchar, phone varchar, street varchar, city varchar, region varchar, "
        "postcode varchar, country varchar, company varchar, job_title varchar, "
        "birth_date varchar, gender varchar, language varchar, account_id varchar, "
        "lifecycle_stage varchar, "
        "email_marketing_status varchar, sources varchar, source_count bigint, "
        "record_count bigint, first_seen_at timestamp, last_seen_at timestamp, "
        "last_activity_at timestamp, last_activity_type varchar, invoice_count bigint, "
        "paid_invoice_count bigint, open_ticket_count bigint, ticket_count bigint, "
        "open_deal_count bigint, won_deal_count bigint, active_subscription_count bigint, "
        "is_role_mailbox boolean, conflict_count bigint, has_conflicting_given_names boolean, "
        "has_conflicting_family_names boolean, has_conflicting_birth_dates boolean, "
        "has_conflicting_genders boolean, has_conflicting_national_ids boolean, "
        "has_conflicting_countries boolean"
    ),
    "households": "household_id varchar, member_count bigint",
    "household_members": "household_id varchar, customer_id varchar, linked_by varchar",
    "accounts": (
        "account_id varchar, name varchar, domain varchar, customer_count bigint, "
        "role_mailboxes varchar, parent_account_id varchar, ultimate_parent_account_id varchar"
    ),
    "account_members": (
        "account_id varchar, customer_id varchar, linked_by varchar, is_primary boolean"
    ),
    "customer_identities": (
        "source varchar, record_id varchar, customer_id varchar, record_name varchar, "
        "record_email varchar, record_phone varchar, linked_by varchar, match_probability double, "
        "first_seen_at timestamp, updated_at timestamp"
    ),
    "customer_attributes": (
        "customer_id varchar, attribute varchar, value varchar, source varchar, "
        "record_id varchar, observed_at timestamp, is_winner boolean, rule varchar, "
        "decided_by varchar"
    ),
    "customer_id_history": (
        "event_id varchar, happened_at timestamp, event varchar, customer_id varchar, "
        "other_customer_id varchar, source varchar, record_id varchar, record_count bigint, "
        "reason varchar"
    ),
    "customer_links": (
        "customer_id varchar, left_source varchar, left_record_id varchar, right_source varchar, "
        "right_record_id varchar, match_weight double, match_probability double, "
        "explanation varchar, evidence_against varchar, prior_weight double, email_weight double, "
        "phone_weight double, national_id_weight double, external_id_weight double, "
        "given_name_weight double, family_name_weight double, "
        "name_order_weight double, name_frequency_weight double, address_weight double, "
        "company_weight double, birth_date_weight double, gender_weight double, "
        "dependence_weight double"
    ),
    "customer_search_tokens": "token varchar, customer_id varchar, field varchar",
    "invoices": (
        "invoice_id varchar, customer_id varchar, stripe_customer_id varchar, number varchar, "
        "status varchar, currency varchar, amount_due decimal(19,4), amount_paid decimal(19,4), "
        "amount_remaining decimal(19,4), subtotal decimal(19,4), tax decimal(19,4), "
        "total decimal(19,4), subscription_id varchar, description varchar, created_at timestamp, "
        "due_at timestamp, paid_at timestamp"
    ),
    "payments": (
        "payment_id varchar, customer_id varchar, kind varchar, status varchar, currency varchar, "
        "amount decimal(19,4), invoice_id varchar, charge_id varchar, description varchar, "
        "failure_message varchar, created_at timestamp"
    ),
    "subscriptions": (
        "subscription_id varchar, customer_id varchar, stripe_customer_id varchar, "
        "product_name varchar, status varchar, currency varchar, amount decimal(19,4), "
        '"interval" varchar, interval_count bigint, started_at timestamp, '
        "current_period_end timestamp, cancel_at_period_end boolean, canceled_at timestamp, "
        "ended_at timestamp"
    ),
    "tickets": (
        "ticket_id varchar, customer_id varchar, zendesk_user_id varchar, subject varchar, "
        "description varchar, status varchar, priority varchar, type varchar, channel varchar, "
        "assignee_name varchar, satisfaction_score varchar, satisfaction_comment varchar, "
        "comment_count bigint, tags varchar, created_at timestamp, updated_at timestamp, "
        "solved_at timestamp"
    ),
    "campaign_members": (
        "campaign_id varchar, mailchimp_member_id varchar, customer_id varchar, "
        "list_name varchar, campaign_title varchar, subject_line varchar, sent_at timestamp, "
        "open_count bigint, click_count bigint, first_open_at timestamp, last_open_at timestamp, "
        "last_click_at timestamp, bounced boolean, unsubscribed boolean"
    ),
    "deals": (
        "deal_id varchar, customer_id varchar, account_id varchar, name varchar, stage varchar, "
        "pipeline varchar, is_closed boolean, is_won boolean, currency varchar, "
        "amount decimal(19,4), owner_name varchar, created_at timestamp, closed_at timestamp, "
        "updated_at timestamp"
    ),
    "activities": (
        "activity_id varchar, customer_id varchar, kind varchar, subject varchar, body varchar, "
        "direction varchar, status varchar, owner_name varchar, deal_id varchar, "
        "happened_at timestamp, duration_seconds bigint"
    ),
    "customer_timeline": (
        "event_id varchar, customer_id varchar, happened_at timestamp, source varchar, "
        "kind varchar, title varchar, detail varchar, amount decimal(19,4), currency varchar, "
        "staff_name varchar, object_id varchar, object_type varchar"
    ),
    "published_streams": (
        "source varchar, stream varchar, lake_rows bigint, records bigint, rejected bigint, "
        "last_extracted_at timestamp"
    ),
    "quality_checks": (
        'check_id varchar, mart varchar, "column" varchar, title varchar, title_he varchar, '
        "severity varchar, "
        "success boolean, checked_rows bigint, failed_rows bigint, examples varchar[], "
        "checked_at timestamp"
    ),
    "published_generation": "generation varchar, published_at timestamp, sandbox boolean",
}

DAVID = "kc_david"
BUSY = "kc_busy"
BARE = "kc_bare"
HOSTILE = "kc_hostile"
MOTHER = f"kc_{2:020x}"
MERGED_AWAY = "kc_merged_away"
MERGED_EARLIER = "kc_merged_earlier"
RETIRED = "kc_retired"
HOSTILE_NAME = "<script>alert('x')</script><img src=x onerror=alert(1)> \u202eevil\" ' & {{ 7*7 }}"
START = datetime(2024, 7, 3, 9, 15)

_NAMES = (
    ("דוד", "כהן", "David", "Cohen"), ("משה", "לוי", "Moshe", "Levi"),
    ("רבקה", "מזרחי", "Rivka", "Mizrahi"), ("יוסף", "פרץ", "Yosef", "Peretz"),
    ("שרה", "ביטון", "Sarah", "Biton"), ("אסתר", "דהן", "Esther", "Dahan"),
    ("אברהם", "אברהם", "Avraham", "Avraham"), ("נועה", "פרידמן", "Noa", "Friedman"),
    ("יעל", "שפירא", "Yael", "Shapira"), ("איתי", "גולן", "Itay", "Golan"),
    ("תמר", "אזולאי", "Tamar", "Azoulay"), ("עומר", "חדד", "Omer", "Hadad"),
)  # fmt: skip
_PLACES = (("Tel Aviv", "IL"), ("חיפה", "IL"), ("London", "GB"), ("Zürich", "CH"), (None, None))
_COMPANIES = ("Orbit Labs", "גלים בע״מ", "Müller & Söhne", "Cedar Partners", None)


_COUNTS = (
    "invoice_count", "paid_invoice_count", "open_ticket_count", "ticket_count", "open_deal_count",
    "won_deal_count", "active_subscription_count",
)  # fmt: skip


@dataclass
class Made:
    """Rows by table; a row may leave columns out."""

    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in TABLES}
    )

    def add(self, table: str, **row: Any) -> None:
        self.rows[table].append(row)

    def customer(self, customer_id: str, **values: Any) -> None:
        counts = dict.fromkeys(_COUNTS, 0)
        row = {
            "customer_id": customer_id,
            "sources": "stripe",
            "source_count": 1,
            "record_count": 1,
            "first_seen_at": START,
            "is_role_mailbox": False,
            "conflict_count": 0,
            **counts,
            **values,
        }
        self.add("customers", **row)
        self.tokens(row)

    def tokens(self, row: dict[str, Any]) -> None:
        found: set[tuple[str, str]] = {(row["customer_id"], "id")}
        for word in words_of(row.get("display_name") or ""):
            found.add((word, "name"))
            if len(word) > 1:
                found |= {(key, "name_key") for key in name_keys(word)}
        for column in ("company", "city"):
            found |= {(word, column) for word in words_of(row.get(column) or "")}
        if row.get("email"):
            found.add((row["email"].lower(), "email"))
        if row.get("phone"):
            found.add((row["phone"].lstrip("+"), "phone"))
        for token, name in found:
            if token:
                self.add(
                    "customer_search_tokens",
                    token=token,
                    customer_id=row["customer_id"],
                    field=name,
                )


def _columns(table: str) -> list[str]:
    words = TABLES[table].replace("(19,4)", "").split(", ")
    return [word.split()[0].strip('"') for word in words]


def publish(made: Made, directory: Path, generation: str) -> Path:
    """Write the rows as a generation and point to it, as `kesher publish` does."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{generation}.duckdb"
    with duckdb.connect(str(file)) as connection:
        for table, columns in TABLES.items():
            connection.execute(f"create table {table} ({columns})")
            rows = made.rows[table]
            if not rows:
                continue
            names = _columns(table)
            connection.register(
                "incoming",
                pa.table({name: [row.get(name) for row in rows] for name in names}),
            )
            order = {"customer_search_tokens": "order by token"}.get(
                table, "order by customer_id" if "customer_id" in names else ""
            )
            listed = ", ".join(f'"{name}"' for name in names)
            connection.execute(f"insert into {table} select {listed} from incoming {order}")
            connection.unregister("incoming")
    beside = directory / "current.json.part"
    beside.write_text(
        json.dumps(
            {
                "generation": generation,
                "file": file.name,
                "published_at": datetime.now(UTC).isoformat(),
            }
        )
    )
    beside.replace(directory / "current.json")
    return file


def made_customers(people: int = 60, seed: int = 3) -> Made:
    """Varied customers: one in every system, one with 5,000 events, a bare and a hostile one."""
    chance = random.Random(seed)  # noqa: S311
    made = Made()
    for number in range(people):
        _ordinary(made, number, chance)
    _david(made)
    _busy(made)
    made.customer(BARE, sources="mailchimp", first_seen_at=None)
    made.add("customer_identities", source="mailchimp", record_id="list:bare", customer_id=BARE)
    _hostile(made)
    _home_and_work(made)
    _history(made)
    _published(made)
    return made


def _ordinary(made: Made, number: int, chance: random.Random) -> None:
    hebrew_given, hebrew_family, given, family = _NAMES[number % len(_NAMES)]
    hebrew = chance.random() < 0.4
    first, last = (hebrew_given, hebrew_family) if hebrew else (given, family)
    customer_id = f"kc_{number:020x}"
    city, country = chance.choice(_PLACES)
    seen = START + timedelta(days=chance.randrange(700), minutes=number % 1440)
    sources = sorted(
        chance.sample(["stripe", "zendesk", "mailchimp", "hubspot"], chance.randint(1, 4))
    )
    made.customer(
        customer_id,
        display_name=f"{first} {last}",
        given_name=first,
        family_name=last,
        email=f"{given}.{family}{number}@example.com".lower(),
        phone=f"+97254{2000000 + number}",
        city=city,
        country=country,
        company=chance.choice(_COMPANIES),
        lifecycle_stage=chance.choice(["lead", "customer", "opportunity", None]),
        email_marketing_status=chance.choice(["subscribed", "unsubscribed", None]),
        sources=",".join(sources),
        source_count=len(sources),
        record_count=len(sources),
        first_seen_at=seen,
        last_activity_at=seen + timedelta(days=20),
        last_activity_type=chance.choice(["invoice_paid", "ticket_opened", "email_opened"]),
        paid_invoice_count=number % 3,
        open_ticket_count=int(number % 5 == 0),
        active_subscription_count=int(number % 4 == 0),
    )
    for source in sources:
        made.add(
            "customer_identities",
            source=source,
            record_id=f"{source}_{number}",
            customer_id=customer_id,
            record_name=f"{first} {last}",
            first_seen_at=seen,
            linked_by="same e-mail" if len(sources) > 1 else None,
            match_probability=0.99,
        )
    for step in range(number % 4):
        made.add(
            "customer_timeline",
            event_id=f"e{number}_{step}",
            customer_id=customer_id,
            happened_at=seen + timedelta(days=30 * step),
            source=sources[step % len(sources)],
            kind="note",
            title=f"Step {step}",
        )


def _david(made: Made) -> None:
    made.customer(
        DAVID,
        display_name="David Mizrahi-Rosenberg",
        given_name="David",
        family_name="Mizrahi-Rosenberg",
        email="david.mr@orbit.example",
        phone="+972541234567",
        street="12 Herzl St",
        city="Haifa",
        postcode="3303112",
        country="IL",
        company="Orbit Labs",
        job_title="Head of Operations",
        birth_date="1984-02-29",
        language="he",
        lifecycle_stage="customer",
        email_marketing_status="subscribed",
        sources="hubspot,mailchimp,stripe,zendesk",
        source_count=4,
        record_count=5,
        last_activity_at=START + timedelta(days=700),
        last_activity_type="invoice_paid",
        invoice_count=12,
        paid_invoice_count=11,
        open_ticket_count=1,
        ticket_count=2,
        open_deal_count=1,
        active_subscription_count=1,
        conflict_count=2,
        has_conflicting_given_names=True,
        has_conflicting_birth_dates=True,
    )
    records = (
        ("hubspot", "501", "David Mizrahi", "david.mr@orbit.example", None, None),
        ("stripe", "cus_9", "D. Mizrahi Rosenberg", "david.mr@orbit.example", None, "same e-mail"),
        ("zendesk", "77", "דוד מזרחי", "david@private.example", "+972541234567",
         "same phone; same name"),
        ("mailchimp", "l1:abc", "Dudi Mizrahi", "david+news@orbit.example", None,
         "same mailbox; nickname"),
        ("stripe", "cus_12", "David Mizrahi", "david@private.example", None, "same e-mail"),
    )  # fmt: skip
    for source, record_id, name, email, phone, linked_by in records:
        made.add(
            "customer_identities",
            source=source,
            record_id=record_id,
            customer_id=DAVID,
            record_name=name,
            record_email=email,
            record_phone=phone,
            linked_by=linked_by,
            match_probability=0.9993 if linked_by else 1.0,
            first_seen_at=START,
        )
        for attribute, value in (("display_name", name), ("email", email), ("phone", phone)):
            if value:
                made.add(
                    "customer_attributes",
                    customer_id=DAVID,
                    attribute=attribute,
                    value=value,
                    source=source,
                    record_id=record_id,
                    observed_at=START,
                    is_winner=value in ("david.mr@orbit.example", "+972541234567")
                    and source in ("hubspot", "zendesk"),
                    rule="a person's own mailbox; then hubspot before stripe",
                    decided_by="hubspot before stripe",
                )
        if source != "hubspot":
            made.add(
                "customer_links",
                customer_id=DAVID,
                left_source="hubspot",
                left_record_id="501",
                right_source=source,
                right_record_id=record_id,
                match_weight=14.2,
                match_probability=0.9993,
                explanation=linked_by,
                email_weight=11.5,
                family_name_weight=4.7,
                evidence_against="different company",
                phone_weight=0.0,
                company_weight=-2.0,
            )
    made.tokens({"customer_id": DAVID, "display_name": "דוד מזרחי"})
    for month in range(12):
        moment = START + timedelta(days=60 * month)
        paid = month != 11
        made.add(
            "invoices",
            invoice_id=f"in_{month}",
            customer_id=DAVID,
            number=f"A-{month:04d}",
            status="paid" if paid else "open",
            currency="ils" if month % 2 else "usd",
            total=1234.5,
            amount_paid=1234.5 if paid else 0,
            amount_remaining=0 if paid else 1234.5,
            created_at=moment,
            due_at=moment + timedelta(days=14),
        )
        made.add(
            "payments",
            payment_id=f"ch_{month}",
            customer_id=DAVID,
            kind="charge",
            status="succeeded" if paid else "failed",
            currency="ils" if month % 2 else "usd",
            amount=1234.5,
            invoice_id=f"in_{month}",
            failure_message=None if paid else "Your card was declined.",
            created_at=moment,
        )
        for source, kind, title, staff in (
            ("stripe", "invoice_paid", f"A-{month:04d}", None),
            ("zendesk", "ticket_opened", "החיוב כפול, please help", "Ruth Adler"),
            ("mailchimp", "email_opened", "Spring news", None),
            ("hubspot", "call", "Intro call", "Omer Shalev"),
        ):
            made.add(
                "customer_timeline",
                event_id=f"david_{source}_{month}",
                customer_id=DAVID,
                happened_at=moment + timedelta(hours=len(source)),
                source=source,
                kind=kind,
                title=title,
                detail="Said that the second invoice was charged twice."
                if source == "zendesk"
                else None,
                amount=1234.5 if source == "stripe" else None,
                currency="ils" if source == "stripe" else None,
                staff_name=staff,
            )
    made.add("payments", payment_id="re_1", customer_id=DAVID, kind="refund", status="succeeded",
             currency="ils", amount=-200, created_at=START)  # fmt: skip
    made.add("subscriptions", subscription_id="sub_1", customer_id=DAVID, product_name="Team",
             status="active", currency="ils", amount=99, interval="month", interval_count=1,
             started_at=START, cancel_at_period_end=False)  # fmt: skip
    made.add("tickets", ticket_id="t1", customer_id=DAVID, subject="החיוב כפול, please help",
             status="open", assignee_name="Ruth Adler", satisfaction_score="good",
             comment_count=3, created_at=START)  # fmt: skip
    made.add("deals", deal_id="d1", customer_id=DAVID, name="Orbit: 40 seats",
             stage="contractsent", is_closed=False, is_won=False, currency="usd", amount=48000,
             owner_name="Omer Shalev", created_at=START)  # fmt: skip
    made.add("campaign_members", campaign_id="c1", customer_id=DAVID, list_name="News",
             campaign_title="Spring news", sent_at=START, open_count=2, click_count=1,
             bounced=False, unsubscribed=False)  # fmt: skip


def _busy(made: Made) -> None:
    made.customer(BUSY, display_name="Busy Bee", last_activity_at=START, source_count=1)
    for number in range(5000):
        made.add(
            "customer_timeline",
            event_id=f"busy{number:05d}",
            customer_id=BUSY,
            happened_at=START - timedelta(minutes=number),
            source="hubspot" if number % 2 else "zendesk",
            kind="note",
            title=f"Event number {number}",
            staff_name=f"Agent {number % 7}",
        )


def _hostile(made: Made) -> None:
    made.customer(
        HOSTILE,
        display_name=HOSTILE_NAME,
        email='"><script>alert(1)</script>@example.com',
        phone="javascript:alert(1)",
        city="x" * 3000,
        country="<b>ZZ</b>",
        company="%_' or 1=1; drop table customers; --",
        lifecycle_stage="<i>stage</i>",
        sources="stripe,<u>evil</u>",
        last_activity_at=START,
        last_activity_type="<kind>",
    )
    made.add("customer_identities", source="<u>evil</u>", record_id="<r>", customer_id=HOSTILE,
             record_name=HOSTILE_NAME, linked_by="<reason>", match_probability=0.5)  # fmt: skip
    made.add("customer_attributes", customer_id=HOSTILE, attribute="email",
             value="<other@example.com>", source="<u>evil</u>", record_id="<r>",
             is_winner=False)  # fmt: skip
    made.add("customer_timeline", event_id="h1", customer_id=HOSTILE, happened_at=START,
             source="<u>evil</u>", kind="<kind>", title=HOSTILE_NAME, detail="<b>" * 5000,
             amount=1, currency="<c>", staff_name="<staff>")  # fmt: skip
    made.add("tickets", ticket_id="<t>", customer_id=HOSTILE, subject="</div>" * 50,
             status="<status>", created_at=None)  # fmt: skip


def _home_and_work(made: Made) -> None:
    """David lives with three others and works for a part of a part of a group."""
    tied = "same street address; same family name"
    made.add("households", household_id="kh_david", member_count=4)
    for customer_id, linked_by in (
        (DAVID, tied), (MOTHER, tied), (BARE, "same street address; same shared phone"),
        (HOSTILE, "<by>"),
    ):  # fmt: skip
        made.add("household_members", household_id="kh_david", customer_id=customer_id,
                 linked_by=linked_by)  # fmt: skip
    for account_id, name, parent in (
        ("hubspot:1", "Orbit Group", None), ("hubspot:2", "Orbit Israel", "hubspot:1"),
        ("hubspot:3", "Orbit Labs", "hubspot:2"), ("domain:x", HOSTILE_NAME, "hubspot:3"),
    ):  # fmt: skip
        made.add("accounts", account_id=account_id, name=name, parent_account_id=parent,
                 ultimate_parent_account_id="hubspot:1", customer_count=12, domain="orbit.example",
                 role_mailboxes="info@orbit.example,<b>@x.example")  # fmt: skip
    for account_id, customer_id, linked_by in (
        ("hubspot:3", DAVID, "hubspot"), ("hubspot:1", DAVID, "e-mail domain"),
        ("domain:x", HOSTILE, "<way>"),
    ):  # fmt: skip
        made.add("account_members", account_id=account_id, customer_id=customer_id,
                 linked_by=linked_by, is_primary=account_id != "hubspot:1")  # fmt: skip


def _history(made: Made) -> None:
    add = made.add
    add("customer_id_history", event_id="1", happened_at=START, event="create",
        customer_id=DAVID, record_count=3, reason="new records")  # fmt: skip
    add("customer_id_history", event_id="2", happened_at=START, event="merge",
        customer_id=MERGED_EARLIER, other_customer_id=MERGED_AWAY, record_count=1)  # fmt: skip
    add("customer_id_history", event_id="3", happened_at=START + timedelta(days=40),
        event="merge", customer_id=MERGED_AWAY, other_customer_id=DAVID,
        record_count=2)  # fmt: skip
    add("customer_id_history", event_id="4", happened_at=START, event="retire",
        customer_id=RETIRED, record_count=1)  # fmt: skip
    add("customer_id_history", event_id="5", happened_at=START, event="merge",
        customer_id="kc_ring_a", other_customer_id="kc_ring_b")  # fmt: skip
    add("customer_id_history", event_id="6", happened_at=START, event="merge",
        customer_id="kc_ring_b", other_customer_id="kc_ring_a")  # fmt: skip


def _published(made: Made) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    for source, stream, records, rejected in (
        ("stripe", "customers", 41, 0), ("stripe", "invoices", 512, 3),
        ("zendesk", "users", 38, 0), ("mailchimp", "members", 44, 0),
        ("hubspot", "contacts", 52, 0), ("trade_fair", "people", 12, 1),
    ):  # fmt: skip
        made.add("published_streams", source=source, stream=stream, lake_rows=records * 2,
                 records=records, rejected=rejected,
                 last_extracted_at=now - timedelta(hours=3))  # fmt: skip
    for number in range(9):
        made.add("quality_checks", check_id=f"ok{number}", mart="customers", column="email",
                 title=f"Rule {number} holds for every customer",
                 title_he=f"כלל {number} מתקיים אצל כל לקוח", severity="critical",
                 success=True, checked_rows=64, failed_rows=0, examples=[],
                 checked_at=now)  # fmt: skip
    made.add("quality_checks", check_id="email_shape", mart="customers", column="email",
             title="Every e-mail looks like an e-mail",
             title_he="כל דוא״ל נראה כמו דוא״ל", severity="warning", success=False,
             checked_rows=64, failed_rows=2, examples=[DAVID, HOSTILE, "<gone>"],
             checked_at=now)  # fmt: skip
    made.add("quality_checks", check_id="invoice_sum", mart="invoices", column="total",
             title="No invoice is negative", title_he="אין חשבונית שלילית",
             severity="critical", success=False,
             checked_rows=512, failed_rows=1, examples=["in_3"], checked_at=now)  # fmt: skip
    made.add("published_generation", generation="g", published_at=now, sandbox=True)
