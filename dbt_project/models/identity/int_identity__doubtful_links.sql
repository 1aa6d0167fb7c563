{{
    config(
        materialized="followed",
        outdated="left_record_key in (select record_key from {{ ref('int_identity__reexamined_records') }})",
    )
}}
{%- set reexamined = ref("int_identity__reexamined_records") -%}

with
    links as (
        select left_record_key, right_record_key, match_weight
        from {{ ref("int_identity__links") }}
        where {{ only_in(reexamined, "left_record_key") }}
    ),

    clusters as (
        select record_key, cluster_key
        from {{ ref("int_identity__clusters") }}
        where {{ only_in(reexamined) }}
    ),

    weak_links as (
        select links.left_record_key, left_cluster.cluster_key
        from links
        inner join
            clusters as left_cluster on left_cluster.record_key = links.left_record_key
        inner join
            clusters as right_cluster
            on right_cluster.record_key = links.right_record_key
            and right_cluster.cluster_key = left_cluster.cluster_key
        where links.match_weight < {{ var("identity_review_weak_link_weight", 6) }}
    ),

    members as (
        select clusters.record_key, clusters.cluster_key
        from clusters
        where clusters.cluster_key in (select weak_links.cluster_key from weak_links)
    ),

    final as (
        select
            links.left_record_key,
            links.right_record_key,
            left_member.cluster_key,
            links.match_weight,
            links.match_weight
            < {{ var("identity_review_weak_link_weight", 6) }} as is_weak
        from links
        inner join
            members as left_member on left_member.record_key = links.left_record_key
        inner join
            members as right_member
            on right_member.record_key = links.right_record_key
            and right_member.cluster_key = left_member.cluster_key
    )

select *
from final
