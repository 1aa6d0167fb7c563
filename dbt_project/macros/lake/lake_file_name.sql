{#- The name of a lake file without its folders; names of one lake sort by time. -#}
{% macro lake_file_name(path) %} {{- return(path.split("/")[-1]) -}} {% endmacro %}
