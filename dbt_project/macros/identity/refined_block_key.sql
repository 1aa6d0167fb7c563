{#-
  The key of the part of an over-full block in which a record is; null if the record lacks the
  column that parts the block. `keys` has block_key and blocking_key, `records` is the record.
-#}
{% macro refined_block_key(keys, records) -%}
    case
        {{ keys }}.blocking_key
        {% for key in blocking_keys() if not key.like %}
            when '{{ key.name }}'
            then
                case
                    when {{ records }}.{{ key.refine }} is not null
                    then
                        {{
                            row_digest(
                                [
                                    keys ~ ".block_key",
                                    records ~ "." ~ key.refine,
                                ]
                            )
                        }}
                end
        {% endfor %}
    end
{%- endmacro %}

{#- How many records a block may have, by the name of its key. -#}
{% macro block_cap(blocking_key) -%}
    case
        {{ blocking_key }}
        {% for key in blocking_keys() if key.cap %}
            when '{{ key.name }}' then {{ key.cap }}
        {% endfor %}
        else {{ var("identity_block_cap", 40) }}
    end
{%- endmacro %}
