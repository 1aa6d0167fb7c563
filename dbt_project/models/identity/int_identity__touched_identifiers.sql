{%- set changed_values = ref("int_identity__changed_values") -%}
{%- set records = ref("int_identity__records") -%}
{%- set record_identifiers = ref("int_identity__record_identifiers") -%}

-- The identifiers whose use must be found anew: those of records that are new, changed
-- or gone, and those which stand beside a given name or a birth date that has become
-- common or rare.
with
    {% if identity_follows() %}
        renamed as (
            select records.record_key
            from {{ records }} as records
            inner join
                {{ changed_values }} as changed_values
                on changed_values.value = records.given
            where changed_values.attribute = 'given'
            union all
            select records.record_key
            from {{ records }} as records
            inner join
                {{ changed_values }} as changed_values
                on changed_values.value = records.birth_date
            where changed_values.attribute = 'birth_date'
        ),

        final as (
            select kind, value
            from {{ made_rows(record_identifiers) }}
            union
            select kind, value
            from {{ outdated_rows(record_identifiers) }}
            union
            select kind, value
            from {{ record_identifiers }}
            where record_key in (select record_key from renamed)
        )
    {% else %} final as (select kind, value from {{ record_identifiers }} where false)
    {% endif %}

select kind, value
from final
