{#- Whether a list holds a value; false if either is null. -#}
{% macro list_holds(list, value) %}
    {{ return(adapter.dispatch("list_holds")(list, value)) }}
{% endmacro %}

{% macro duckdb__list_holds(list, value) %}
    coalesce(list_contains({{ list }}, {{ value }}), false)
{% endmacro %}
