{%- set household_pairs = ref("int_identity__household_pairs") -%}

-- The customers whose household this build makes anew: those whose pairs are others,
-- and all to whom pairs lead from them. A household that falls apart leaves nobody
-- out: each part of it has somebody who has lost a pair.
with recursive
    {% if identity_follows() %}
        pairs as (
            select
                left_customer_id, right_customer_id, left_cluster_key, right_cluster_key
            from {{ household_pairs }}
        ),

        changed_pairs as (
            select
                left_customer_id, right_customer_id, left_cluster_key, right_cluster_key
            from {{ made_rows(household_pairs) }}
            union all
            select
                left_customer_id, right_customer_id, left_cluster_key, right_cluster_key
            from {{ outdated_rows(household_pairs) }}
        ),

        changed_members as (
            select left_customer_id as customer_id, left_cluster_key as cluster_key
            from changed_pairs
            union
            select right_customer_id as customer_id, right_cluster_key as cluster_key
            from changed_pairs
        ),

        neighbours as (
            select left_cluster_key as cluster_key, right_cluster_key as neighbour_key
            from pairs
            union all
            select right_cluster_key as cluster_key, left_cluster_key as neighbour_key
            from pairs
        ),

        reached as (
            select cluster_key
            from changed_members
            union
            select neighbours.neighbour_key
            from reached
            inner join neighbours on neighbours.cluster_key = reached.cluster_key
        ),

        final as (
            select customer_id, cluster_key
            from changed_members
            union
            select left_customer_id, left_cluster_key
            from pairs
            where {{ only_in("reached", "left_cluster_key", "cluster_key") }}
            union
            select right_customer_id, right_cluster_key
            from pairs
            where {{ only_in("reached", "right_cluster_key", "cluster_key") }}
        )
    {% else %}
        final as (
            select left_customer_id as customer_id, left_cluster_key as cluster_key
            from {{ household_pairs }}
            where false
        )
    {% endif %}

select customer_id, cluster_key
from final
