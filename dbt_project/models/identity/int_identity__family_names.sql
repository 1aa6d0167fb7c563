{{ config(materialized="followed", outdated="false") }}

with
    record_names as (
        select family
        from {{ made_rows(ref("int_identity__record_names")) }}
        where
            family is not null
            {% if identity_follows() %}
                and family not in (select family from {{ this }})
            {% endif %}
    ),

    family_names as (select distinct family from record_names),

    final as (
        select
            family,
            case
                when length(family) > 1 then nullif({{ loose_name_key("family") }}, '')
            end as family_key,
            {{ regex_matches("family", "[א-ת]") }} as family_is_hebrew,
            {{ name_keys("family") }} as family_sounds,
            {{ name_keys("left(family, 1)") }} as family_initials
        from family_names
    )

select *
from final
