{#- The MD5 digest of a text as 32 hexadecimal digits. -#}
{% macro hex_digest(text) %}
    {{ return(adapter.dispatch("hex_digest")(text)) }}
{% endmacro %}

{% macro duckdb__hex_digest(text) %} md5({{ text }}) {% endmacro %}
