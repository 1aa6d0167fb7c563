with
    blocking_keys as (
        select block_key, record_key
        from {{ ref("int_identity__blocking_keys") }}
        where block_status <> 'over_full'
    ),

    final as (
        select distinct
            left_keys.record_key as left_record_key,
            right_keys.record_key as right_record_key
        from blocking_keys as left_keys
        inner join
            blocking_keys as right_keys
            on right_keys.block_key = left_keys.block_key
            and right_keys.record_key > left_keys.record_key
    )

select *
from final
