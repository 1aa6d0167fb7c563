with
    charges as (select * from {{ ref("stg_stripe__charges") }}),

    refunds as (select * from {{ ref("stg_stripe__refunds") }}),

    invoices as (select * from {{ ref("stg_stripe__invoices") }}),

    identities as (
        select record_id, customer_id
        from {{ ref("customer_identities") }}
        where source = 'stripe'
    ),

    currencies as (select * from {{ ref("currencies") }}),

    -- Newer API versions name the invoice only from the invoice's side.
    invoice_of_charge as (
        select charge_id, min(invoice_id) as invoice_id
        from invoices
        where charge_id is not null
        group by charge_id
    ),

    invoice_of_intent as (
        select payment_intent_id, min(invoice_id) as invoice_id
        from invoices
        where payment_intent_id is not null
        group by payment_intent_id
    ),

    charges_with_invoice as (
        select
            charges.*,
            coalesce(
                charges.invoice_id,
                invoice_of_charge.invoice_id,
                invoice_of_intent.invoice_id
            ) as paid_invoice_id
        from charges
        left join invoice_of_charge on charges.charge_id = invoice_of_charge.charge_id
        left join
            invoice_of_intent
            on charges.payment_intent_id = invoice_of_intent.payment_intent_id
    ),

    charge_of_intent as (
        select payment_intent_id, max(charge_id) as charge_id
        from charges
        where payment_intent_id is not null and status = 'succeeded'
        group by payment_intent_id
    ),

    refunds_with_charge as (
        select
            refunds.*,
            coalesce(
                refunds.charge_id, charge_of_intent.charge_id
            ) as refunded_charge_id
        from refunds
        left join
            charge_of_intent
            on refunds.payment_intent_id = charge_of_intent.payment_intent_id
    ),

    payments as (
        select
            charge_id as payment_id,
            stripe_customer_id,
            'charge' as kind,
            status,
            currency,
            amount_minor,
            paid_invoice_id as invoice_id,
            charge_id,
            description,
            failure_message,
            created_at
        from charges_with_invoice
        union all
        select
            refunds.refund_id as payment_id,
            charges.stripe_customer_id,
            'refund' as kind,
            refunds.status,
            refunds.currency,
            - refunds.amount_minor as amount_minor,
            charges.paid_invoice_id as invoice_id,
            refunds.refunded_charge_id as charge_id,
            coalesce(refunds.reason, charges.description) as description,
            refunds.failure_reason as failure_message,
            refunds.created_at
        from refunds_with_charge as refunds
        left join
            charges_with_invoice as charges
            on refunds.refunded_charge_id = charges.charge_id
    ),

    final as (
        select
            payments.payment_id,
            identities.customer_id,
            payments.kind,
            payments.status,
            payments.currency,
            {{ major_units("payments.amount_minor", "currencies.exponent") }} as amount,
            payments.invoice_id,
            payments.charge_id,
            payments.description,
            payments.failure_message,
            payments.created_at
        from payments
        left join identities on payments.stripe_customer_id = identities.record_id
        left join currencies on payments.currency = currencies.currency
    )

select *
from final
