{{
    config(
        materialized="followed", outdated="{{ only_touched_customers(links=true) }}"
    )
}}
with
    customer_ids as ({{ touched_members(links=true) }}),

    -- Both ends of a link are records of one customer.
    explained_links as (
        select *
        from {{ ref("int_identity__explained_links") }}
        where {{ only_in("customer_ids", "left_record_key") }}
    ),

    final as (
        select
            left_id.customer_id,
            left_id.source as left_source,
            left_id.record_id as left_record_id,
            right_id.source as right_source,
            right_id.record_id as right_record_id,
            explained_links.match_weight,
            explained_links.match_probability,
            explained_links.explanation,
            explained_links.evidence_against,
            explained_links.prior_weight,
            explained_links.email_weight,
            explained_links.phone_weight,
            explained_links.national_id_weight,
            explained_links.external_id_weight,
            explained_links.given_name_weight,
            explained_links.family_name_weight,
            explained_links.name_order_weight,
            explained_links.name_frequency_weight,
            explained_links.address_weight,
            explained_links.company_weight,
            explained_links.birth_date_weight,
            explained_links.gender_weight,
            explained_links.dependence_weight
        from explained_links
        inner join
            customer_ids as left_id
            on left_id.record_key = explained_links.left_record_key
        inner join
            customer_ids as right_id
            on right_id.record_key = explained_links.right_record_key
    )

select
    customer_id,
    left_source,
    left_record_id,
    right_source,
    right_record_id,
    match_weight,
    match_probability,
    explanation,
    evidence_against,
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
