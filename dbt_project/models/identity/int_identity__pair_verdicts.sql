{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}

with
    decisions as (select * from {{ ref("int_identity__decisions") }}),

    person_records as (
        select record_key, source, record_id
        from {{ ref("int_identity__person_records") }}
    ),

    undone as (
        select distinct undone_decision_id as decision_id
        from decisions
        where verdict = 'undo' and undone_decision_id is not null
    ),

    -- An undo and what it takes back cancel out: what was decided before holds again.
    left_over as (
        select decisions.*
        from decisions
        left join undone on undone.decision_id = decisions.decision_id
        where
            undone.decision_id is null
            and not (
                decisions.verdict = 'undo' and decisions.undone_decision_id is not null
            )
    ),

    known as (
        select
            least(left_record.record_key, right_record.record_key) as left_record_key,
            greatest(
                left_record.record_key, right_record.record_key
            ) as right_record_key,
            left_over.decision_id,
            left_over.verdict,
            left_over.decided_by,
            left_over.decided_at,
            left_over.note,
            left_over.evidence,
            row_number() over (
                partition by
                    least(left_record.record_key, right_record.record_key),
                    greatest(left_record.record_key, right_record.record_key)
                order by left_over.decided_at desc, left_over.decision_id desc
            ) as newest
        from left_over
        inner join
            person_records as left_record
            on left_record.source = left_over.left_source
            and left_record.record_id = left_over.left_record_id
        inner join
            person_records as right_record
            on right_record.source = left_over.right_source
            and right_record.record_id = left_over.right_record_id
        where left_record.record_key <> right_record.record_key
    ),

    final as (
        select
            left_record_key,
            right_record_key,
            decision_id,
            verdict,
            decided_by,
            decided_at,
            note,
            evidence
        from known
        where newest = 1
    )

select *
from final
