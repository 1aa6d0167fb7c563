{#- Aggregate: the non-null values as a list, in no order. -#}
{% macro gathered_values(value) %}
    {{ return(adapter.dispatch("gathered_values")(value)) }}
{% endmacro %}

{% macro duckdb__gathered_values(value) %}
    list({{ value }}) filter (where {{ value }} is not null)
{% endmacro %}
