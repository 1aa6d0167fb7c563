{#-
  Fails for every customer id that the table customers does not have. In a build that goes on from
  the last one it looks at the rows that were made anew, for the other ones were looked at when they
  were made, and those of customers who are gone are replaced too.
-#}
{% test known_customer(model, column_name) %}
    select told.{{ column_name }}
    from {{ made_rows(model) }} as told
    left join
        {{ ref("customers") }} as known on known.customer_id = told.{{ column_name }}
    where told.{{ column_name }} is not null and known.customer_id is null
{% endtest %}
