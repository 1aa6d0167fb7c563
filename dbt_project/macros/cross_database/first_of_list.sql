{#- The first element of a list, null if there is none. -#}
{% macro first_of_list(list) %}
    {{ return(adapter.dispatch("first_of_list")(list)) }}
{% endmacro %}

{% macro duckdb__first_of_list(list) %} ({{ list }})[1] {% endmacro %}
