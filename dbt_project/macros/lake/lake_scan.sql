{#-
  Every lake row of one stream. In a unit test the rows are those given for the source.

  The two comments mark the part that the materialization `lake_stream` replaces when it reads
  new files only; compiled code reads all of them, so that it can be run as it stands.
-#}
{% macro lake_scan(source_name, stream) %}
    {% set relation = source(source_name, stream) %}
    {% set folder = "*" if source_name == "files" else source_name %}
    {% if relation.is_cte %}
        select _airbyte_raw_id, _airbyte_extracted_at, _airbyte_data, _lake_file
        from {{ relation }}
    {% else %}
        /* lake scan: {{ folder }} {{ stream }} */
        {{ read_lake_files(lake_files(folder, stream) if execute else []) }}
    /* end of lake scan */
    {% endif %}
{% endmacro %}
