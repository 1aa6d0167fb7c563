with
    contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    users as (select * from {{ ref("stg_zendesk__users") }}),

    customer_identities as (select * from {{ ref("customer_identities") }}),

    account_identities as (select * from {{ ref("account_identities") }}),

    memberships as (
        select
            'hubspot' as source,
            hubspot_contact_id as record_id,
            associated_company_id as company_id,
            updated_at
        from contacts
        where associated_company_id is not null
        union all
        select
            'zendesk' as source,
            zendesk_user_id as record_id,
            organization_id as company_id,
            updated_at
        from users
        where organization_id is not null
    ),

    members as (
        select
            account_identities.account_id,
            customer_identities.customer_id,
            min(memberships.source) as first_source,
            max(memberships.updated_at) as updated_at
        from memberships
        inner join
            customer_identities
            on memberships.source = customer_identities.source
            and memberships.record_id = customer_identities.record_id
        inner join
            account_identities
            on memberships.source = account_identities.source
            and memberships.company_id = account_identities.record_id
        group by account_identities.account_id, customer_identities.customer_id
    ),

    final as (
        select
            account_id,
            customer_id,
            row_number() over (
                partition by customer_id
                order by first_source, updated_at desc nulls last, account_id
            )
            = 1 as is_primary
        from members
    )

select *
from final
