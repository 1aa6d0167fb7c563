{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}
{#- More family names than this behind one door are a block of flats or an office; so are more people. -#}
{%- set most_names = var("household_most_family_names", 4) -%}
{%- set most_people = var("household_most_members", 20) -%}

with
    places as (select * from {{ ref("int_identity__places") }}),

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

    -- A postcode that was left out is the one that others have who live there, if it
    -- is one.
    postcodes as (
        select house_key, city_key, min(postcode) as postcode
        from places
        where city_key is not null
        group by house_key, city_key
        having min(postcode) = max(postcode)
    ),

    addressed as (
        select
            places.*,
            concat(
                places.house_key,
                '|',
                coalesce(places.postcode, postcodes.postcode, places.city_key)
            ) as address_key
        from places
        left join
            postcodes
            on postcodes.house_key = places.house_key
            and postcodes.city_key = places.city_key
    ),

    flats as (
        select
            address_key, case when min(flat) = max(flat) then min(flat) end as only_flat
        from addressed
        group by address_key
    ),

    doors as (
        select
            addressed.*,
            concat(
                addressed.address_key, '/', coalesce(addressed.flat, flats.only_flat)
            ) as door_key
        from addressed
        inner join flats on flats.address_key = addressed.address_key
    ),

    crowds as (
        select
            doors.door_key,
            count(*) as customer_count,
            count(distinct doors.family_key) as family_count
        from doors
        group by doors.door_key
    ),

    -- Where a company has its address, people work.
    workplaces as (
        select
            houses.house_key,
            nullif(
                {{
                    loose_name_key(
                        regex_replaced(
                            "coalesce(cities.city, "
                            ~ plain_text("companies.city")
                            ~ ")",
                            "[^\\p{L}]",
                            "",
                        )
                    )
                }},
                ''
            ) as city_key,
            nullif(
                {{ regex_replaced("lower(companies.postcode)", "[^\\p{L}\\p{N}]", "") }},
                ''
            ) as postcode
        from companies
        inner join houses on houses.street = companies.street
        left join cities on cities.alias = {{ plain_text("companies.city") }}
        union
        select houses.house_key, records.city_key, records.postcode
        from records
        inner join person_records on person_records.record_key = records.record_key
        inner join houses on houses.street = person_records.street
    ),

    work_cities as (
        select distinct house_key, city_key from workplaces where city_key is not null
    ),

    work_postcodes as (
        select distinct house_key, postcode from workplaces where postcode is not null
    ),

    final as (
        select
            doors.customer_id,
            doors.cluster_key,
            concat(
                doors.house_key, '|', coalesce(doors.city_key, doors.address_key)
            ) as house_key,
            doors.door_key,
            crowds.family_count,
            crowds.customer_count,
            crowds.family_count > {{ most_names }}
            or crowds.customer_count > {{ most_people }} as is_crowded,
            work_cities.house_key is not null
            or work_postcodes.house_key is not null as is_workplace
        from doors
        inner join crowds on crowds.door_key = doors.door_key
        left join
            work_cities
            on work_cities.house_key = doors.house_key
            and work_cities.city_key = doors.city_key
        left join
            work_postcodes
            on work_postcodes.house_key = doors.house_key
            and work_postcodes.postcode = doors.postcode
    )

select *
from final
