{#- The values from one position to another, both included. -#}
{% macro list_part(list, first, last) %}
    {{ return(adapter.dispatch("list_part")(list, first, last)) }}
{% endmacro %}

{% macro duckdb__list_part(list, first, last) %}
    list_slice({{ list }}, {{ first }}, {{ last }})
{% endmacro %}
