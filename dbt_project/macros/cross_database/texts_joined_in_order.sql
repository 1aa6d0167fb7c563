{#- Aggregate: the non-null texts in the order of another expression, as one text. -#}
{% macro texts_joined_in_order(text, separator, order) %}
    {{ return(adapter.dispatch("texts_joined_in_order")(text, separator, order)) }}
{% endmacro %}

{% macro duckdb__texts_joined_in_order(text, separator, order) %}
    string_agg({{ text }}, {{ string_constant(separator) }} order by {{ order }})
{% endmacro %}
