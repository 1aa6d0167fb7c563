{#-
  The sum of one number times another over the `data` list of a JSON object: {"data": [{…}]}.
  Ways to the numbers are dotted. An element without the second number counts once, one without
  the first not at all; null if no element has the first.
-#}
{% macro sum_of_products(json, number, times) %}
    {{ return(adapter.dispatch("sum_of_products")(json, number, times)) }}
{% endmacro %}

{% macro duckdb__sum_of_products(json, number, times) %}
    cast(
        list_sum(
            list_transform(
                cast(json_extract({{ json }}, '$.data[*]') as json[]),
                lambda element:try_cast(element ->> '$.{{ number }}' as bigint)
                * coalesce(try_cast(element ->> '$.{{ times }}' as bigint), 1)
            )
        ) as bigint
    )
{% endmacro %}
