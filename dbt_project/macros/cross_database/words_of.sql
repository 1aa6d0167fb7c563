{#- The non-empty words of a text, in their order. -#}
{% macro words_of(text, separator=" ") %}
    {{ return(adapter.dispatch("words_of")(text, separator)) }}
{% endmacro %}

{% macro duckdb__words_of(text, separator=" ") %}
    list_filter(
        string_split(coalesce({{ text }}, ''), {{ string_constant(separator) }}),
        lambda word:word <> ''
    )
{% endmacro %}
