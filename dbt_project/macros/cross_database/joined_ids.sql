{#-
  The distinct ids of a list of structs {id}, smallest number first, as comma-joined text; null
  if there is none. HubSpot repeats an id once for every label of an association.
-#}
{% macro joined_ids(list) %}
    {{ return(adapter.dispatch("joined_ids")(list)) }}
{% endmacro %}

{% macro duckdb__joined_ids(list) %}
    nullif(
        array_to_string(
            list_transform(
                list_sort(
                    list_distinct(
                        list_transform({{ list }}, lambda x:lpad(x.id, 24, ' '))
                    )
                ),
                lambda x:ltrim(x)
            ),
            ','
        ),
        ''
    )
{% endmacro %}
