{#- A SQL text constant, with its quotes escaped. -#}
{% macro string_constant(value) %}
    {{- return("'" ~ (value | string).replace("'", "''") ~ "'") -}}
{% endmacro %}
