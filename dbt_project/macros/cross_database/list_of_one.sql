{#- A list with one value, which is an expression. -#}
{% macro list_of_one(value) %}
    {{ return(adapter.dispatch("list_of_one")(value)) }}
{% endmacro %}

{% macro duckdb__list_of_one(value) %} [{{ value }}] {% endmacro %}
