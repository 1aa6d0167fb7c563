{#- How many letters must be put in, taken out, replaced or exchanged with their neighbour. -#}
{% macro edit_distance(left, right) %}
    {{ return(adapter.dispatch("edit_distance")(left, right)) }}
{% endmacro %}

{% macro duckdb__edit_distance(left, right) %}
    damerau_levenshtein({{ left }}, {{ right }})
{% endmacro %}
