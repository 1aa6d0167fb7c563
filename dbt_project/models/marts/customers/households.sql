{%- set address_parts = ["street", "city", "region", "postcode", "country"] -%}
with
    household_members as (select * from {{ ref("household_members") }}),

    household_pairs as (select * from {{ ref("int_identity__household_pairs") }}),

    customer_ids as (select * from {{ ref("int_identity__customer_ids") }}),

    records as (select * from {{ ref("int_identity__records") }}),

    customer_attributes as (
        select *
        from {{ ref("customer_attributes") }}
        where
            is_winner
            and attribute in (
                'family_name' {% for part in address_parts %}, '{{ part }}' {% endfor %}
            )
    ),

    attributes as (
        select
            household_members.household_id,
            household_members.customer_id,
            household_members.is_first,
            {% for part in address_parts %}
                max(
                    case
                        when customer_attributes.attribute = '{{ part }}'
                        then customer_attributes.value
                    end
                ) as {{ part }},
            {% endfor %}
            max(
                case
                    when customer_attributes.attribute = 'family_name'
                    then customer_attributes.value
                end
            ) as family_name
        from household_members
        inner join
            customer_attributes
            on customer_attributes.customer_id = household_members.customer_id
        group by
            household_members.household_id,
            household_members.customer_id,
            household_members.is_first
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
        from attributes
    ),

    family_keys as (
        select
            household_members.household_id,
            household_members.customer_id,
            min(records.family_key) as family_key
        from household_members
        inner join
            customer_ids on customer_ids.customer_id = household_members.customer_id
        inner join records on records.record_key = customer_ids.record_key
        group by household_members.household_id, household_members.customer_id
    ),

    -- Each name once, though it is written in two scripts.
    family_names as (
        select
            attributes.household_id,
            family_keys.family_key,
            min(attributes.family_name) as family_name
        from attributes
        inner join family_keys on family_keys.customer_id = attributes.customer_id
        where attributes.family_name is not null
        group by attributes.household_id, family_keys.family_key
    ),

    joined_names as (
        select
            household_id,
            {{ distinct_texts_joined("family_name", ", ") }} as family_names
        from family_names
        group by household_id
    ),

    members as (
        select household_id, count(*) as member_count
        from household_members
        group by household_id
    ),

    first_seen as (
        select
            household_members.household_id, min(records.first_seen_at) as first_seen_at
        from household_members
        inner join
            customer_ids on customer_ids.customer_id = household_members.customer_id
        inner join records on records.record_key = customer_ids.record_key
        group by household_members.household_id
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
            members.household_id,
            members.member_count,
            joined_names.family_names,
            {% for part in address_parts %} ranked_addresses.{{ part }}, {% endfor %}
            shared.shared_phones,
            shared.shared_emails,
            first_seen.first_seen_at
        from members
        inner join
            ranked_addresses
            on ranked_addresses.household_id = members.household_id
            and ranked_addresses.place = 1
        inner join first_seen on first_seen.household_id = members.household_id
        inner join shared on shared.household_id = members.household_id
        left join joined_names on joined_names.household_id = members.household_id
    )

select *
from final
