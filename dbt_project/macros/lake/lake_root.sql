{#- The lake's folder, from KESHER_LAKE, without a slash at the end. -#}
{% macro lake_root() %}
    {{- return(env_var("KESHER_LAKE", "../data/lake").rstrip("/")) -}}
{% endmacro %}
