{#- The rows of several CTEs, their columns matched by name; what one lacks is null. -#}
{% macro union_by_name(relations, columns) %}
    {{ return(adapter.dispatch("union_by_name")(relations, columns)) }}
{% endmacro %}

{% macro duckdb__union_by_name(relations, columns) %}
    -- One row of none says what columns there are, and of which types.
    select
        {% for column in columns %}
            {% if column.endswith("_at") %} cast(null as timestamp)
            {% elif column == "record_key" %} cast(null as bigint)
            {% else %} cast(null as varchar)
            {% endif %} as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    where false
    {% for relation in relations %}
        union all by name
        select *
        from {{ relation }}
    {% endfor %}
{% endmacro %}
