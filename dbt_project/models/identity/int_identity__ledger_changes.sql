{%- set marks = ref("int_identity__ledger_marks") -%}
{%- set ledger = ref("stg_kesher__customer_ids") -%}

-- The records whose row in the ledger came, changed or went since the last build.
with
    {% if identity_follows() %}
        ledger_now as (
            select record_key, customer_id
            from {{ ledger }}
            where {{ is_read_anew(marks, "customer_ids") }}
        ),

        known as (
            select record_key, known_customer_id as customer_id
            from {{ identity_table("int_identity__customer_ids") }}
            where
                known_customer_id is not null
                and {{ is_read_anew(marks, "customer_ids") }}
            union all
            -- Whose record is gone.
            select record_key, customer_id
            from {{ identity_table("int_identity__customer_id_changes") }}
            where is_deleted and {{ is_read_anew(marks, "customer_ids") }}
        ),

        final as (
            select record_key
            from {{ ledger }}
            where {{ came_since(marks, "customer_ids") }}
            union
            select {{ record_key() }} as record_key
            from {{ deletions_table(ledger) }}
            where {{ came_since(marks, "customer_ids") }}
            union
            select coalesce(ledger_now.record_key, known.record_key) as record_key
            from ledger_now
            full outer join known on known.record_key = ledger_now.record_key
            where known.customer_id is distinct from ledger_now.customer_id
        )
    {% else %} final as (select record_key from {{ ledger }} where false)
    {% endif %}

select record_key
from final
