{#-
  Fails for every customer id that the table customers does not have. In a build that goes on from
  the last one it looks at the customers whose rows were made anew and those who are gone, for the
  other rows were looked at when they were made.
-#}
{% test known_customer(model, column_name) %}
    with
        told as (
            select {{ column_name }} as customer_id
            from {{ model }}
            where
                {{ column_name }} is not null
                and {{ only_touched_customers(column_name, links=true) }}
        )

    select told.customer_id
    from told
    left join {{ ref("customers") }} as known on known.customer_id = told.customer_id
    where known.customer_id is null
{% endtest %}
