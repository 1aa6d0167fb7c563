{#- Text with every match of a regular expression replaced. -#}
{% macro regex_replaced(text, pattern, replacement) %}
    {{ return(adapter.dispatch("regex_replaced")(text, pattern, replacement)) }}
{% endmacro %}

{% macro duckdb__regex_replaced(text, pattern, replacement) %}
    regexp_replace(
        {{ text }},
        {{ string_constant(pattern) }},
        {{ string_constant(replacement) }},
        'g'
    )
{% endmacro %}
