{#- The value at a position; null if there is none. -#}
{% macro list_item(list, position) %}
    {{ return(adapter.dispatch("list_item")(list, position)) }}
{% endmacro %}

{% macro duckdb__list_item(list, position) %}
    list_extract({{ list }}, {{ position }})
{% endmacro %}
