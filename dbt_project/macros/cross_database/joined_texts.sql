{#- The elements of a list of texts, in their order, comma-joined; null if there is none. -#}
{% macro joined_texts(list) %}
    {{ return(adapter.dispatch("joined_texts")(list)) }}
{% endmacro %}

{% macro duckdb__joined_texts(list) %}
    nullif(array_to_string({{ list }}, ','), '')
{% endmacro %}
