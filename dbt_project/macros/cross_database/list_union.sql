{#- The distinct values of two lists together; null counts as a list without values. -#}
{% macro list_union(left, right) %}
    {{ return(adapter.dispatch("list_union")(left, right)) }}
{% endmacro %}

{% macro duckdb__list_union(left, right) %}
    list_sort(list_distinct(list_concat({{ left }}, {{ right }})))
{% endmacro %}
