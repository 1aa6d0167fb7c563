{%- set comparisons = comparison_names() -%}

with
    review_pairs as (select * from {{ ref("int_identity__review_pairs") }}),

    customer_ids as (
        select record_key, source, record_id
        from {{ ref("int_identity__customer_ids") }}
    ),

    payments as (
        select customer_id, kind, currency, amount
        from {{ ref("payments") }}
        where status = 'succeeded' and customer_id is not null and amount is not null
    ),

    weights as (select * from {{ ref("int_identity__weights") }}),

    -- The left record is the one that comes first by source and id, as in the store
    -- of decisions.
    named as (
        select
            review_pairs.*,
            first_record.source as first_source,
            first_record.record_id as first_record_id,
            second_record.source as second_source,
            second_record.record_id as second_record_id,
            first_record.source < second_record.source
            or (
                first_record.source = second_record.source
                and first_record.record_id < second_record.record_id
            ) as is_first_left
        from review_pairs
        inner join
            customer_ids as first_record
            on first_record.record_key = review_pairs.left_record_key
        inner join
            customer_ids as second_record
            on second_record.record_key = review_pairs.right_record_key
    ),

    sided as (
        select
            *,
            case
                when is_first_left then first_source else second_source
            end as left_source,
            case
                when is_first_left then first_record_id else second_record_id
            end as left_record_id,
            case
                when is_first_left then second_source else first_source
            end as right_source,
            case
                when is_first_left then second_record_id else first_record_id
            end as right_record_id
        from named
    ),

    asked_about as (
        select left_source as source, left_record_id as record_id
        from sided
        union
        select right_source as source, right_record_id as record_id
        from sided
    ),

    identities as (
        select customer_identities.*
        from {{ ref("customer_identities") }} as customer_identities
        inner join
            asked_about
            on asked_about.source = customer_identities.source
            and asked_about.record_id = customer_identities.record_id
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

    described as (
        select
            left_identity.customer_id as left_customer_id,
            right_identity.customer_id as right_customer_id,
            sided.reason,
            sided.left_source,
            sided.left_record_id,
            left_identity.record_name as left_name,
            left_identity.record_email as left_email,
            left_identity.record_phone as left_phone,
            left_paid.paid_text as left_paid,
            sided.right_source,
            sided.right_record_id,
            right_identity.record_name as right_name,
            right_identity.record_email as right_email,
            right_identity.record_phone as right_phone,
            right_paid.paid_text as right_paid,
            coalesce(left_paid.paid_value, 0) + case
                when left_identity.customer_id = right_identity.customer_id
                then 0
                else coalesce(right_paid.paid_value, 0)
            end as value,
            sided.match_weight,
            {{ match_probability("sided.match_weight") }} as match_probability,
            sided.pair_count,
            {{ evidence_for("sided", comparisons) }} as explanation,
            {{ evidence_against("sided", comparisons) }} as evidence_against,
            sided.evidence,
            sided.prior_weight,
            {% for comparison in comparisons %}
                sided.{{ comparison }}_weight,
            {% endfor %}
            sided.name_frequency_weight,
            sided.dependence_weight
        from sided
        inner join
            identities as left_identity
            on left_identity.source = sided.left_source
            and left_identity.record_id = sided.left_record_id
        inner join
            identities as right_identity
            on right_identity.source = sided.right_source
            and right_identity.record_id = sided.right_record_id
        left join paid as left_paid on left_paid.customer_id = left_identity.customer_id
        left join
            paid as right_paid on right_paid.customer_id = right_identity.customer_id
        {% for comparison in comparisons %}
            left join
                weights as {{ comparison }}_words
                on {{ comparison }}_words.comparison = '{{ comparison }}'
                and {{ comparison }}_words.level = sided.{{ comparison }}_level
        {% endfor %}
    ),

    final as (
        select
            row_number() over (
                order by
                    value desc,
                    abs(match_weight - {{ var("identity_link_weight", 3) }}),
                    left_source,
                    left_record_id,
                    right_source,
                    right_record_id
            ) as queue_position,
            *
        from described
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
