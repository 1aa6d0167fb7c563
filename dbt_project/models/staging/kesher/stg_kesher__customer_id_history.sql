{{ config(unique_key="event_id") }}

with
    records
    as {{
        lake_records(
            "kesher",
            "customer_id_history",
            primary_key=["event_id"],
            fields={
                "event_id": "text",
                "happened_at": "timestamp",
                "event": "text",
                "customer_id": "text",
                "other_customer_id": "text",
                "source": "text",
                "record_id": "text",
                "record_count": "bigint",
                "reason": "text",
            },
        )
    }},

    final as (
        select
            event_id,
            happened_at,
            event,
            customer_id,
            other_customer_id,
            source,
            record_id,
            {{ record_key() }} as record_key,
            record_count,
            reason,
            {{ lake_columns() }}
        from records
    )

select *
from final
