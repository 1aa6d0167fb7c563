{{ config(unique_key=["source", "record_id"]) }}

with
    records
    as {{
        lake_records(
            "kesher",
            "customer_ids",
            primary_key=["source", "record_id"],
            fields={
                "source": "text",
                "record_id": "text",
                "customer_id": "text",
                "minted_from_source": "text",
                "minted_from_record_id": "text",
            },
        )
    }},

    final as (
        select
            {{ record_key() }} as record_key,
            source,
            record_id,
            customer_id,
            minted_from_source,
            minted_from_record_id,
            {{ record_key("minted_from_source", "minted_from_record_id") }}
            as minted_from_key,
            {{ lake_columns() }}
        from records
    )

select *
from final
