{%- set customer_ids = ref("int_identity__customer_ids") -%}

with
    final as (
        select
            source,
            record_id,
            customer_id,
            minted_from_source,
            minted_from_record_id,
            false as is_deleted
        from {{ customer_ids }}
        where known_customer_id is null or known_customer_id <> customer_id
        union all
        select
            ledger.source,
            ledger.record_id,
            ledger.customer_id,
            ledger.minted_from_source,
            ledger.minted_from_record_id,
            true as is_deleted
        from {{ ref("stg_kesher__customer_ids") }} as ledger
        left join
            {{ customer_ids }} as customer_ids
            on customer_ids.record_key = ledger.record_key
        where customer_ids.record_key is null
    )

select *
from final
