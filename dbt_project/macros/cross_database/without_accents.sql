{#- Text whose letters have lost their accents and Hebrew points: `Zoë` is `Zoe`. -#}
{% macro without_accents(text) %}
    {{ return(adapter.dispatch("without_accents")(text)) }}
{% endmacro %}

{% macro duckdb__without_accents(text) %} strip_accents({{ text }}) {% endmacro %}
