{#-
  Fails for every one of the columns that is null somewhere. One test a model, for each test of dbt
  has its price, however little it looks at; and one look a column, for what a column holds besides
  its nulls need not be read.
-#}
{% test never_null(model, columns) %}
    {% for column in columns %}
        select '{{ column }}' as column_name, count(*) as null_count
        from {{ model }}
        where {{ column }} is null
        having count(*) > 0 {{ "union all" if not loop.last }}
    {% endfor %}
{% endtest %}
