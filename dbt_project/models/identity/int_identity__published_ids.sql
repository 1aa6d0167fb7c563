{%- set marks = ref("int_identity__ledger_marks") -%}
{%- set ledger = ref("stg_kesher__customer_ids") -%}

-- The records whose row in the ledger came or went since the last build.
with
    {% if identity_follows() %}
        final as (
            select record_key
            from {{ ledger }}
            where {{ came_since(marks, "customer_ids") }}
            union
            select {{ record_key() }} as record_key
            from {{ deletions_table(ledger) }}
            where {{ came_since(marks, "customer_ids") }}
            union
            select record_key
            from {{ identity_table("int_identity__customer_ids") }}
            where
                known_customer_id is not null
                and {{ is_read_anew(marks, "customer_ids") }}
        )
    {% else %} final as (select record_key from {{ ledger }} where false)
    {% endif %}

select record_key
from final
