{#- The text of one object inside a JSON text, as it came; `keys` lead to it from the top. -#}
{% macro json_object_text(json, keys) %}
    {{ return(adapter.dispatch("json_object_text")(json, keys)) }}
{% endmacro %}

{% macro duckdb__json_object_text(json, keys) %}
    cast(
        json_extract(
            {{ json }}, {{ string_constant("/" ~ keys | join("/")) }}
        ) as varchar
    )
{% endmacro %}
