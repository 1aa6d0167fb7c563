with
    person_records as (select * from {{ ref("int_identity__person_records") }}),

    companies as (select * from {{ ref("int_identity__companies") }}),

    streets as (
        select street
        from person_records
        where street is not null
        union
        select street
        from companies
        where street is not null
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
