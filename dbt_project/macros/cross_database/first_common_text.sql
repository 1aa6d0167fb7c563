{#- The smallest text that two lists have in common; null if there is none. -#}
{% macro first_common_text(left, right) %}
    {{ return(adapter.dispatch("first_common_text")(left, right)) }}
{% endmacro %}

{#- Most lists have one text, and to look at that is quicker. -#}
{% macro duckdb__first_common_text(left, right) %}
    case
        when len({{ left }}) = 1 and len({{ right }}) = 1
        then case when {{ left }} [1] = {{ right }} [1] then {{ left }} [1] end
        when list_has_any({{ left }}, {{ right }})
        then list_min(list_intersect({{ left }}, {{ right }}))
    end
{% endmacro %}
