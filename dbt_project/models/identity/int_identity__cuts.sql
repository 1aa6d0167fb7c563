{{
    config(
        materialized="followed",
        outdated="left_record_key in (select record_key from {{ ref('int_identity__regrouped_records') }})",
    )
}}
{%- set regrouped = ref("int_identity__regrouped_records") -%}

-- Links that do not count, because what they join cannot be one customer.
with
    links as (
        select *
        from {{ ref("int_identity__links") }}
        where {{ only_in(regrouped, "left_record_key") }}
    ),

    cut_clusters as (
        select record_key, cluster_key, cut_count
        from {{ ref("int_identity__clusters") }}
        where cut_count > 0 and {{ only_in(regrouped) }}
    ),

    final as (
        select
            links.left_record_key,
            links.right_record_key,
            left_cluster.cluster_key as left_cluster_key,
            right_cluster.cluster_key as right_cluster_key,
            links.match_weight,
            greatest(left_cluster.cut_count, right_cluster.cut_count) as cut_count
        from links
        inner join
            cut_clusters as left_cluster
            on left_cluster.record_key = links.left_record_key
        inner join
            cut_clusters as right_cluster
            on right_cluster.record_key = links.right_record_key
        where left_cluster.cluster_key <> right_cluster.cluster_key
    )

select *
from final
