{#- A list without the values of another list. -#}
{% macro list_without(list, other) %}
    {{ return(adapter.dispatch("list_without")(list, other)) }}
{% endmacro %}

{% macro duckdb__list_without(list, other) %}
    list_filter({{ list }}, lambda word: not list_contains({{ other }}, word))
{% endmacro %}
