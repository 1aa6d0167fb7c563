{%- set review_questions = ref("int_identity__review_questions") -%}

with
    -- What gives a question its place; all else that it says would be sorted with it.
    questions as (
        select
            left_record_key,
            left_source,
            left_record_id,
            right_record_key,
            right_source,
            right_record_id,
            match_weight
        from {{ review_questions }}
    ),

    asked_records as (
        select left_record_key as record_key
        from questions
        union
        select right_record_key as record_key
        from questions
    ),

    customer_ids as (
        select record_key, customer_id
        from {{ ref("int_identity__customer_ids") }}
        where record_key in (select record_key from asked_records)
    ),

    payments as (
        select customer_id, kind, currency, amount
        from {{ ref("payments") }}
        where status = 'succeeded' and customer_id is not null and amount is not null
    ),

    with_customers as (
        select
            questions.*,
            left_id.customer_id as left_customer_id,
            right_id.customer_id as right_customer_id
        from questions
        inner join
            customer_ids as left_id on left_id.record_key = questions.left_record_key
        inner join
            customer_ids as right_id on right_id.record_key = questions.right_record_key
    ),

    asked_customers as (
        select left_customer_id as customer_id
        from with_customers
        union
        select right_customer_id as customer_id
        from with_customers
    ),

    -- Without rates of exchange: how many usual payments of its currency an amount is.
    usual_payments as (
        select currency, cast(sum(amount) as double) / count(*) as usual_amount
        from payments
        where kind = 'charge' and amount > 0
        group by currency
    ),

    paid_in_currency as (
        select customer_id, currency, sum(amount) as amount
        from payments
        where customer_id in (select customer_id from asked_customers)
        group by customer_id, currency
    ),

    paid as (
        select
            paid_in_currency.customer_id,
            -- Rounded, for a sum of floats depends on its order.
            round(
                sum(
                    cast(paid_in_currency.amount as double)
                    / usual_payments.usual_amount
                ),
                6
            ) as paid_value,
            {{
                distinct_texts_joined(
                    "concat(cast(cast(paid_in_currency.amount as decimal(19, 2)) as varchar), ' ', paid_in_currency.currency)",
                    "; ",
                )
            }}
            as paid_text
        from paid_in_currency
        left join usual_payments on usual_payments.currency = paid_in_currency.currency
        group by paid_in_currency.customer_id
    ),

    valued as (
        select
            with_customers.*,
            left_paid.paid_text as left_paid,
            right_paid.paid_text as right_paid,
            coalesce(left_paid.paid_value, 0) + case
                when with_customers.left_customer_id = with_customers.right_customer_id
                then 0
                else coalesce(right_paid.paid_value, 0)
            end as value
        from with_customers
        left join
            paid as left_paid on left_paid.customer_id = with_customers.left_customer_id
        left join
            paid as right_paid
            on right_paid.customer_id = with_customers.right_customer_id
    ),

    placed as (
        select
            *,
            row_number() over (
                order by
                    value desc,
                    abs(match_weight - {{ var("identity_link_weight", 3) }}),
                    left_source,
                    left_record_id,
                    right_source,
                    right_record_id
            ) as queue_position
        from valued
    ),

    final as (
        select
            review_questions.*,
            placed.queue_position,
            placed.left_customer_id,
            placed.right_customer_id,
            placed.left_paid,
            placed.right_paid,
            placed.value
        from {{ review_questions }} as review_questions
        inner join
            placed
            on placed.left_record_key = review_questions.left_record_key
            and placed.right_record_key = review_questions.right_record_key
    )

select
    queue_position,
    left_customer_id,
    right_customer_id,
    reason,
    left_source,
    left_record_id,
    left_name,
    left_email,
    left_phone,
    left_paid,
    right_source,
    right_record_id,
    right_name,
    right_email,
    right_phone,
    right_paid,
    value,
    match_weight,
    match_probability,
    pair_count,
    explanation,
    evidence_against,
    evidence,
    prior_weight,
    email_weight,
    phone_weight,
    national_id_weight,
    external_id_weight,
    given_name_weight,
    family_name_weight,
    name_order_weight,
    name_frequency_weight,
    address_weight,
    company_weight,
    birth_date_weight,
    gender_weight,
    dependence_weight
from final
