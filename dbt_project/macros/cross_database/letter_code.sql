{#- The character with this code, as a SQL expression: 31 is the unit separator. -#}
{% macro letter_code(code) %}
    {{ return(adapter.dispatch("letter_code")(code)) }}
{% endmacro %}

{% macro duckdb__letter_code(code) %} chr({{ code }}) {% endmacro %}
