{{ config(materialized="followed", outdated="false") }}

with
    person_records as (
        select street from {{ made_rows(ref("int_identity__person_records")) }}
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

    houses as ({{ street_houses("streets") }}),

    final as (select street, house_key, flat from houses where house_key is not null)

select *
from final
