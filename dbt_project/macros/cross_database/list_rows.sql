{#- One row a value of the list; used as a column of a select. -#}
{% macro list_rows(list) %}
    {{ return(adapter.dispatch("list_rows")(list)) }}
{% endmacro %}

{% macro duckdb__list_rows(list) %} unnest({{ list }}) {% endmacro %}
