{#- In a select list: one row for each part of a comma-joined text; none if it is null. -#}
{% macro each_of(text) %} {{ return(adapter.dispatch("each_of")(text)) }} {% endmacro %}

{% macro duckdb__each_of(text) %} unnest(string_split({{ text }}, ',')) {% endmacro %}
