{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__regrouped_records') }})",
    )
}}
{%- set steps = var("identity_cut_steps", 10) -%}
{%- set regrouped = ref("int_identity__regrouped_records") -%}

-- A component that contradicts itself is put together anew, its strongest links first;
-- a link that would join a contradiction is left out.
with recursive
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
        select left_record_key, right_record_key, match_weight, reason
        from {{ ref("int_identity__links") }}
        where left_record_key in (select record_key from contested_records)
    ),

    decided_pairs as (select * from {{ ref("int_identity__decided_pairs") }}),

    weights as ({{ weights_in_a_row(ref("int_identity__weights")) }}),

    given_names as ({{ known_given_names() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    member_links as (
        select
            links.left_record_key,
            links.right_record_key,
            links.match_weight,
            members.component_key,
            dense_rank() over (
                partition by members.component_key order by links.match_weight desc
            ) as weight_rank
        from links
        inner join
            contested_records as members on members.record_key = links.left_record_key
    ),

    weight_ranks as (
        select component_key, max(weight_rank) as rank_count
        from member_links
        group by component_key
    ),

    -- Links of one weight are in one step. Where there are more weights than steps,
    -- neighbouring weights share one.
    steps as (
        select
            member_links.left_record_key,
            member_links.right_record_key,
            cast(
                case
                    when weight_ranks.rank_count <= {{ steps }}
                    then member_links.weight_rank
                    else
                        ceil(
                            member_links.weight_rank
                            * {{ steps }}.0
                            / weight_ranks.rank_count
                        )
                end as integer
            ) as step
        from member_links
        inner join
            weight_ranks on weight_ranks.component_key = member_links.component_key
    ),

    decided_links as (
        select left_record_key, right_record_key from links where reason = 'steward'
    ),

    {{ connected_components("decided_groups", "decided_links", rounds=8) }},

    -- What a steward joined is one group, whatever contradicts it.
    groups_0 as (
        select
            contested_records.record_key,
            coalesce(
                decided_groups.component_key, contested_records.record_key
            ) as group_key
        from contested_records
        left join
            decided_groups on decided_groups.record_key = contested_records.record_key
    ),

    last_step as (select max(step) as step from steps),

    -- One row a record and step. The engine plans a step once, however many there are.
    groups as (
        select record_key, group_key, 0 as step
        from groups_0
        union all
        select record_key, group_key, step
        from
            (
                with
                    before as (
                        select
                            groups.record_key, groups.group_key, groups.step + 1 as step
                        from groups
                        inner join last_step on groups.step < last_step.step
                    ),

                    -- Groups that the links of this step join, as if all of them
                    -- counted.
                    joins as (
                        select
                            left_group.group_key as left_record_key,
                            right_group.group_key as right_record_key
                        from steps
                        inner join
                            before as left_group
                            on left_group.record_key = steps.left_record_key
                            and left_group.step = steps.step
                        inner join
                            before as right_group
                            on right_group.record_key = steps.right_record_key
                        where left_group.group_key <> right_group.group_key
                    ),

                    {{ connected_components("joined", "joins", rounds=8) }},

                    tried as (
                        select before.record_key, joined.component_key as group_key
                        from before
                        inner join joined on joined.record_key = before.group_key
                    ),

                    {{ contradictions("contradictions", "tried") }}

                select
                    before.record_key,
                    case
                        when
                            tried.group_key is not null
                            and contradictions.group_key is null
                        then tried.group_key
                        else before.group_key
                    end as group_key,
                    before.step
                from before
                left join tried on tried.record_key = before.record_key
                left join contradictions on contradictions.group_key = tried.group_key
            ) as joined_groups
    ),

    contested_groups as (
        select groups.record_key, groups.group_key
        from groups
        inner join last_step on last_step.step = groups.step
    ),

    cuts as (
        select member_links.component_key, count(*) as cut_count
        from member_links
        inner join
            contested_groups as left_group
            on left_group.record_key = member_links.left_record_key
        inner join
            contested_groups as right_group
            on right_group.record_key = member_links.right_record_key
        where left_group.group_key <> right_group.group_key
        group by member_links.component_key
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
                contested_groups.group_key,
                components.component_key,
                all_records.record_key
            ) as cluster_key,
            coalesce(cuts.cut_count, 0) as cut_count
        from all_records
        left join components on components.record_key = all_records.record_key
        left join
            contested_groups on contested_groups.record_key = all_records.record_key
        left join cuts on cuts.component_key = components.component_key
    )

select *
from final
