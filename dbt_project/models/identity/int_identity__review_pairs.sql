{{
    config(
        materialized="followed",
        outdated=(
            "left_record_key in (select record_key from {{ ref('int_identity__reexamined_records') }})"
            ~ " or right_record_key in (select record_key from {{ ref('int_identity__reexamined_records') }})"
        ),
    )
}}
{%- set reexamined = ref("int_identity__reexamined_records") -%}
{%- set comparisons = comparison_names() -%}
{%- set least_weight = var("identity_review_least_weight", -3.17) -%}

with
    pair_scores as (
        select
            left_record_key, right_record_key, match_weight, has_evidence_beyond_names
        from {{ ref("int_identity__pair_scores") }}
        where
            match_weight >= {{ least_weight }}
            and (
                {{ only_in(reexamined, "left_record_key") }}
                or {{ only_in(reexamined, "right_record_key") }}
            )
    ),

    pair_verdicts as (select * from {{ ref("int_identity__pair_verdicts") }}),

    {% if identity_follows() %}
        asked_records as (
            select left_record_key as record_key
            from pair_scores
            union
            select right_record_key as record_key
            from pair_scores
            union
            select left_record_key as record_key
            from pair_verdicts
            union
            select right_record_key as record_key
            from pair_verdicts
        ),

    {% endif %}
    clusters as (
        select record_key, cluster_key
        from {{ ref("int_identity__clusters") }}
        where {{ only_in("asked_records") }}
    ),

    -- What was decided about one pair of records is decided about their clusters.
    cluster_verdicts as (
        select
            pair_verdicts.left_record_key,
            pair_verdicts.right_record_key,
            least(
                left_cluster.cluster_key, right_cluster.cluster_key
            ) as low_cluster_key,
            greatest(
                left_cluster.cluster_key, right_cluster.cluster_key
            ) as high_cluster_key,
            pair_verdicts.verdict,
            pair_verdicts.evidence
        from pair_verdicts
        inner join
            clusters as left_cluster
            on left_cluster.record_key = pair_verdicts.left_record_key
        inner join
            clusters as right_cluster
            on right_cluster.record_key = pair_verdicts.right_record_key
    ),

    decided_clusters as (
        select distinct low_cluster_key, high_cluster_key
        from cluster_verdicts
        where verdict in ('same', 'different') and low_cluster_key <> high_cluster_key
    ),

    -- Two clusters that may be one: their strongest pair of records.
    near as (
        select
            pair_scores.left_record_key,
            pair_scores.right_record_key,
            least(
                left_cluster.cluster_key, right_cluster.cluster_key
            ) as low_cluster_key,
            greatest(
                left_cluster.cluster_key, right_cluster.cluster_key
            ) as high_cluster_key,
            pair_scores.match_weight,
            pair_scores.has_evidence_beyond_names
        from pair_scores
        inner join
            clusters as left_cluster
            on left_cluster.record_key = pair_scores.left_record_key
        inner join
            clusters as right_cluster
            on right_cluster.record_key = pair_scores.right_record_key
        where left_cluster.cluster_key <> right_cluster.cluster_key
    ),

    ranked_near as (
        select
            *,
            count(*) over (
                partition by low_cluster_key, high_cluster_key
            ) as pair_count,
            row_number() over (
                partition by low_cluster_key, high_cluster_key
                order by match_weight desc, left_record_key, right_record_key
            ) as strength_rank
        from near
    ),

    apart as (
        select
            ranked_near.left_record_key,
            ranked_near.right_record_key,
            ranked_near.low_cluster_key,
            ranked_near.high_cluster_key,
            case
                when ranked_near.match_weight < {{ var("identity_link_weight", 3) }}
                then 'near'
                when ranked_near.has_evidence_beyond_names
                then 'cut'
                else 'names_only'
            end as reason,
            ranked_near.pair_count
        from ranked_near
        left join
            decided_clusters
            on decided_clusters.low_cluster_key = ranked_near.low_cluster_key
            and decided_clusters.high_cluster_key = ranked_near.high_cluster_key
        where ranked_near.strength_rank = 1 and decided_clusters.low_cluster_key is null
    ),

    doubtful_links as (
        select *
        from {{ ref("int_identity__doubtful_links") }}
        where {{ only_in(reexamined, "left_record_key") }}
    ),

    weak_links as (
        select left_record_key, right_record_key, cluster_key, match_weight
        from doubtful_links
        where is_weak
    ),

    strong_links as (
        select left_record_key, right_record_key from doubtful_links where not is_weak
    ),

    {{ connected_components("parts", "strong_links", rounds=8) }},

    -- Weak links without which the cluster would fall into parts.
    holding_links as (
        select
            weak_links.left_record_key,
            weak_links.right_record_key,
            weak_links.cluster_key,
            weak_links.match_weight,
            least(
                coalesce(left_part.component_key, weak_links.left_record_key),
                coalesce(right_part.component_key, weak_links.right_record_key)
            ) as low_part_key,
            greatest(
                coalesce(left_part.component_key, weak_links.left_record_key),
                coalesce(right_part.component_key, weak_links.right_record_key)
            ) as high_part_key
        from weak_links
        left join
            parts as left_part on left_part.record_key = weak_links.left_record_key
        left join
            parts as right_part on right_part.record_key = weak_links.right_record_key
        where
            coalesce(left_part.component_key, weak_links.left_record_key)
            <> coalesce(right_part.component_key, weak_links.right_record_key)
    ),

    -- Several weak links between two parts hold as the strongest of them does.
    ranked_holding as (
        select
            *,
            count(*) over (
                partition by cluster_key, low_part_key, high_part_key
            ) as pair_count,
            row_number() over (
                partition by cluster_key, low_part_key, high_part_key
                order by match_weight desc, left_record_key, right_record_key
            ) as strength_rank
        from holding_links
    ),

    candidates as (
        select
            left_record_key,
            right_record_key,
            low_cluster_key,
            high_cluster_key,
            reason,
            pair_count
        from apart
        union all
        select
            left_record_key,
            right_record_key,
            cluster_key as low_cluster_key,
            cluster_key as high_cluster_key,
            'weak' as reason,
            pair_count
        from ranked_holding
        where strength_rank = 1
    ),

    -- Only now, of the few that are left, how they compare.
    scored as (
        select *
        from {{ ref("int_identity__pair_scores") }}
        where
            match_weight >= {{ least_weight }}
            and left_record_key in (select left_record_key from candidates)
    ),

    compared as (
        select
            candidates.low_cluster_key,
            candidates.high_cluster_key,
            candidates.reason,
            candidates.pair_count,
            {{ evidence_key("scored", comparisons) }} as evidence,
            scored.*
        from candidates
        inner join
            scored
            on scored.left_record_key = candidates.left_record_key
            and scored.right_record_key = candidates.right_record_key
    ),

    skipped_clusters as (
        select distinct low_cluster_key, high_cluster_key, evidence
        from cluster_verdicts
        where verdict = 'skip' and low_cluster_key <> high_cluster_key
    ),

    skipped_pairs as (
        select distinct left_record_key, right_record_key, evidence
        from cluster_verdicts
        where verdict = 'skip' and low_cluster_key = high_cluster_key
    ),

    -- A skipped pair stays away until the two compare differently.
    not_skipped as (
        select compared.*
        from compared
        where
            not exists (
                select 1
                from skipped_clusters
                where
                    skipped_clusters.low_cluster_key = compared.low_cluster_key
                    and skipped_clusters.high_cluster_key = compared.high_cluster_key
                    and coalesce(skipped_clusters.evidence, compared.evidence)
                    = compared.evidence
            )
            and not exists (
                select 1
                from skipped_pairs
                where
                    skipped_pairs.left_record_key = compared.left_record_key
                    and skipped_pairs.right_record_key = compared.right_record_key
                    and coalesce(skipped_pairs.evidence, compared.evidence)
                    = compared.evidence
            )
    ),

    -- One question about a customer at a time: its weakest hold.
    ranked as (
        select
            *,
            row_number() over (
                partition by low_cluster_key, high_cluster_key
                order by match_weight, left_record_key, right_record_key
            ) as question_rank
        from not_skipped
    ),

    final as (
        select
            left_record_key,
            right_record_key,
            reason,
            pair_count,
            evidence,
            match_weight,
            prior_weight,
            {% for comparison in comparisons %}
                {{ comparison }}_level, {{ comparison }}_weight,
            {% endfor %}
            name_frequency_weight,
            dependence_weight
        from ranked
        where question_rank = 1
    )

select *
from final
