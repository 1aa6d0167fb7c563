{#-
  Each letter of `letters` replaced by the one at its place in `replacements`; letters beyond
  the end of `replacements` are removed.
-#}
{% macro letters_translated(text, letters, replacements) %}
    {{ return(adapter.dispatch("letters_translated")(text, letters, replacements)) }}
{% endmacro %}

{% macro duckdb__letters_translated(text, letters, replacements) %}
    translate(
        {{ text }}, {{ string_constant(letters) }}, {{ string_constant(replacements) }}
    )
{% endmacro %}
