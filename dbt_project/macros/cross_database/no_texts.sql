{#- An empty list of texts. -#}
{% macro no_texts() %} {{ return(adapter.dispatch("no_texts")()) }} {% endmacro %}

{% macro duckdb__no_texts() %} cast([] as varchar[]) {% endmacro %}
