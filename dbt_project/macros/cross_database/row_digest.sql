{#- A number that stands for the values of a row: the same values, null too, have the same one. -#}
{% macro row_digest(columns) -%}
    {{ return(adapter.dispatch("row_digest")(columns)) }}
{%- endmacro %}

{% macro duckdb__row_digest(columns) -%}
    hash({{ columns | join(", ") }})
{%- endmacro %}
