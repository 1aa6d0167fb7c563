{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}

with
    person_records as (
        select record_key, street
        from {{ ref("int_identity__person_records") }}
        where street is not null
    ),

    records as (
        select record_key, city_key, postcode
        from {{ ref("int_identity__records") }}
        where is_company or (is_role_mailbox and family is null)
    ),

    companies as (
        select * from {{ ref("int_identity__companies") }} where street is not null
    ),

    cities as (select * from {{ ref("identity_cities") }}),

    houses as (select * from {{ ref("int_identity__houses") }}),

    plain_cities as (
        select distinct city, {{ plain_text("city") }} as plain_city
        from companies
        where city is not null
    ),

    city_keys as (
        select
            plain_cities.city,
            {{
                loose_name_key(
                    regex_replaced(
                        "coalesce(cities.city, plain_cities.plain_city)",
                        "[^\\p{L}]",
                        "",
                    )
                )
            }} as city_key
        from plain_cities
        left join cities on cities.alias = plain_cities.plain_city
    ),

    addresses as (
        select
            houses.house_key,
            nullif(city_keys.city_key, '') as city_key,
            nullif(
                {{ regex_replaced("lower(companies.postcode)", "[^\\p{L}\\p{N}]", "") }},
                ''
            ) as postcode
        from companies
        inner join houses on houses.street = companies.street
        left join city_keys on city_keys.city = companies.city
        union all
        select houses.house_key, records.city_key, records.postcode
        from records
        inner join person_records on person_records.record_key = records.record_key
        inner join houses on houses.street = person_records.street
    ),

    final as (
        select house_key, 'city' as kind, city_key as value
        from addresses
        where city_key is not null
        union
        select house_key, 'postcode' as kind, postcode as value
        from addresses
        where postcode is not null
    )

select house_key, kind, value
from final
