{#- Aggregate: the distinct non-null values, sorted. Null if there is none. -#}
{% macro distinct_values(value) %}
    {{ return(adapter.dispatch("distinct_values")(value)) }}
{% endmacro %}

{% macro duckdb__distinct_values(value) %}
    list_sort(list(distinct {{ value }}) filter (where {{ value }} is not null))
{% endmacro %}
