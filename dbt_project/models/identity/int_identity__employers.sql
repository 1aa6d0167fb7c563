{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__touched_employers') }})",
    )
}}
{%- set touched = ref("int_identity__touched_employers") -%}

with
    customer_ids as (
        select *
        from {{ ref("int_identity__customer_ids") }}
        where {{ only_in(touched) }}
    ),

    person_records as (
        select *
        from {{ ref("int_identity__person_records") }}
        where {{ only_in(touched) }}
    ),

    records as (
        select * from {{ ref("int_identity__records") }} where {{ only_in(touched) }}
    ),

    name_words as (select * from {{ ref("identity_name_words") }}),

    placeholders as (select * from {{ ref("identity_placeholders") }}),

    stated as (
        select *
        from {{ ref("int_identity__stated_companies") }}
        where {{ only_in(touched) }}
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
            stated.registration_number,
            stated.company_id
        from named
        inner join records on records.record_key = named.record_key
        inner join customer_ids on customer_ids.record_key = named.record_key
        left join stated on stated.record_key = named.record_key
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
