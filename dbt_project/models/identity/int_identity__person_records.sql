{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__changed_records') }})",
        tags=["identity"],
    )
}}
{%- set changed = ref("int_identity__changed_records") -%}

with
    incoming_people as (
        select *
        from {{ ref("int_identity__incoming_people") }}
        where {{ only_in(changed) }}
    ),

    final as (
        select
            record_key,
            source,
            record_id,
            full_name,
            given_name,
            family_name,
            email,
            other_emails,
            phone,
            other_phone,
            street,
            city,
            region,
            postcode,
            country,
            company,
            job_title,
            birth_date,
            national_id,
            external_ids,
            gender,
            language,
            {% for column in identity_also_columns() %} {{ column }}, {% endfor %}
            first_seen_at,
            updated_at,
            record_digest
        from incoming_people
    )

select *
from final
