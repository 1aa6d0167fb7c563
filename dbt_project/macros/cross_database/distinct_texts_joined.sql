{#- Aggregate: the distinct non-null texts, sorted, as one text. -#}
{% macro distinct_texts_joined(text, separator) %}
    {{ return(adapter.dispatch("distinct_texts_joined")(text, separator)) }}
{% endmacro %}

{% macro duckdb__distinct_texts_joined(text, separator) %}
    string_agg(
        distinct {{ text }}, {{ string_constant(separator) }} order by {{ text }}
    )
{% endmacro %}
