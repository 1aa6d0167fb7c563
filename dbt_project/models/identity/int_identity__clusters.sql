{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__regrouped_records') }})",
    )
}}
{%- set cuts = var("identity_cut_weights", [5, 7, 9, 11, 13, 16, 20, 25, 32, 100]) -%}
{%- set regrouped = ref("int_identity__regrouped_records") -%}

with
    contested_records as (
        select record_key, component_key
        from {{ ref("int_identity__contested_records") }}
        where {{ only_in(regrouped) }}
    ),

    records as (
        select *
        from {{ ref("int_identity__records") }}
        where record_key in (select record_key from contested_records)
    ),

    links as (
        select left_record_key, right_record_key, match_weight
        from {{ ref("int_identity__links") }}
        where left_record_key in (select record_key from contested_records)
    ),

    decided_pairs as (select * from {{ ref("int_identity__decided_pairs") }}),

    weights as ({{ weights_in_a_row(ref("int_identity__weights")) }}),

    given_names as ({{ known_given_names() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    groups_0 as (
        select record_key, component_key as group_key, component_key
        from contested_records
    ),
    {% for cut in cuts %}
        {% set before = "groups_" ~ loop.index0 %}
        {% set broken = "contradictions_" ~ loop.index %}
        {% set stronger = "stronger_links_" ~ loop.index %}
        {% set parts = "parts_" ~ loop.index %}
        {{ contradictions(broken, before) }},

        {{ stronger }} as (
            select broken_links.left_record_key, broken_links.right_record_key
            from {{ broken }} as broken
            inner join
                {{ broken }}_links as broken_links
                on broken_links.group_key = broken.group_key
            inner join
                links
                on links.left_record_key = broken_links.left_record_key
                and links.right_record_key = broken_links.right_record_key
            where links.match_weight >= {{ cut }}
        ),

        {{ connected_components(parts, stronger, rounds=8) }},

        settled_{{ loop.index }} as (
            select
                before.record_key,
                before.group_key,
                before.component_key,
                {{ loop.index0 }} as cut_count
            from {{ before }} as before
            left join {{ broken }} as broken on broken.group_key = before.group_key
            where broken.group_key is null
        ),

        groups_{{ loop.index }} as (
            select
                before.record_key,
                coalesce(parts.component_key, before.record_key) as group_key,
                before.component_key
            from {{ before }} as before
            inner join {{ broken }} as broken on broken.group_key = before.group_key
            left join {{ parts }} as parts on parts.record_key = before.record_key
        ),
    {% endfor %}

    settled as (
        {% for cut in cuts %}
            select record_key, group_key, component_key, cut_count
            from settled_{{ loop.index }}
            union all
        {% endfor %}
        select record_key, group_key, component_key, {{ cuts | length }} as cut_count
        from groups_{{ cuts | length }}
    ),

    all_records as (
        select record_key
        from {{ ref("int_identity__records") }}
        where {{ only_in(regrouped) }}
    ),

    components as (
        select record_key, component_key
        from {{ ref("int_identity__components") }}
        where {{ only_in(regrouped) }}
    ),

    final as (
        select
            all_records.record_key,
            coalesce(components.component_key, all_records.record_key) as component_key,
            coalesce(
                settled.group_key, components.component_key, all_records.record_key
            ) as cluster_key,
            coalesce(settled.cut_count, 0) as cut_count
        from all_records
        left join components on components.record_key = all_records.record_key
        left join settled on settled.record_key = all_records.record_key
    )

select *
from final
