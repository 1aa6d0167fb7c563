{#- The first match of a regular expression (its group, if one is asked for), null if none. -#}
{% macro regex_found(text, pattern, group=0) %}
    {{ return(adapter.dispatch("regex_found")(text, pattern, group)) }}
{% endmacro %}

{% macro duckdb__regex_found(text, pattern, group=0) %}
    nullif(regexp_extract({{ text }}, {{ string_constant(pattern) }}, {{ group }}), '')
{% endmacro %}
