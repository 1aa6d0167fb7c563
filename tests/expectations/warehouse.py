"""A small warehouse as dbt builds it: three customers who pass every check."""

from __future__ import annotations

from pathlib import Path

import duckdb

GOOD = """
create schema marts; create schema staging; create schema seeds;

create table seeds.identity_countries (alias varchar, country varchar);
insert into seeds.identity_countries values ('il', 'IL'), ('ישראל', 'IL'), ('netherlands', 'NL');

create table marts.customers (
    customer_id varchar, display_name varchar, email varchar, phone varchar, street varchar,
    country varchar, record_count bigint, conflict_count bigint
);
insert into marts.customers values
    ('kc_1', 'נועה לוי', 'noa@example.com', '+972521234567', 'הרצל 1', 'IL', 2, 0),
    ('kc_2', 'Jan de Vries', 'jan.devries@example.nl', null, null, 'Netherlands', 1, 0),
    ('kc_3', 'Ann O''Neill', null, '+353861234567', 'High St 3', null, 1, 0);

create table marts.customer_identities (
    source varchar, record_id varchar, customer_id varchar, linked_by varchar,
    match_probability double
);
insert into marts.customer_identities values
    ('stripe', 'cus_1', 'kc_1', 'same e-mail', 0.99),
    ('zendesk', '11', 'kc_1', 'same e-mail', 0.99),
    ('hubspot', '21', 'kc_2', null, 1), ('mailchimp', 'l1:m1', 'kc_3', null, 1);

create table marts.customer_attributes (
    customer_id varchar, attribute varchar, value varchar, source varchar, is_winner boolean
);
insert into marts.customer_attributes values
    ('kc_1', 'email', 'noa@example.com', 'stripe', true),
    ('kc_1', 'email', 'noa@old.example', 'zendesk', false);

create table marts.customer_id_history (
    event_id varchar, event varchar, customer_id varchar, other_customer_id varchar
);
insert into marts.customer_id_history values
    ('e1', 'create', 'kc_1', null), ('e2', 'merge', 'kc_9', 'kc_1');

create table marts.customer_links (customer_id varchar, explanation varchar);
insert into marts.customer_links values ('kc_1', 'same e-mail');

create table marts.match_review_queue (
    queue_position bigint, left_customer_id varchar, right_customer_id varchar
);
insert into marts.match_review_queue values (1, 'kc_1', 'kc_2'), (2, 'kc_1', 'kc_1');

create table marts.customer_search_tokens (token varchar, customer_id varchar, field varchar);
insert into marts.customer_search_tokens values ('noa', 'kc_1', 'name'), ('jan', 'kc_2', 'name');

create table marts.customer_timeline (
    event_id varchar, customer_id varchar, happened_at timestamp, source varchar, kind varchar
);
insert into marts.customer_timeline values
    ('t1', 'kc_1', '2026-01-05 10:00', 'stripe', 'invoice_paid'),
    ('t2', 'kc_2', '2026-01-06 10:00', 'hubspot', 'call');

create table marts.accounts (
    account_id varchar, name varchar, parent_account_id varchar,
    ultimate_parent_account_id varchar
);
insert into marts.accounts values
    ('ac_1', 'כרמל בע"מ', null, 'ac_1'), ('ac_2', 'De Vries BV', 'ac_1', 'ac_1');

create table marts.invoices (
    invoice_id varchar, customer_id varchar, status varchar, currency varchar,
    amount_due decimal(19, 4), amount_paid decimal(19, 4), amount_remaining decimal(19, 4),
    total decimal(19, 4), created_at timestamp, paid_at timestamp
);
insert into marts.invoices
select
    'in_' || n, 'kc_1', 'paid', 'ils', 117, 117, 0, 117,
    timestamp '2026-01-05 10:00', timestamp '2026-01-05 10:01'
from range(1, 201) as r(n);
insert into marts.invoices values
    ('in_0', 'kc_2', 'open', 'jpy', 5000, 0, 5000, 5000, '2026-02-01 10:00', null);

create table marts.payments (
    payment_id varchar, customer_id varchar, kind varchar, currency varchar,
    amount decimal(19, 4), created_at timestamp
);
insert into marts.payments values
    ('ch_1', 'kc_1', 'charge', 'ils', 117, '2026-01-05 10:01'),
    ('re_1', 'kc_1', 'refund', 'ils', -17, '2026-01-06 10:01');

create table marts.subscriptions (
    subscription_id varchar, customer_id varchar, amount decimal(19, 4), started_at timestamp,
    ended_at timestamp
);
insert into marts.subscriptions values ('sub_1', 'kc_1', 99, '2025-01-01', '2026-01-01');

create table marts.tickets (
    ticket_id varchar, customer_id varchar, status varchar, created_at timestamp,
    solved_at timestamp
);
insert into marts.tickets values
    ('1', 'kc_1', 'solved', '2026-01-05', '2026-01-06'), ('2', 'kc_3', 'open', '2026-01-07', null);

create table marts.campaign_members (
    campaign_id varchar, mailchimp_member_id varchar, customer_id varchar, open_count bigint,
    click_count bigint
);
insert into marts.campaign_members values ('c1', 'l1:m1', 'kc_3', 2, 0);

create table marts.deals (
    deal_id varchar, customer_id varchar, amount decimal(19, 4), is_closed boolean,
    is_won boolean, closed_at timestamp
);
insert into marts.deals values
    ('d1', 'kc_2', 1000, true, true, '2026-01-05'), ('d2', null, null, false, false, null);

create table marts.activities (
    activity_id varchar, customer_id varchar, kind varchar, happened_at timestamp
);
insert into marts.activities values ('call:1', 'kc_2', 'call', '2026-01-06 10:00');

create table marts.account_members (
    account_id varchar, member_id varchar, customer_id varchar, is_primary boolean
);
insert into marts.account_members values
    ('ac_2', 'kc_2', 'kc_2', true), ('ac_1', 'kc_2', 'kc_2', false),
    ('ac_2', 'info@devries.example', null, true);

create table marts.households (household_id varchar, member_count bigint);
insert into marts.households values ('kh_2', 2);

create table marts.household_members (household_id varchar, customer_id varchar);
insert into marts.household_members values ('kh_2', 'kc_2'), ('kh_2', 'kc_3');

create table marts.account_identities (source varchar, record_id varchar, account_id varchar);
insert into marts.account_identities values ('hubspot', '31', 'ac_1'), ('zendesk', '41', 'ac_2');

create table marts.deal_contacts (
    deal_id varchar, hubspot_contact_id varchar, customer_id varchar
);
insert into marts.deal_contacts values ('d1', '21', 'kc_2'), ('d2', '22', null);

create table marts.activity_contacts (
    activity_id varchar, hubspot_contact_id varchar, customer_id varchar
);
insert into marts.activity_contacts values ('call:1', '21', 'kc_2');

create table staging.stg_stripe__customers (
    stripe_customer_id varchar, name varchar, _extracted_at timestamp, _cast_errors varchar
);
insert into staging.stg_stripe__customers values
    ('cus_1', 'Noa Levi', cast(now() at time zone 'UTC' as timestamp), null);

-- Not a word from this source: it is not configured.
create table staging.stg_zendesk__users (
    zendesk_user_id varchar, _extracted_at timestamp, _cast_errors varchar
);
-- A list is as old as its file.
create table staging.stg_files__people (
    source varchar, record_id varchar, _extracted_at timestamp, _cast_errors varchar
);
insert into staging.stg_files__people values ('fair', '1', '2020-01-01', null);

create table staging.stg_files__rejected_lines (
    source varchar, file varchar, line_number bigint, raw varchar, reason varchar,
    _cast_errors varchar
);
"""

MARTS = (
    "customers",
    "customer_identities",
    "customer_attributes",
    "customer_id_history",
    "customer_links",
    "match_review_queue",
    "customer_search_tokens",
    "customer_timeline",
    "accounts",
    "account_members",
    "households",
    "household_members",
    "account_identities",
    "invoices",
    "payments",
    "subscriptions",
    "tickets",
    "campaign_members",
    "deals",
    "deal_contacts",
    "activities",
    "activity_contacts",
)


def build(path: Path, *changes: str) -> Path:
    """Make a good warehouse, then run SQL that spoils it."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(GOOD)
        for change in changes:
            connection.execute(change)
    return path


def publish(path: Path, customers: int, records: dict[str, int]) -> Path:
    """Make a published file with so many customers, and so many records a source."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table customers as select 'kc_' || n as customer_id from range(?) as r(n)",
            [customers],
        )
        connection.execute("create table customer_identities (source varchar, record_id varchar)")
        for source, count in records.items():
            connection.execute(
                "insert into customer_identities select ?, n::varchar from range(?) as r(n)",
                [source, count],
            )
    return path
