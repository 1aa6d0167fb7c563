{%- set marks = ref("int_identity__ledger_marks") -%}
{%- set events = ref("int_identity__customer_id_events") -%}
{%- set history = ref("stg_kesher__customer_id_history") -%}

-- The events that were not published when the last build saw them, or are not now.
with
    {% if identity_follows() %}
        final as (
            select event_id
            from {{ history }}
            where {{ came_since(marks, "customer_id_history") }}
            union
            select event_id
            from {{ deletions_table(history) }}
            where {{ came_since(marks, "customer_id_history") }}
            union
            select event_id
            from {{ identity_table("customer_id_history") }}
            where {{ is_read_anew(marks, "customer_id_history") }}
            union
            select event_id
            from {{ outdated_rows(events) }}
            union
            select event_id
            from {{ events }}
        )
    {% else %} final as (select event_id from {{ events }} where false)
    {% endif %}

select event_id
from final
