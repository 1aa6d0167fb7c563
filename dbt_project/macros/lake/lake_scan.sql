{#-
  Every lake row of one stream, of the source `files` in all its folders; of the source `mapped`
  the rows of every stream that a mapping makes people, names or events of. In a unit test the
  rows are those given for the source.

  The two comments mark the part that the materialization `lake_stream` replaces when it reads
  new files only; compiled code reads all of them, so that it can be run as it stands.
-#}
{% macro lake_scan(source_name, stream) %}
    {% set relation = source(source_name, stream) %}
    {% if relation.is_cte %}
        select _airbyte_raw_id, _airbyte_extracted_at, _airbyte_data, _lake_file
        from {{ relation }}
    {% else %}
        /* lake scan: {{ source_name }} {{ stream }} */
        {{ read_lake_files(lake_scan_files(source_name, stream) if execute else []) }}
    /* end of lake scan */
    {% endif %}
{% endmacro %}

{#- The files that hold those rows, oldest first. -#}
{% macro lake_scan_files(source_name, stream) %}
    {% if source_name == "mapped" %}
        {% set places = [] %}
        {% for block in mapped_blocks(stream) if [
            block.source,
            block.stream,
        ] not in places %}
            {% do places.append([block.source, block.stream]) %}
        {% endfor %}
        {{ return(lake_files(places)) }}
    {% elif source_name == "files" %}
        {#- A vendor's own stream may have the same name as the lists' one. -#}
        {% set vendors = mapped_sources() | map(attribute="source") | list %}
        {% set files = [] %}
        {% for file in lake_files([["*", stream]]) if file.split("/")[-3] not in vendors %}
            {% do files.append(file) %}
        {% endfor %}
        {{ return(files) }}
    {% else %} {{ return(lake_files([[source_name, stream]])) }}
    {% endif %}
{% endmacro %}
