{{
    config(
        materialized="followed",
        outdated="customer_id is null or customer_id in (select customer_id from {{ ref('int_identity__touched_account_members') }})",
    )
}}
{%- set touched = ref("int_identity__touched_account_members") -%}

with
    employer_accounts as (
        select customer_id, record_key, account_id, linked_by, priority, updated_at
        from {{ ref("int_identity__employer_accounts") }}
        where {{ only_in(touched, "customer_id", "customer_id") }}
    ),

    account_customers as (
        select account_id, customer_id from {{ ref("int_identity__employer_accounts") }}
    ),

    account_domains as (
        select key as domain, account_id
        from {{ ref("int_identity__account_keys") }}
        where kind = 'domain'
    ),

    customer_kinds as (
        select *
        from {{ ref("int_identity__customer_kinds") }}
        where {{ only_in(touched, "customer_id", "customer_id") }}
    ),

    role_mailboxes as (
        select customer_id
        from {{ ref("int_identity__customer_kinds") }}
        where kind = 'role_mailbox'
    ),

    record_identifiers as (select * from {{ ref("int_identity__record_identifiers") }}),

    customer_ids as (select * from {{ ref("int_identity__customer_ids") }}),

    mailboxes as (
        select
            record_identifiers.value as mailbox,
            record_identifiers.domain,
            customer_ids.customer_id
        from record_identifiers
        inner join
            customer_ids on customer_ids.record_key = record_identifiers.record_key
        where record_identifiers.is_role_mailbox and not record_identifiers.is_free_mail
    ),

    -- The mailbox of a customer who is one.
    own_mailboxes as (
        select mailboxes.customer_id, min(mailboxes.mailbox) as mailbox
        from mailboxes
        inner join role_mailboxes on role_mailboxes.customer_id = mailboxes.customer_id
        group by mailboxes.customer_id
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id, account_id
                order by priority, updated_at desc, record_key
            ) as account_rank,
            row_number() over (
                partition by customer_id
                order by priority, updated_at desc, account_id, record_key
            ) as customer_rank
        from employer_accounts
    ),

    customers as (
        select
            ranked.account_id,
            ranked.customer_id as member_id,
            customer_kinds.kind as member_kind,
            ranked.customer_id,
            own_mailboxes.mailbox as email,
            ranked.linked_by,
            ranked.customer_rank = 1 as is_primary
        from ranked
        inner join customer_kinds on customer_kinds.customer_id = ranked.customer_id
        left join own_mailboxes on own_mailboxes.customer_id = ranked.customer_id
        where ranked.account_rank = 1
    ),

    -- A mailbox that a person writes from belongs to the company all the same.
    borne_mailboxes as (
        select distinct
            coalesce(domains.account_id, domains_above.account_id) as account_id,
            mailboxes.mailbox
        from mailboxes
        left join account_domains as domains on domains.domain = mailboxes.domain
        left join
            account_domains as domains_above
            on domains_above.domain = {{ domain_above("mailboxes.domain") }}
    ),

    -- Those that are shown with their customers, of this build or of the one before.
    customers_mailboxes as (
        select distinct account_customers.account_id, own_mailboxes.mailbox
        from own_mailboxes
        inner join
            account_customers
            on account_customers.customer_id = own_mailboxes.customer_id
    ),

    final as (
        select
            account_id,
            member_id,
            member_kind,
            customer_id,
            email,
            linked_by,
            is_primary
        from customers
        union all
        select
            borne_mailboxes.account_id,
            borne_mailboxes.mailbox as member_id,
            'role_mailbox' as member_kind,
            null as customer_id,
            borne_mailboxes.mailbox as email,
            'e-mail domain' as linked_by,
            true as is_primary
        from borne_mailboxes
        left join
            customers_mailboxes
            on customers_mailboxes.account_id = borne_mailboxes.account_id
            and customers_mailboxes.mailbox = borne_mailboxes.mailbox
        where
            borne_mailboxes.account_id is not null
            and customers_mailboxes.mailbox is null
    )

select account_id, member_id, member_kind, customer_id, email, linked_by, is_primary
from final
