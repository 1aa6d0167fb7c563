{%- set changed = ref("int_identity__changed_records") -%}
{%- set regrouped = ref("int_identity__regrouped_records") -%}
{%- set clusters = ref("int_identity__clusters") -%}
{%- set ledger = ref("stg_kesher__customer_ids") -%}
{%- set ledger_changes = ref("int_identity__ledger_changes") -%}
{%- set history_changes = ref("int_identity__history_changes") -%}

-- The records whose customer id this build looks for anew, and those which are gone.
-- What id a cluster gets is decided by the ids which the ledger has for its records,
-- and by where else these are.
with
    {% if identity_follows() %}
        {% set before = identity_table("int_identity__customer_ids") %}
        -- Of what was published in between the ids are known by now, or other ones.
        starts as (
            select record_key
            from {{ changed }}
            union
            select record_key
            from {{ regrouped }}
            union
            select record_key
            from {{ ledger_changes }}
            union
            select record_key
            from {{ before }}
            where is_minted
        ),

        started_clusters as (
            select cluster_key
            from {{ clusters }}
            where record_key in (select record_key from starts)
            union
            select cluster_key
            from {{ before }}
            where record_key in (select record_key from starts)
        ),

        -- A record that is new or has another id now is one of the starts.
        started_ids as (
            select known_customer_id as customer_id
            from {{ before }}
            where
                cluster_key in (select cluster_key from started_clusters)
                and known_customer_id is not null
            union
            select customer_id
            from {{ ledger }}
            where record_key in (select record_key from starts)
            union
            -- When an id was minted decides which one stays.
            select customer_id
            from {{ history_changes }}
            where customer_id is not null
        ),

        holders as (
            select record_key
            from {{ before }}
            where known_customer_id in (select customer_id from started_ids)
        ),

        final_clusters as (
            select cluster_key
            from started_clusters
            union
            select cluster_key
            from {{ clusters }}
            where record_key in (select record_key from holders)
        ),

        final as (
            select record_key
            from {{ clusters }}
            where cluster_key in (select cluster_key from final_clusters)
            union
            select record_key
            from {{ before }}
            where cluster_key in (select cluster_key from final_clusters)
            union
            select record_key
            from starts
        )
    {% else %} final as (select record_key from {{ clusters }} where false)
    {% endif %}

select record_key
from final
