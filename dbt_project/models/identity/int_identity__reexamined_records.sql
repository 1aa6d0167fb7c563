{%- set recompared = ref("int_identity__recompared_records") -%}
{%- set regrouped = ref("int_identity__regrouped_records") -%}
{%- set pair_verdicts = ref("int_identity__pair_verdicts") -%}
{%- set clusters = ref("int_identity__clusters") -%}

-- The records of every cluster about which this build asks stewards anew, and those
-- which are gone.
with
    {% if identity_follows() %}
        clusters as (select record_key, cluster_key from {{ clusters }}),

        verdicts_now as (
            select left_record_key, right_record_key, verdict, evidence
            from {{ pair_verdicts }}
        ),

        verdicts_before as (
            select left_record_key, right_record_key, verdict, evidence
            from {{ outdated_rows(pair_verdicts) }}
        ),

        changed_verdicts as (
            (
                select *
                from verdicts_now
                except
                select *
                from verdicts_before
            )
            union all
            (
                select *
                from verdicts_before
                except
                select *
                from verdicts_now
            )
        ),

        starts as (
            select record_key
            from {{ recompared }}
            union
            select record_key
            from {{ regrouped }}
            union
            select left_record_key as record_key
            from changed_verdicts
            union
            select right_record_key as record_key
            from changed_verdicts
        ),

        started_clusters as (
            select cluster_key
            from clusters
            where record_key in (select record_key from starts)
        ),

        -- A cluster that is not what it was is regrouped as a whole: its records are
        -- those of before, too.
        final as (
            select record_key
            from clusters
            where cluster_key in (select cluster_key from started_clusters)
            union
            select record_key
            from starts
        )
    {% else %} final as (select record_key from {{ clusters }} where false)
    {% endif %}

select record_key
from final
