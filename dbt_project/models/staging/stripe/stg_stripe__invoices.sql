{{ config(unique_key="invoice_id") }}

with
    records
    as {{
        lake_records(
            "stripe",
            "invoices",
            primary_key=["id"],
            fields={
                "id": "text",
                "customer": "text",
                "number": "text",
                "status": "text",
                "currency": "text",
                "amount_due": "bigint",
                "amount_paid": "bigint",
                "amount_remaining": "bigint",
                "subtotal": "bigint",
                "tax": "bigint",
                "total": "bigint",
                "total_excluding_tax": "bigint",
                "subscription": "text",
                "charge": "text",
                "payment_intent": "text",
                "parent": {
                    "subscription_details": {
                        "subscription": "text",
                    },
                },
                "payments": {
                    "data": [
                        {
                            "payment": {
                                "charge": "text",
                                "payment_intent": "text",
                            },
                        }
                    ],
                },
                "lines": {
                    "data": [
                        {
                            "description": "text",
                        }
                    ],
                },
                "billing_reason": "text",
                "description": "text",
                "created": "epoch_seconds",
                "due_date": "epoch_seconds",
                "status_transitions": {
                    "paid_at": "epoch_seconds",
                    "voided_at": "epoch_seconds",
                },
                "metadata": "json",
                "deleted": "boolean",
            },
            deleted="deleted",
        )
    }},

    final as (
        select
            id as invoice_id,
            customer as stripe_customer_id,
            number,
            status,
            currency,
            amount_due as amount_due_minor,
            amount_paid as amount_paid_minor,
            amount_remaining as amount_remaining_minor,
            subtotal as subtotal_minor,
            coalesce(tax, total - total_excluding_tax) as tax_minor,
            total as total_minor,
            coalesce(
                subscription, parent_subscription_details_subscription
            ) as subscription_id,
            coalesce(charge, payments_data_payment_charge) as charge_id,
            coalesce(
                payment_intent, payments_data_payment_payment_intent
            ) as payment_intent_id,
            billing_reason,
            coalesce(description, lines_data_description) as description,
            created as created_at,
            due_date as due_at,
            status_transitions_paid_at as paid_at,
            status_transitions_voided_at as voided_at,
            metadata as metadata_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
