{%- set places = ref("int_identity__places") -%}
{%- set workplaces = ref("int_identity__workplaces") -%}
{%- set told = [
    "customer_id",
    "cluster_key",
    "house_key",
    "flat",
    "city_key",
    "postcode",
    "family_key",
] -%}

-- The customers whose home this build makes anew: those whose place is another, those
-- who share an address with them, now or before, and those in whose house people work
-- now, or no longer.
with
    {% if identity_follows() %}
        places_now as (select {{ told | join(", ") }} from {{ made_rows(places) }}),

        places_before as (
            select {{ told | join(", ") }} from {{ outdated_rows(places) }}
        ),

        changed_places as (
            (
                select *
                from places_now
                except
                select *
                from places_before
            )
            union all
            (
                select *
                from places_before
                except
                select *
                from places_now
            )
        ),

        workplaces_now as (select house_key, kind, value from {{ workplaces }}),

        workplaces_before as (
            select house_key, kind, value from {{ outdated_rows(workplaces) }}
        ),

        changed_workplaces as (
            (
                select *
                from workplaces_now
                except
                select *
                from workplaces_before
            )
            union all
            (
                select *
                from workplaces_before
                except
                select *
                from workplaces_now
            )
        ),

        -- Who lives in one house and city has the postcode of the others, if it is one.
        changed_cities as (
            select house_key, city_key
            from changed_places
            where city_key is not null
            union
            select house_key, value as city_key
            from changed_workplaces
            where kind = 'city'
        ),

        changed_postcodes as (
            select house_key, value as postcode
            from changed_workplaces
            where kind = 'postcode'
        ),

        near_places as (
            select cluster_key, house_key, city_key, postcode
            from changed_places
            union all
            select cluster_key, house_key, city_key, postcode
            from {{ places }}
            where
                (house_key, city_key)
                in (select (house_key, city_key) from changed_cities)
                or (house_key, postcode)
                in (select (house_key, postcode) from changed_postcodes)
        ),

        -- The addresses that these have now, had before, or might have.
        addresses as (
            select concat(house_key, '|', postcode) as address_key
            from near_places
            where postcode is not null
            union
            select concat(house_key, '|', city_key) as address_key
            from near_places
            where city_key is not null
        ),

        -- As it was: int_identity__homes comes after this.
        homes as (
            select cluster_key, address_key
            from {{ identity_table("int_identity__homes") }}
        ),

        final as (
            select cluster_key
            from near_places
            union
            select cluster_key
            from homes
            where address_key in (select address_key from addresses)
        )
    {% else %} final as (select cluster_key from {{ places }} where false)
    {% endif %}

select cluster_key
from final
