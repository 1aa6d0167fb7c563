{#-
  A whole number of 60 bits made from a text: the same text gives the same number in every
  build and on every engine, and different texts give different ones (at ten million texts, one
  build in 20,000 would see two alike).
-#}
{% macro text_number(text) %}
    {{ return(adapter.dispatch("text_number")(text)) }}
{% endmacro %}

{% macro duckdb__text_number(text) %}
    cast('0x' || left(md5({{ text }}), 15) as bigint)
{% endmacro %}
