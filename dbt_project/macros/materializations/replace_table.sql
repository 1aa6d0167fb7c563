{#- A table out of a query, in place of what has its name. -#}
{% macro replace_table(existing, table, sql) %}
    {% if existing is not none %} drop {{ existing.type }} {{ existing }}
        ;
    {% endif %}
    {{ create_table_as(False, table, sql) }}
{% endmacro %}
