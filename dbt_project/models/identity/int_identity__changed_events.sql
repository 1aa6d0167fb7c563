{%- set history_changes = ref("int_identity__history_changes") -%}
{%- set events = ref("int_identity__customer_id_events") -%}

-- The events that were not published when the last build saw them, or are not now.
with
    {% if identity_follows() %}
        final as (
            select event_id
            from {{ history_changes }}
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
