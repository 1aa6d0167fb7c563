{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__changed_records') }})",
        tags=["identity"],
    )
}}
{%- set changed = ref("int_identity__changed_records") -%}

with
    {% if identity_follows() %}
        people as (select * from {{ changed }} where change <> 'gone'),
    {% else %} people as (select * from {{ ref("int_identity__incoming_people") }}),
    {% endif %}

    final as (
        select record_key, {{ person_columns() | join(", ") }}, record_digest
        from people
    )

select *
from final
