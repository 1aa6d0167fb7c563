with
    invoices as (select * from {{ ref("stg_stripe__invoices") }}),

    identities as (
        select record_id, customer_id
        from {{ ref("customer_identities") }}
        where source = 'stripe'
    ),

    currencies as (select * from {{ ref("currencies") }}),

    final as (
        select
            invoices.invoice_id,
            identities.customer_id,
            invoices.stripe_customer_id,
            invoices.number,
            invoices.status,
            invoices.currency,
            {{ major_units("invoices.amount_due_minor", "currencies.exponent") }}
            as amount_due,
            {{ major_units("invoices.amount_paid_minor", "currencies.exponent") }}
            as amount_paid,
            {{ major_units("invoices.amount_remaining_minor", "currencies.exponent") }}
            as amount_remaining,
            {{ major_units("invoices.subtotal_minor", "currencies.exponent") }}
            as subtotal,
            {{ major_units("invoices.tax_minor", "currencies.exponent") }} as tax,
            {{ major_units("invoices.total_minor", "currencies.exponent") }} as total,
            invoices.subscription_id,
            invoices.description,
            invoices.created_at,
            invoices.due_at,
            invoices.paid_at
        from invoices
        left join identities on invoices.stripe_customer_id = identities.record_id
        left join currencies on invoices.currency = currencies.currency
    )

select *
from final
