{%- set records = ref("int_identity__records") -%}

-- The values that a new, a changed or a gone record has or had: they are counted anew.
with
    {% if identity_follows() %}
        touched as (
            select {{ counted_columns() | join(", ") }}
            from {{ made_rows(records) }}
            union all
            select {{ counted_columns() | join(", ") }}
            from {{ outdated_rows(records) }}
        ),

        final as (
            {% for column in counted_columns() %}
                select distinct '{{ column }}' as attribute, {{ column }} as value
                from touched
                where {{ column }} is not null
                union all
            {% endfor %}
            select 'all' as attribute, '' as value
        )
    {% else %}
        final as (
            select cast(null as varchar) as attribute, cast(null as varchar) as value
            from {{ records }}
            where false
        )
    {% endif %}

select attribute, value
from final
