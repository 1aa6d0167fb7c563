with
    subscriptions as (select * from {{ ref("stg_stripe__subscriptions") }}),

    products as (select * from {{ ref("stg_stripe__products") }}),

    identities as (
        select record_id, customer_id
        from {{ ref("customer_identities") }}
        where source = 'stripe'
    ),

    currencies as (select * from {{ ref("currencies") }}),

    final as (
        select
            subscriptions.subscription_id,
            identities.customer_id,
            subscriptions.stripe_customer_id,
            coalesce(products.name, subscriptions.price_nickname) as product_name,
            subscriptions.status,
            subscriptions.currency,
            {{ major_units("subscriptions.amount_minor", "currencies.exponent") }}
            as amount,
            subscriptions.interval,
            subscriptions.interval_count,
            subscriptions.started_at,
            subscriptions.current_period_end,
            subscriptions.cancel_at_period_end,
            subscriptions.canceled_at,
            subscriptions.ended_at
        from subscriptions
        left join products on subscriptions.product_id = products.product_id
        left join identities on subscriptions.stripe_customer_id = identities.record_id
        left join currencies on subscriptions.currency = currencies.currency
    )

select *
from final
