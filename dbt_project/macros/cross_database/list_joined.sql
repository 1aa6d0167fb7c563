{#- The values of a list as one text. -#}
{% macro list_joined(list, separator) %}
    {{ return(adapter.dispatch("list_joined")(list, separator)) }}
{% endmacro %}

{% macro duckdb__list_joined(list, separator) %}
    array_to_string({{ list }}, {{ string_constant(separator) }})
{% endmacro %}
