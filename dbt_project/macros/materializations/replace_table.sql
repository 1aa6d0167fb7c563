{#-
  A table out of a query, in place of what has its name; where nothing has it the statements are the
  same as later.
-#}
{% macro replace_table(existing, table, sql) %}
    drop {{ existing.type if existing else "table" }} if exists {{ table }}
    ;
    {{ create_table_as(False, table, sql) }}
{% endmacro %}
