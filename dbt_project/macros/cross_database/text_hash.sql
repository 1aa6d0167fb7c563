{#-
  A whole number by which equal texts are known as equal within one query; faster than
  `text_number`, but another engine, or another version of one, may give other numbers.
-#}
{% macro text_hash(text) %}
    {{ return(adapter.dispatch("text_hash")(text)) }}
{% endmacro %}

{% macro duckdb__text_hash(text) %} hash({{ text }}) {% endmacro %}
