{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="record_key in (select record_key from {{ ref('int_identity__changed_records') }})",
    )
}}
-- depends_on: {{ ref("int_identity__changed_records") }}
with
    records as (select * from {{ made_rows(ref("int_identity__records")) }}),

    record_identifiers as (
        select record_key, kind, value
        from {{ made_rows(ref("int_identity__record_identifiers")) }}
    ),

    final as (
        {% for key in blocking_keys() %}
            select record_key, '{{ key.like or key.name }}' as blocking_key,
            {% if key.kind %}
                    {{ row_digest([string_constant(key.name), "value"]) }} as block_key
                from record_identifiers
                where kind = '{{ key.kind }}'
            {% else %}
                    {{
                        row_digest(
                            [string_constant(key.like or key.name)] + key.parts
                        )
                    }} as block_key
                from records
                where
                    {% for part in key.parts %}
                        {{ part }} is not null {{ "and" if not loop.last }}
                    {% endfor %}
                {% endif %} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select record_key, blocking_key, block_key
from final
