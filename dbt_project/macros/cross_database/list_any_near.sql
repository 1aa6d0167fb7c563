{#- Whether any text in a list is at most so many edits away from a text; false if either is null. -#}
{% macro list_any_near(list, text, edits) %}
    {{ return(adapter.dispatch("list_any_near")(list, text, edits)) }}
{% endmacro %}

{% macro duckdb__list_any_near(list, text, edits) %}
    coalesce(
        len(
            list_filter(
                {{ list }},
                lambda form:length(form) >= 5
                and {{ edit_distance("form", text, most=edits) }} <= {{ edits }}
            )
        )
        > 0,
        false
    )
{% endmacro %}
