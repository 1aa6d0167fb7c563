{#- A list without its nulls. -#}
{% macro list_without_nothing(list) %}
    {{ return(adapter.dispatch("list_without_nothing")(list)) }}
{% endmacro %}

{% macro duckdb__list_without_nothing(list) %}
    list_filter({{ list }}, lambda item:item is not null)
{% endmacro %}
