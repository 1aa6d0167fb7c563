{#- The value of a top-level field of a JSON text, as text; null if there is none. -#}
{% macro json_field_text(json, field) %}
    {{ return(adapter.dispatch("json_field_text")(json, field)) }}
{% endmacro %}

{% macro duckdb__json_field_text(json, field) %}
    nullif(
        trim(
            json_extract_string(
                {{ json }}, [{{ string_constant('$."' ~ field ~ '"') }}]
            )[1]
        ),
        ''
    )
{% endmacro %}
