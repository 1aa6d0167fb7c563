with
    deals as (select * from {{ ref("stg_hubspot__deals") }}),

    identities as (
        select record_id, customer_id
        from {{ ref("customer_identities") }}
        where source = 'hubspot'
    ),

    contacts as (
        select deal_id, {{ each_of("contact_ids") }} as hubspot_contact_id from deals
    ),

    known as (
        select contacts.deal_id, contacts.hubspot_contact_id, identities.customer_id
        from contacts
        left join identities on contacts.hubspot_contact_id = identities.record_id
    ),

    final as (
        select
            deal_id,
            hubspot_contact_id,
            customer_id,
            row_number() over (
                partition by deal_id
                order by
                    customer_id is null, length(hubspot_contact_id), hubspot_contact_id
            )
            = 1 as is_primary
        from known
    )

select *
from final
