{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="cluster_key in (select cluster_key from {{ ref('int_identity__touched_places') }})",
    )
}}
{%- set touched = ref("int_identity__touched_places") -%}
{#- More family names than this behind one door are a block of flats or an office; so are more people. -#}
{%- set most_names = var("household_most_family_names", 4) -%}
{%- set most_people = var("household_most_members", 20) -%}

with
    places as (
        select *
        from {{ ref("int_identity__places") }}
        where {{ only_in(touched, "cluster_key", "cluster_key") }}
    ),

    workplaces as (select * from {{ ref("int_identity__workplaces") }}),

    -- A postcode that was left out is the one that others have who live there, if it
    -- is one.
    postcodes as (
        select house_key, city_key, min(postcode) as postcode
        from {{ ref("int_identity__places") }}
        where
            city_key is not null
            and
            {{ only_in("places", "(house_key, city_key)", "(house_key, city_key)") }}
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

    final as (
        select
            doors.customer_id,
            doors.cluster_key,
            concat(
                doors.house_key, '|', coalesce(doors.city_key, doors.address_key)
            ) as house_key,
            doors.address_key,
            doors.door_key,
            crowds.family_count,
            crowds.customer_count,
            crowds.family_count > {{ most_names }}
            or crowds.customer_count > {{ most_people }} as is_crowded,
            work_cities.house_key is not null
            or work_postcodes.house_key is not null as is_workplace
        from doors
        inner join crowds on crowds.door_key = doors.door_key
        -- Where a company has its address, people work.
        left join
            workplaces as work_cities
            on work_cities.house_key = doors.house_key
            and work_cities.value = doors.city_key
            and work_cities.kind = 'city'
        left join
            workplaces as work_postcodes
            on work_postcodes.house_key = doors.house_key
            and work_postcodes.value = doors.postcode
            and work_postcodes.kind = 'postcode'
    )

select *
from final
