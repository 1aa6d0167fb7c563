{#-
  Fails for every one of the columns that is null somewhere, where no columns are a key; see
  primary_key.
-#}
{% test never_null(model, columns) %}
    {% set made = made_rows(model) %}
    {% for column in columns %}
        select '{{ column }}' as column_name, count(*) as null_count
        from {{ made }}
        where {{ column }} is null
        having count(*) > 0 {{ "union all" if not loop.last }}
    {% endfor %}
{% endtest %}
