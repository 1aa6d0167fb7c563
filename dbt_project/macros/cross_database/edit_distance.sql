{#-
  How many letters must be put in, taken out, replaced or exchanged with their neighbour. Only
  told exactly up to `most`: of texts that differ more it says that they do.
-#}
{% macro edit_distance(left, right, most=3) %}
    {{ return(adapter.dispatch("edit_distance")(left, right, most)) }}
{% endmacro %}

{#-
  DuckDB needs five times as long to find exchanged letters. Without them each exchange counts
  twice, so that texts with more than twice as many edits are too far apart either way.
-#}
{% macro duckdb__edit_distance(left, right, most=3) %}
    case
        when levenshtein({{ left }}, {{ right }}) > {{ 2 * most }}
        then levenshtein({{ left }}, {{ right }})
        else damerau_levenshtein({{ left }}, {{ right }})
    end
{% endmacro %}
