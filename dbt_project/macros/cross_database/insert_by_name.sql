{#- Adds all rows of one relation to another, each column to the one of its name. -#}
{% macro insert_by_name(table, rows) %}
    {{ return(adapter.dispatch("insert_by_name")(table, rows)) }}
{% endmacro %}

{% macro default__insert_by_name(table, rows) %}
    {% set columns = adapter.get_columns_in_relation(rows) | map(attribute="name") %}
    {% set columns = columns | join(", ") %}
    insert into {{ table }} ({{ columns }})
    select {{ columns }}
    from {{ rows }}
{% endmacro %}

{% macro duckdb__insert_by_name(table, rows) %}
    insert into {{ table }} by name
    select *
    from {{ rows }}
{% endmacro %}
