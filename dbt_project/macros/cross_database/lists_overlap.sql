{#- Whether two lists have a value in common; false if either is null. -#}
{% macro lists_overlap(left, right) %}
    {{ return(adapter.dispatch("lists_overlap")(left, right)) }}
{% endmacro %}

{% macro duckdb__lists_overlap(left, right) %}
    coalesce(list_has_any({{ left }}, {{ right }}), false)
{% endmacro %}
