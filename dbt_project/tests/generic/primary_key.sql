{#-
  Fails for every key that stands in more than one row, and for each column, of the key or named in
  `never_null`, that is null somewhere. One test a model, for each test of dbt has its price,
  however little it looks at; and one look a column, for what a column holds besides its nulls need
  not be read. In a build that goes on from the last one it looks at the rows that were made
  anew, and whether their keys stand in others too.
-#}
{% test primary_key(model, columns, never_null=[]) %}
    {% set made = made_rows(model) %}
    select
        'more than one row' as fault,
        {% for column in columns %}
            cast({{ column }} as varchar) {{ "|| ' ' ||" if not loop.last }}
        {% endfor %} as told
    from {{ model }} as told_rows
    {% if made != model %}
        where
            exists (
                select 1
                from {{ made }} as made
                where
                    {% for column in columns %}
                        made.{{ column }} = told_rows.{{ column }}
                        {{ "and" if not loop.last }}
                    {% endfor %}
            )
    {% endif %}
    group by {{ columns | join(", ") }}
    having count(*) > 1
    {% for column in columns + never_null %}
        union all
        select '{{ column }} is null' as fault, cast(count(*) as varchar) as told
        from {{ made }}
        where {{ column }} is null
        having count(*) > 0
    {% endfor %}
{% endtest %}
