{#- How many values a list has; 0 if it is null. -#}
{% macro list_size(list) %}
    {{ return(adapter.dispatch("list_size")(list)) }}
{% endmacro %}

{% macro duckdb__list_size(list) %} coalesce(len({{ list }}), 0) {% endmacro %}
