{{
    config(
        materialized="followed",
        outdated="left_record_key in (select record_key from {{ ref('int_identity__reexamined_records') }})",
    )
}}
{%- set comparisons = comparison_names() -%}
{%- set reexamined = ref("int_identity__reexamined_records") -%}

with
    -- The links of a cluster are told anew together.
    links as (
        select *
        from {{ ref("int_identity__links") }}
        where {{ only_in(reexamined, "left_record_key") }}
    ),

    clusters as (
        select record_key, cluster_key
        from {{ ref("int_identity__clusters") }}
        where {{ only_in(reexamined) }}
    ),

    pair_scores as (
        select *
        from {{ ref("int_identity__pair_scores") }}
        where {{ only_in(reexamined, "left_record_key") }}
    ),

    decided_pairs as (select * from {{ ref("int_identity__decided_pairs") }}),

    weights as (select * from {{ ref("int_identity__weights") }}),

    scored as (
        select
            links.left_record_key,
            links.right_record_key,
            left_cluster.cluster_key,
            links.match_weight,
            links.reason,
            decided_pairs.decided_by,
            {% for comparison in comparisons %}
                pair_scores.{{ comparison }}_level,
            {% endfor %}
            {% for comparison in comparisons %}
                coalesce(
                    pair_scores.{{ comparison }}_weight, 0
                ) as {{ comparison }}_weight,
            {% endfor %}
            coalesce(pair_scores.prior_weight, 0) as prior_weight,
            coalesce(pair_scores.name_frequency_weight, 0) as name_frequency_weight,
            coalesce(pair_scores.dependence_weight, 0) as dependence_weight
        from links
        inner join
            clusters as left_cluster on left_cluster.record_key = links.left_record_key
        inner join
            clusters as right_cluster
            on right_cluster.record_key = links.right_record_key
            and right_cluster.cluster_key = left_cluster.cluster_key
        left join
            pair_scores
            on pair_scores.left_record_key = links.left_record_key
            and pair_scores.right_record_key = links.right_record_key
        left join
            decided_pairs
            on decided_pairs.left_record_key = links.left_record_key
            and decided_pairs.right_record_key = links.right_record_key
    ),

    final as (
        select
            scored.left_record_key,
            scored.right_record_key,
            scored.cluster_key,
            scored.match_weight,
            {{ match_probability("scored.match_weight") }} as match_probability,
            case
                when scored.reason = 'steward'
                then concat('decided by ', coalesce(scored.decided_by, 'a steward'))
                else
                    concat_ws(
                        '; ',
                        {% for comparison in comparisons %}
                            case
                                when
                                    scored.{{ comparison }}_weight > 0
                                    or scored.{{ comparison }}_level = 'swapped'
                                then {{ comparison }}_words.words
                            end {{ "," if not loop.last }}
                        {% endfor %}
                    )
            end as explanation,
            case
                when scored.reason <> 'steward'
                then
                    nullif(
                        concat_ws(
                            '; ',
                            {% for comparison in comparisons %}
                                case
                                    when scored.{{ comparison }}_weight < 0
                                    then {{ comparison }}_words.words
                                end {{ "," if not loop.last }}
                            {% endfor %}
                        ),
                        ''
                    )
            end as evidence_against,
            scored.prior_weight,
            {% for comparison in comparisons %}
                scored.{{ comparison }}_weight,
            {% endfor %}
            scored.name_frequency_weight,
            scored.dependence_weight
        from scored
        {% for comparison in comparisons %}
            left join
                weights as {{ comparison }}_words
                on {{ comparison }}_words.comparison = '{{ comparison }}'
                and {{ comparison }}_words.level = scored.{{ comparison }}_level
        {% endfor %}
    )

select *
from final
