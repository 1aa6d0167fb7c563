{%- set cap = var("identity_block_cap", 40) -%}

with
    records as (select * from {{ ref("int_identity__records") }}),

    keys as (
        {% for key in blocking_keys() %}
            select
                record_key,
                '{{ key.name }}' as blocking_key,
                {% if key.list %} {{ list_rows(key.list) }}
                {% else %} concat({{ key.parts | join(", " ~ letter_code(31) ~ ", ") }})
                {% endif %} as key_value,
                {{ key.refine }} as refinement
            from records
            {% if key.parts %}
                where
                    {% for part in key.parts %}
                        {{ part }} is not null {{ "and" if not loop.last }}
                    {% endfor %}
                {% endif %} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    sized as (
        select
            record_key,
            blocking_key,
            key_value,
            refinement,
            count(*) over (partition by blocking_key, key_value) as block_size
        from keys
    ),

    -- A block of one compares nothing.
    refined as (
        select
            record_key,
            blocking_key,
            case
                when block_size > {{ cap }}
                then concat(key_value, {{ letter_code(30) }}, refinement)
                else key_value
            end as key_value,
            block_size > {{ cap }} as is_refined,
            refinement is null as has_no_refinement,
            block_size
        from sized
        where block_size > 1
    ),

    resized as (
        select
            record_key,
            blocking_key,
            key_value,
            is_refined,
            has_no_refinement,
            case
                when is_refined
                then count(*) over (partition by blocking_key, key_value)
                else block_size
            end as block_size
        from refined
    ),

    final as (
        select
            record_key,
            blocking_key,
            key_value,
            {{
                text_number(
                    "concat(blocking_key, " ~ letter_code(31) ~ ", key_value)"
                )
            }} as block_key,
            block_size,
            case
                when is_refined and (has_no_refinement or block_size > {{ cap }})
                then 'over_full'
                when is_refined
                then 'refined'
                else 'whole'
            end as block_status
        from resized
    )

select *
from final
