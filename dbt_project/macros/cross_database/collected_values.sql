{#- Aggregate: the non-null values, sorted, for values known to differ. Null if there is none. -#}
{% macro collected_values(value) %}
    {{ return(adapter.dispatch("collected_values")(value)) }}
{% endmacro %}

{% macro duckdb__collected_values(value) %}
    list_sort(list({{ value }}) filter (where {{ value }} is not null))
{% endmacro %}
