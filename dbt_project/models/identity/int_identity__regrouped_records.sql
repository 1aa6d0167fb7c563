{%- set recompared = ref("int_identity__recompared_records") -%}
{%- set links = ref("int_identity__links") -%}
{%- set decided_pairs = ref("int_identity__decided_pairs") -%}
{%- set records = ref("int_identity__records") -%}

-- The records of every group that this build puts together anew, and those which are
-- gone.
with
    {% if identity_follows() %}
        {%- set clusters_before = identity_table("int_identity__clusters") %}
        links_now as (
            select left_record_key, right_record_key, match_weight
            from {{ links }}
            where
                {{ only_in(recompared, "left_record_key") }}
                or {{ only_in(recompared, "right_record_key") }}
        ),

        links_before as (
            select left_record_key, right_record_key, match_weight
            from {{ outdated_rows(links) }}
        ),

        changed_links as (
            select
                coalesce(
                    links_now.left_record_key, links_before.left_record_key
                ) as left_record_key,
                coalesce(
                    links_now.right_record_key, links_before.right_record_key
                ) as right_record_key,
                links_now.match_weight is null
                or links_before.match_weight is null as is_other_link
            from links_now
            full outer join
                links_before
                on links_before.left_record_key = links_now.left_record_key
                and links_before.right_record_key = links_now.right_record_key
            where links_now.match_weight is distinct from links_before.match_weight
        ),

        -- Where a steward joined records, it matters what the evidence alone joins.
        joined_by_stewards as (
            select left_record_key, right_record_key
            from {{ decided_pairs }}
            where verdict = 'same'
        ),

        joined_components as (
            select distinct clusters_before.component_key
            from joined_by_stewards
            inner join
                {{ clusters_before }} as clusters_before
                on clusters_before.record_key = joined_by_stewards.left_record_key
        ),

        -- Another weight of the same link only matters where links were cut or might
        -- be.
        starts as (
            select record_key
            from {{ recompared }}
            where is_changed
            union
            select left_record_key as record_key
            from changed_links
            where is_other_link
            union
            select right_record_key as record_key
            from changed_links
            where is_other_link
            union
            select clusters_before.record_key
            from changed_links
            inner join
                {{ clusters_before }} as clusters_before
                on clusters_before.record_key = changed_links.left_record_key
            where
                clusters_before.cut_count > 0
                or clusters_before.component_key
                in (select component_key from joined_components)
            union
            select left_record_key as record_key
            from joined_by_stewards
            where
                {{ only_in(recompared, "left_record_key") }}
                or {{ only_in(recompared, "right_record_key") }}
        ),

        touched_components as (
            select component_key
            from {{ clusters_before }}
            where record_key in (select record_key from starts)
        ),

        final as (
            select record_key
            from {{ clusters_before }}
            where component_key in (select component_key from touched_components)
            union
            select record_key
            from starts
        )
    {% else %} final as (select record_key from {{ records }} where false)
    {% endif %}

select record_key
from final
