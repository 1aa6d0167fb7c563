{%- set cuts = var("identity_cut_weights", [8, 13, 18, 100]) -%}

with
    records as (select * from {{ ref("int_identity__records") }}),

    decided_pairs as (select * from {{ ref("int_identity__decided_pairs") }}),

    links as (select * from {{ ref("int_identity__links") }}),

    components as (select * from {{ ref("int_identity__components") }}),

    groups_0 as (
        select record_key, component_key as group_key, 0 as cut_count from components
    ),
    {% for cut in cuts %}
        {% set before = "groups_" ~ loop.index0 %}
        {% set broken = "contradictions_" ~ loop.index %}
        {% set stronger = "stronger_links_" ~ loop.index %}
        {% set parts = "parts_" ~ loop.index %}
        {{ contradictions(broken, before) }},

        {{ stronger }} as (
            select links.left_record_key, links.right_record_key
            from {{ broken }} as broken
            inner join
                {{ before }} as left_group on left_group.group_key = broken.group_key
            inner join links on links.left_record_key = left_group.record_key
            inner join
                {{ before }} as right_group
                on right_group.record_key = links.right_record_key
                and right_group.group_key = broken.group_key
            where links.match_weight >= {{ cut }}
        ),

        {{ connected_components(parts, stronger, rounds=8) }},

        groups_{{ loop.index }} as (
            select
                before.record_key,
                case
                    when broken.group_key is null
                    then before.group_key
                    else coalesce(parts.component_key, before.record_key)
                end as group_key,
                case
                    when broken.group_key is null
                    then before.cut_count
                    else {{ loop.index }}
                end as cut_count
            from {{ before }} as before
            left join {{ broken }} as broken on broken.group_key = before.group_key
            left join {{ parts }} as parts on parts.record_key = before.record_key
        ),
    {% endfor %}

    final as (
        select
            records.record_key,
            coalesce(groups.group_key, records.record_key) as cluster_key,
            coalesce(groups.cut_count, 0) as cut_count
        from records
        left join
            groups_{{ cuts | length }} as groups
            on groups.record_key = records.record_key
    )

select *
from final
