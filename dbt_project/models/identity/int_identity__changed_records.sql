{{ config(materialized="start_of_build") }}
{%- set incoming = ref("int_identity__incoming_people") -%}

-- depends_on: {{ ref("int_identity__weights") }}
-- depends_on: {{ ref("int_identity__record_count") }}
with
    {% if identity_can_follow() %}
        known as (
            select record_key, record_digest
            from {{ identity_table("int_identity__person_records") }}
        ),

        -- What they say is read once it is known of whom.
        changes as (
            select
                coalesce(incoming.record_key, known.record_key) as record_key,
                case
                    when known.record_key is null
                    then 'new'
                    when incoming.record_key is null
                    then 'gone'
                    else 'changed'
                end as change,
                incoming.record_digest
            from {{ incoming }} as incoming
            full outer join known on known.record_key = incoming.record_key
            where known.record_digest is distinct from incoming.record_digest
        ),

        final as (
            select
                changes.record_key,
                changes.change,
                incoming.{{ person_columns() | join(", incoming.") }},
                changes.record_digest
            from changes
            left join
                {{ incoming }} as incoming on incoming.record_key = changes.record_key
        )
    {% else %}
        -- A build that starts from nothing makes everything anew, and asks for no
        -- list of it.
        final as (
            select
                record_key,
                cast(null as varchar) as change,
                {{ person_columns() | join(", ") }},
                record_digest
            from {{ incoming }}
            where false
        )
    {% endif %}

select record_key, change, {{ person_columns() | join(", ") }}, record_digest
from final
