{{ config(unique_key="charge_id") }}

with
    records
    as {{
        lake_records(
            "stripe",
            "charges",
            primary_key=["id"],
            fields={
                "id": "text",
                "customer": "text",
                "status": "text",
                "currency": "text",
                "amount": "bigint",
                "amount_refunded": "bigint",
                "invoice": "text",
                "payment_intent": "text",
                "description": "text",
                "failure_code": "text",
                "failure_message": "text",
                "created": "epoch_seconds",
                "metadata": {
                    "*": "json",
                    "invoice_id": "text",
                },
            },
        )
    }},

    final as (
        select
            id as charge_id,
            customer as stripe_customer_id,
            status,
            currency,
            amount as amount_minor,
            amount_refunded as amount_refunded_minor,
            coalesce(invoice, metadata_invoice_id) as invoice_id,
            payment_intent as payment_intent_id,
            description,
            failure_code,
            failure_message,
            created as created_at,
            metadata_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
