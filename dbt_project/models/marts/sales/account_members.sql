with
    employer_accounts as (select * from {{ ref("int_identity__employer_accounts") }}),

    account_keys as (select * from {{ ref("int_identity__account_keys") }}),

    customer_kinds as (select * from {{ ref("int_identity__customer_kinds") }}),

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
        left join
            (
                select customer_id, min(mailbox) as mailbox
                from mailboxes
                group by customer_id
            ) as own_mailboxes
            on own_mailboxes.customer_id = ranked.customer_id
            and customer_kinds.kind = 'role_mailbox'
        where ranked.account_rank = 1
    ),

    -- A mailbox that a person writes from belongs to the company all the same.
    borne_mailboxes as (
        select distinct
            coalesce(domains.account_id, domains_above.account_id) as account_id,
            mailboxes.mailbox
        from mailboxes
        left join
            account_keys as domains
            on domains.kind = 'domain'
            and domains.key = mailboxes.domain
        left join
            account_keys as domains_above
            on domains_above.kind = 'domain'
            and domains_above.key = {{ domain_above("mailboxes.domain") }}
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
            customers
            on customers.account_id = borne_mailboxes.account_id
            and customers.email = borne_mailboxes.mailbox
        where borne_mailboxes.account_id is not null and customers.email is null
    )

select *
from final
