{#- The number by which the identity models know a record. -#}
{% macro record_key(source="source", record_id="record_id") -%}
    {{
        text_number(
            "concat(" ~ source ~ ", " ~ letter_code(31) ~ ", " ~ record_id ~ ")"
        )
    }}
{%- endmacro %}
