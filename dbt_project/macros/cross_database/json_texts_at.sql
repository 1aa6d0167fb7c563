{#-
  The values at several JSON paths (`$."owner"."id"`) as a list of texts, in the order of the
  paths; the JSON is parsed once. Objects and lists come as JSON.
-#}
{% macro json_texts_at(json, paths) %}
    {{ return(adapter.dispatch("json_texts_at")(json, paths)) }}
{% endmacro %}

{% macro duckdb__json_texts_at(json, paths) %}
    json_extract_string({{ json }}, {{ list_of(paths) }})
{% endmacro %}
