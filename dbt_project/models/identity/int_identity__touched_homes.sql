{%- set touched = ref("int_identity__touched_customers") -%}
{%- set recompared = ref("int_identity__recompared_records") -%}
{%- set homes = ref("int_identity__homes") -%}
{%- set customer_ids = ref("int_identity__customer_ids") -%}
{%- set told = [
    "cluster_key",
    "house_key",
    "door_key",
    "is_crowded",
    "is_workplace",
] -%}

-- The customers whose household pairs this build makes anew, and those who live
-- nowhere any more.
with
    {% if identity_follows() %}
        homes_now as (
            select customer_id, {{ row_digest(told) }} as digest
            from {{ made_rows(homes) }}
        ),

        homes_before as (
            select customer_id, {{ row_digest(told) }} as digest
            from {{ outdated_rows(homes) }}
        ),

        final as (
            select
                coalesce(homes_now.customer_id, homes_before.customer_id) as customer_id
            from homes_now
            full outer join
                homes_before on homes_before.customer_id = homes_now.customer_id
            where homes_before.digest is distinct from homes_now.digest
            union
            select customer_id
            from {{ touched }}
            where has_other_values
            union
            select customer_id
            from {{ customer_ids }}
            where
                record_key
                in (select record_key from {{ recompared }} where has_other_identifiers)
        )
    {% else %} final as (select customer_id from {{ touched }} where false)
    {% endif %}

select customer_id
from final
