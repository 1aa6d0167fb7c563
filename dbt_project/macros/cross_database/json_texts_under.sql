{#- All values under a JSON path with `[*]` in it, as a list of texts without empty ones. -#}
{% macro json_texts_under(json, path) %}
    {{ return(adapter.dispatch("json_texts_under")(json, path)) }}
{% endmacro %}

{% macro duckdb__json_texts_under(json, path) %}
    list_filter(
        json_extract_string({{ json }}, {{ string_constant(path) }}),
        lambda text:text <> ''
    )
{% endmacro %}
