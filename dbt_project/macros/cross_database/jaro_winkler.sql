{#- Jaro-Winkler similarity of two texts: 0 (nothing alike) to 1 (the same). -#}
{% macro jaro_winkler(left, right) %}
    {{ return(adapter.dispatch("jaro_winkler")(left, right)) }}
{% endmacro %}

{% macro duckdb__jaro_winkler(left, right) %}
    jaro_winkler_similarity({{ left }}, {{ right }})
{% endmacro %}
