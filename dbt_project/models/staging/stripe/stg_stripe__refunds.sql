{{ config(unique_key="refund_id") }}

with
    records
    as {{
        lake_records(
            "stripe",
            "refunds",
            primary_key=["id"],
            fields={
                "id": "text",
                "charge": "text",
                "payment_intent": "text",
                "status": "text",
                "currency": "text",
                "amount": "bigint",
                "reason": "text",
                "failure_reason": "text",
                "created": "epoch_seconds",
                "metadata": "json",
            },
        )
    }},

    final as (
        select
            id as refund_id,
            charge as charge_id,
            payment_intent as payment_intent_id,
            status,
            currency,
            amount as amount_minor,
            reason,
            failure_reason,
            created as created_at,
            metadata as metadata_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
