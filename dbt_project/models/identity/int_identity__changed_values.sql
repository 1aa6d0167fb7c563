{%- set touched = ref("int_identity__touched_values") -%}
{%- set value_counts = ref("int_identity__value_counts") -%}

-- The values which are now more or less common than in the last build.
with
    {% if identity_follows() %}
        now as (
            select value_counts.attribute, value_counts.value, value_counts.record_count
            from {{ value_counts }} as value_counts
            inner join
                {{ touched }} as touched
                on touched.attribute = value_counts.attribute
                and touched.value = value_counts.value
        ),

        before as (
            select attribute, value, record_count from {{ outdated_rows(value_counts) }}
        ),

        final as (
            select
                coalesce(now.attribute, before.attribute) as attribute,
                coalesce(now.value, before.value) as value
            from now
            full outer join
                before on before.attribute = now.attribute and before.value = now.value
            where now.record_count is distinct from before.record_count
        )
    {% else %} final as (select attribute, value from {{ value_counts }} where false)
    {% endif %}

select attribute, value
from final
