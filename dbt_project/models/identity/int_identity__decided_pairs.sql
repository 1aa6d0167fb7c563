{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}

with
    pair_verdicts as (select * from {{ ref("int_identity__pair_verdicts") }}),

    final as (
        select
            left_record_key,
            right_record_key,
            decision_id,
            verdict,
            decided_by,
            decided_at,
            note
        from pair_verdicts
        where verdict in ('same', 'different')
    )

select *
from final
