with
    decisions as (select * from {{ ref("int_identity__decisions") }}),

    person_records as (select * from {{ ref("int_identity__person_records") }}),

    known as (
        select
            least(left_record.record_key, right_record.record_key) as left_record_key,
            greatest(
                left_record.record_key, right_record.record_key
            ) as right_record_key,
            decisions.verdict,
            decisions.decided_by,
            decisions.decided_at,
            row_number() over (
                partition by
                    least(left_record.record_key, right_record.record_key),
                    greatest(left_record.record_key, right_record.record_key)
                order by decisions.decided_at desc, decisions.decision_id desc
            ) as newest
        from decisions
        inner join
            person_records as left_record
            on left_record.source = decisions.left_source
            and left_record.record_id = decisions.left_record_id
        inner join
            person_records as right_record
            on right_record.source = decisions.right_source
            and right_record.record_id = decisions.right_record_id
        where
            decisions.verdict in ('same', 'different')
            and left_record.record_key <> right_record.record_key
    ),

    final as (
        select left_record_key, right_record_key, verdict, decided_by, decided_at
        from known
        where newest = 1
    )

select *
from final
