{{
    config(
        materialized="followed",
        outdated="household_id in (select household_id from {{ outdated_rows(ref('household_members')) }})",
    )
}}
{%- set touched = ref("int_identity__touched_households") -%}
{%- set address_parts = ["street", "city", "region", "postcode", "country"] -%}

with
    -- All members of these households are touched.
    household_members as (
        select *
        from {{ ref("household_members") }}
        where {{ only_in(touched, "customer_id", "customer_id") }}
    ),

    household_pairs as (
        select left_customer_id, shared_phone, shared_email
        from {{ ref("int_identity__household_pairs") }}
        where {{ only_in(touched, "left_cluster_key", "cluster_key") }}
    ),

    customer_ids as (
        select customer_id, record_key
        from {{ ref("int_identity__customer_ids") }}
        where {{ only_in(touched, "cluster_key", "cluster_key") }}
    ),

    records as (
        select record_key, family_key
        from {{ ref("int_identity__records") }}
        where {{ only_in("customer_ids") }}
    ),

    customers as (
        select
            customer_id,
            family_name,
            {% for part in address_parts %} {{ part }}, {% endfor %}
            first_seen_at
        from {{ ref("customers") }}
        where {{ only_in(touched, "customer_id", "customer_id") }}
    ),

    members as (
        select household_members.household_id, household_members.is_first, customers.*
        from household_members
        inner join customers on customers.customer_id = household_members.customer_id
    ),

    -- The address of whoever has most of it.
    ranked_addresses as (
        select
            household_id,
            {% for part in address_parts %} {{ part }}, {% endfor %}
            row_number() over (
                partition by household_id
                order by
                    case when postcode is not null then 1 else 0 end
                    + case when city is not null then 1 else 0 end desc,
                    case when is_first then 0 else 1 end,
                    customer_id
            ) as place
        from members
    ),

    family_keys as (
        select customer_ids.customer_id, min(records.family_key) as family_key
        from household_members
        inner join
            customer_ids on customer_ids.customer_id = household_members.customer_id
        inner join records on records.record_key = customer_ids.record_key
        group by customer_ids.customer_id
    ),

    -- Each name once, though it is written in two scripts.
    family_names as (
        select
            members.household_id,
            family_keys.family_key,
            min(members.family_name) as family_name
        from members
        inner join family_keys on family_keys.customer_id = members.customer_id
        where members.family_name is not null
        group by members.household_id, family_keys.family_key
    ),

    joined_names as (
        select
            household_id,
            {{ distinct_texts_joined("family_name", ", ") }} as family_names
        from family_names
        group by household_id
    ),

    totals as (
        select
            household_id, count(*) as member_count, min(first_seen_at) as first_seen_at
        from members
        group by household_id
    ),

    shared as (
        select
            household_members.household_id,
            {{ distinct_texts_joined("household_pairs.shared_phone", ", ") }}
            as shared_phones,
            {{ distinct_texts_joined("household_pairs.shared_email", ", ") }}
            as shared_emails
        from household_pairs
        inner join
            household_members
            on household_members.customer_id = household_pairs.left_customer_id
        group by household_members.household_id
    ),

    final as (
        select
            totals.household_id,
            totals.member_count,
            joined_names.family_names,
            {% for part in address_parts %} ranked_addresses.{{ part }}, {% endfor %}
            shared.shared_phones,
            shared.shared_emails,
            totals.first_seen_at
        from totals
        inner join
            ranked_addresses
            on ranked_addresses.household_id = totals.household_id
            and ranked_addresses.place = 1
        inner join shared on shared.household_id = totals.household_id
        left join joined_names on joined_names.household_id = totals.household_id
    )

select *
from final
