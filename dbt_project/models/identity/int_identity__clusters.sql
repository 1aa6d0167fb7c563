{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__regrouped_records') }})",
    )
}}
{%- set steps = var("identity_cut_steps", 10) -%}
{%- set regrouped = ref("int_identity__regrouped_records") -%}

-- A component that contradicts itself is put together anew, its strongest links first;
-- a link that would join a contradiction is left out. That is done by the evidence
-- alone; what it makes one customer then stays so, and stewards join more.
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

    contested_links as (
        select left_record_key, right_record_key, match_weight, reason
        from {{ ref("int_identity__links") }}
        where left_record_key in (select record_key from contested_records)
    ),

    decided_links as (
        select left_record_key, right_record_key
        from contested_links
        where reason = 'steward'
    ),

    -- What would be linked if the stewards had said nothing.
    links as (
        select left_record_key, right_record_key, match_weight
        from contested_links
        where reason is distinct from 'steward'
        union all
        select
            pair_scores.left_record_key,
            pair_scores.right_record_key,
            pair_scores.match_weight
        from {{ ref("int_identity__pair_scores") }} as pair_scores
        inner join
            decided_links
            on decided_links.left_record_key = pair_scores.left_record_key
            and decided_links.right_record_key = pair_scores.right_record_key
        where
            pair_scores.has_evidence_beyond_names
            and pair_scores.match_weight >= {{ var("identity_link_weight", 3) }}
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
            member_links.component_key,
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

    single_records as (
        select record_key, record_key as group_key from contested_records
    ),

    {{
        grouped_by_steps(
            "groups_of_evidence",
            "single_records",
            "steps",
            contradictions("contradictions", "tried"),
        )
    }},

    {{ connected_components("decided_groups", "decided_links", rounds=8) }},

    decided_components as (
        select distinct contested_records.component_key
        from decided_groups
        inner join
            contested_records
            on contested_records.record_key = decided_groups.record_key
    ),

    -- What a steward joined is one group, whatever contradicts it.
    groups_of_stewards as (
        select
            contested_records.record_key,
            coalesce(
                decided_groups.component_key, contested_records.record_key
            ) as group_key
        from contested_records
        inner join
            decided_components
            on decided_components.component_key = contested_records.component_key
        left join
            decided_groups on decided_groups.record_key = contested_records.record_key
    ),

    -- To it comes all that is one customer by the evidence: the steward has seen what
    -- contradicts. Only what stewards kept apart is not joined.
    kept_steps as (
        select steps.left_record_key, steps.right_record_key, steps.step
        from steps
        inner join
            decided_components on decided_components.component_key = steps.component_key
        inner join
            groups_of_evidence as left_group
            on left_group.record_key = steps.left_record_key
        inner join
            groups_of_evidence as right_group
            on right_group.record_key = steps.right_record_key
            and right_group.group_key = left_group.group_key
    ),

    kept_apart as (
        select decided_pairs.left_record_key, decided_pairs.right_record_key
        from decided_pairs
        inner join
            groups_of_stewards as left_group
            on left_group.record_key = decided_pairs.left_record_key
        inner join
            groups_of_stewards as right_group
            on right_group.record_key = decided_pairs.right_record_key
        where
            decided_pairs.verdict = 'different'
            and left_group.group_key <> right_group.group_key
    ),

    {{
        grouped_by_steps(
            "groups_of_both",
            "groups_of_stewards",
            "kept_steps",
            groups_kept_apart("contradictions", "tried", "kept_apart"),
        )
    }},

    contested_groups as (
        select
            groups_of_evidence.record_key,
            coalesce(
                groups_of_both.group_key, groups_of_evidence.group_key
            ) as group_key
        from groups_of_evidence
        left join
            groups_of_both on groups_of_both.record_key = groups_of_evidence.record_key
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
