{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__reassigned_records') }})",
    )
}}
{%- set reassigned = ref("int_identity__reassigned_records") -%}

with
    customer_ids as (
        select *
        from {{ made_rows(ref("int_identity__customer_ids")) }}
        where {{ only_in(reassigned) }}
    ),

    ledger as (
        select *
        from {{ ref("stg_kesher__customer_ids") }}
        where {{ only_in(reassigned) }}
    ),

    final as (
        select
            record_key,
            source,
            record_id,
            customer_id,
            minted_from_source,
            minted_from_record_id,
            false as is_deleted
        from customer_ids
        where not is_published
        union all
        select
            ledger.record_key,
            ledger.source,
            ledger.record_id,
            ledger.customer_id,
            ledger.minted_from_source,
            ledger.minted_from_record_id,
            true as is_deleted
        from ledger
        left join customer_ids on customer_ids.record_key = ledger.record_key
        where customer_ids.record_key is null
    )

select *
from final
