{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="left_record_key in (select record_key from {{ ref('int_identity__recompared_records') }}) or right_record_key in (select record_key from {{ ref('int_identity__recompared_records') }})",
    )
}}
{%- set recompared = ref("int_identity__recompared_records") -%}

with
    pair_scores as (
        select *
        from {{ ref("int_identity__pair_scores") }}
        where
            {{ only_in(recompared, "left_record_key") }}
            or {{ only_in(recompared, "right_record_key") }}
    ),

    decided_pairs as (
        select *
        from {{ ref("int_identity__decided_pairs") }}
        where
            {{ only_in(recompared, "left_record_key") }}
            or {{ only_in(recompared, "right_record_key") }}
    ),

    found as (
        select
            pair_scores.left_record_key,
            pair_scores.right_record_key,
            pair_scores.match_weight,
            'found' as reason
        from pair_scores
        left join
            decided_pairs
            on decided_pairs.left_record_key = pair_scores.left_record_key
            and decided_pairs.right_record_key = pair_scores.right_record_key
        where
            decided_pairs.verdict is null
            and pair_scores.has_evidence_beyond_names
            and pair_scores.match_weight >= {{ var("identity_link_weight", 3) }}
    ),

    decided as (
        select
            decided_pairs.left_record_key,
            decided_pairs.right_record_key,
            {{ steward_weight() }} as match_weight,
            'steward' as reason
        from decided_pairs
        where decided_pairs.verdict = 'same'
    ),

    final as (
        select left_record_key, right_record_key, match_weight, reason
        from found
        union all
        select left_record_key, right_record_key, match_weight, reason
        from decided
    )

select *
from final
