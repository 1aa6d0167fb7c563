with
    customer_ids as (select * from {{ ref("int_identity__customer_ids") }}),

    ledger as (select * from {{ ref("stg_kesher__customer_ids") }}),

    final as (
        select
            source,
            record_id,
            customer_id,
            minted_from_source,
            minted_from_record_id,
            false as is_deleted
        from customer_ids
        where known_customer_id is null or known_customer_id <> customer_id
        union all
        select
            ledger.source,
            ledger.record_id,
            ledger.customer_id,
            ledger.minted_from_source,
            ledger.minted_from_record_id,
            true as is_deleted
        from ledger
        left join
            customer_ids
            on customer_ids.source = ledger.source
            and customer_ids.record_id = ledger.record_id
        where customer_ids.record_id is null
    )

select *
from final
