{%- set blocking_keys = ref("int_identity__blocking_keys") -%}

-- The blocks in which a new, a changed or a gone record is or was.
with
    {% if identity_follows() %}
        final as (
            select block_key
            from {{ made_rows(blocking_keys) }}
            union
            select block_key
            from {{ outdated_rows(blocking_keys) }}
        )
    {% else %} final as (select block_key from {{ blocking_keys }} where false)
    {% endif %}

select block_key
from final
