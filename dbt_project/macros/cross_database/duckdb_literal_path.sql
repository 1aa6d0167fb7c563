{#- A path in which DuckDB finds no wildcards, though a folder's name may look like one. -#}
{% macro duckdb_literal_path(path) %}
    {{- return(path.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")) -}}
{% endmacro %}
