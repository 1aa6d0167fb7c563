{{
    config(
        materialized="followed", outdated="{{ only_touched_customers(links=true) }}"
    )
}}
with
    customer_ids as ({{ touched_members(links=true) }}),

    person_records as (
        select *
        from {{ ref("int_identity__person_records") }}
        where {{ only_in("customer_ids") }}
    ),

    -- Both ends of a link are records of one customer.
    explained_links as (
        select *
        from {{ ref("int_identity__explained_links") }}
        where {{ only_in("customer_ids", "left_record_key") }}
    ),

    link_ends as (
        select
            left_record_key as record_key, match_weight, match_probability, explanation
        from explained_links
        union all
        select right_record_key, match_weight, match_probability, explanation
        from explained_links
    ),

    ranked_links as (
        select
            *,
            row_number() over (
                partition by record_key order by match_weight desc, explanation
            ) as strength
        from link_ends
    ),

    final as (
        select
            customer_ids.source,
            customer_ids.record_id,
            customer_ids.customer_id,
            {{ written_name("person_records") }} as record_name,
            person_records.email as record_email,
            coalesce(person_records.phone, person_records.other_phone) as record_phone,
            ranked_links.explanation as linked_by,
            coalesce(ranked_links.match_probability, 1.0) as match_probability,
            person_records.first_seen_at,
            person_records.updated_at
        from customer_ids
        inner join person_records on person_records.record_key = customer_ids.record_key
        left join
            ranked_links
            on ranked_links.record_key = customer_ids.record_key
            and ranked_links.strength = 1
    )

select
    source,
    record_id,
    customer_id,
    record_name,
    record_email,
    record_phone,
    linked_by,
    match_probability,
    first_seen_at,
    updated_at
from final
