{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="{{ only_touched_customers() }}",
    )
}}

with
    customer_attributes as (
        select customer_id, attribute, source, record_id
        from {{ made_rows(ref("customer_attributes")) }}
        where is_winner and attribute in ('street', 'family_name')
    ),

    customer_ids as ({{ touched_members() }}),

    customer_kinds as (
        select * from {{ made_rows(ref("int_identity__customer_kinds")) }}
    ),

    person_records as (
        select record_key, street
        from {{ ref("int_identity__person_records") }}
        where street is not null and {{ only_in("customer_ids") }}
    ),

    records as (
        select record_key, family_key, city_key, postcode
        from {{ ref("int_identity__records") }}
        where {{ only_in("customer_ids") }}
    ),

    houses as (select * from {{ ref("int_identity__houses") }}),

    -- Where a person lives is the address that customers shows.
    shown as (
        select
            customer_attributes.attribute,
            customer_attributes.customer_id,
            customer_ids.cluster_key,
            customer_ids.record_key
        from customer_attributes
        inner join
            customer_ids
            on customer_ids.source = customer_attributes.source
            and customer_ids.record_id = customer_attributes.record_id
    ),

    living as (
        select
            shown.customer_id,
            shown.cluster_key,
            houses.house_key,
            houses.flat,
            records.city_key,
            case
                when {{ regex_matches("records.postcode", "^[0-9]{9}$") }}
                then left(records.postcode, 5)
                else records.postcode
            end as postcode
        from shown
        inner join
            customer_kinds
            on customer_kinds.customer_id = shown.customer_id
            and customer_kinds.kind = 'person'
        inner join person_records on person_records.record_key = shown.record_key
        inner join houses on houses.street = person_records.street
        inner join records on records.record_key = shown.record_key
        where
            shown.attribute = 'street'
            and (records.city_key is not null or records.postcode is not null)
    ),

    family_names as (
        select shown.customer_id, min(records.family_key) as family_key
        from shown
        inner join records on records.record_key = shown.record_key
        where shown.attribute = 'family_name'
        group by shown.customer_id
    ),

    final as (
        select
            living.customer_id,
            living.cluster_key,
            living.house_key,
            living.flat,
            living.city_key,
            living.postcode,
            family_names.family_key
        from living
        left join family_names on family_names.customer_id = living.customer_id
    )

select *
from final
