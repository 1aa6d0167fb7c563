with
    person_records as (
        select record_key, source, record_id
        from {{ ref("int_identity__person_records") }}
    ),

    contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    users as (select * from {{ ref("stg_zendesk__users") }}),

    stripe_customers as (select * from {{ ref("stg_stripe__customers") }}),

    files as (select * from {{ ref("stg_files__people") }}),

    -- The company of which a system itself says that the person belongs to it.
    stated as (
        select
            'hubspot' as source,
            hubspot_contact_id as record_id,
            concat('hubspot:', associated_company_id) as company_id
        from contacts
        where associated_company_id is not null
        union all
        select 'zendesk', zendesk_user_id, concat('zendesk:', organization_id)
        from users
        where organization_id is not null
    ),

    registered as (
        select
            'stripe' as source,
            stripe_customer_id as record_id,
            {{ registration_number("metadata_json") }} as registration_number
        from stripe_customers
        where metadata_json is not null
        union all
        select source, record_id, {{ registration_number("extra_json") }}
        from files
        where extra_json is not null
    ),

    told as (
        select source, record_id, company_id, null as registration_number
        from stated
        union all
        select source, record_id, null as company_id, registration_number
        from registered
        where registration_number is not null
    ),

    final as (
        select
            person_records.record_key,
            max(told.company_id) as company_id,
            max(told.registration_number) as registration_number
        from told
        inner join
            person_records
            on person_records.source = told.source
            and person_records.record_id = told.record_id
        group by person_records.record_key
    )

select *
from final
