{#- The number by which the identity models know a record. It has `source` and `record_id`. -#}
{% macro record_key() -%}
    {{ text_number("concat(source, " ~ letter_code(31) ~ ", record_id)") }}
{%- endmacro %}
