{{ config(materialized="followed", outdated="false") }}
{%- set changed = ref("int_identity__changed_records") -%}

with
    person_records as (
        select street
        from {{ ref("int_identity__person_records") }}
        where {{ only_in(changed) }}
    ),

    companies as (select * from {{ ref("int_identity__companies") }}),

    typed_streets as (
        select street
        from person_records
        where street is not null
        union
        select street
        from companies
        where street is not null
    ),

    streets as (
        select street
        from typed_streets
        {% if identity_follows() %}
            where street not in (select street from {{ this }})
        {% endif %}
    ),

    spaced as (select street, {{ spaced_street("street") }} as spaced from streets),

    unit_free as (
        select street, spaced, {{ without_unit("spaced") }} as house from spaced
    ),

    parted as (
        select
            street,
            {{ street_letters("house") }} as letters,
            {{ street_ordinal("house") }} as ordinal,
            {{ house_number("house") }} as house_number,
            {{ flat_number("spaced", "house") }} as flat
        from unit_free
    ),

    final as (
        select
            street,
            concat(
                {{ loose_name_key("letters") }}, '#', house_number, '#' || ordinal
            ) as house_key,
            flat
        from parted
        where house_number is not null and (letters <> '' or ordinal is not null)
    )

select *
from final
