{#- Whether a regular expression is found anywhere in the text. -#}
{% macro regex_matches(text, pattern) %}
    {{ return(adapter.dispatch("regex_matches")(text, pattern)) }}
{% endmacro %}

{% macro duckdb__regex_matches(text, pattern) %}
    regexp_matches({{ text }}, {{ string_constant(pattern) }})
{% endmacro %}
