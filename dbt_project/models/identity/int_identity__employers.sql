with
    customer_ids as (select * from {{ ref("int_identity__customer_ids") }}),

    person_records as (select * from {{ ref("int_identity__person_records") }}),

    records as (select * from {{ ref("int_identity__records") }}),

    contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    users as (select * from {{ ref("stg_zendesk__users") }}),

    stripe_customers as (select * from {{ ref("stg_stripe__customers") }}),

    files as (select * from {{ ref("stg_files__people") }}),

    name_words as (select * from {{ ref("identity_name_words") }}),

    placeholders as (select * from {{ ref("identity_placeholders") }}),

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

    named as (
        select
            record_key,
            source,
            record_id,
            first_seen_at,
            updated_at,
            nullif(trim(company), '') as company,
            nullif(trim(full_name), '') as full_name
        from person_records
    ),

    said as (
        select
            customer_ids.customer_id,
            named.record_key,
            named.source,
            named.record_id,
            named.first_seen_at,
            named.updated_at,
            coalesce(
                named.company, case when records.is_company then named.full_name end
            ) as company_name,
            records.company_domain as domain,
            registered.registration_number,
            stated.company_id
        from named
        inner join records on records.record_key = named.record_key
        inner join customer_ids on customer_ids.record_key = named.record_key
        left join
            stated
            on stated.source = named.source
            and stated.record_id = named.record_id
        left join
            registered
            on registered.source = named.source
            and registered.record_id = named.record_id
    ),

    company_names as (
        select distinct company_name as name
        from said
        where
            replace({{ plain_text("company_name") }}, ' ', '')
            not in (select text from placeholders)
            and company_name is not null
    ),

    name_keys as ({{ company_name_keys("company_names", "name_words") }}),

    final as (
        select
            said.customer_id,
            said.record_key,
            said.source,
            said.record_id,
            said.first_seen_at,
            said.updated_at,
            name_keys.name as company_name,
            name_keys.name_key,
            said.domain,
            said.registration_number,
            said.company_id
        from said
        left join name_keys on name_keys.name = said.company_name
        where
            name_keys.name is not null
            or said.domain is not null
            or said.registration_number is not null
            or said.company_id is not null
    )

select *
from final
