{{ config(unique_key="subscription_id") }}

with
    records
    as {{
        lake_records(
            "stripe",
            "subscriptions",
            primary_key=["id"],
            fields={
                "id": "text",
                "customer": "text",
                "status": "text",
                "currency": "text",
                "items": {
                    "*": "json",
                    "data": [
                        {
                            "price": {
                                "unit_amount": "bigint",
                                "product": "text",
                                "nickname": "text",
                                "recurring": {
                                    "interval": "text",
                                    "interval_count": "bigint",
                                },
                            },
                            "current_period_end": "epoch_seconds",
                        }
                    ],
                },
                "current_period_end": "epoch_seconds",
                "cancel_at_period_end": "boolean",
                "cancel_at": "epoch_seconds",
                "canceled_at": "epoch_seconds",
                "ended_at": "epoch_seconds",
                "start_date": "epoch_seconds",
                "trial_end": "epoch_seconds",
                "created": "epoch_seconds",
                "metadata": "json",
            },
        )
    }},

    final as (
        select
            id as subscription_id,
            customer as stripe_customer_id,
            status,
            currency,
            items_data_price_product as product_id,
            items_data_price_nickname as price_nickname,
            {{ sum_of_products("items_json", "price.unit_amount", "quantity") }}
            as amount_minor,
            items_data_price_recurring_interval as interval,
            items_data_price_recurring_interval_count as interval_count,
            coalesce(start_date, created) as started_at,
            coalesce(
                current_period_end, items_data_current_period_end
            ) as current_period_end,
            cancel_at_period_end,
            cancel_at,
            canceled_at,
            ended_at,
            trial_end as trial_ends_at,
            created as created_at,
            items_json,
            metadata as metadata_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
