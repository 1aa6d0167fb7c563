{#-
  Rows of the given lake files in Airbyte's raw format, plus the file that holds them
  (`_lake_file`, as <source>/<stream>/<file name>). No files give no rows, with the same types.
-#}
{% macro read_lake_files(files) %}
    {{ return(adapter.dispatch("read_lake_files")(files)) }}
{% endmacro %}

{% macro duckdb__read_lake_files(files) %}
    select
        _airbyte_raw_id,
        cast(
            _airbyte_extracted_at at time zone 'UTC' as timestamp
        ) as _airbyte_extracted_at,
        _airbyte_data,
        array_to_string(string_split(filename, '/')[-3:], '/') as _lake_file
    from
        {% if files %}
            read_parquet(
                [
                    {% for file in files %}
                        {{ string_constant(duckdb_literal_path(file)) }}{{ "," if not loop.last }}
                    {% endfor %}
                ],
                filename = true,
                hive_partitioning = false
            )
    {% else %}
            (
                select
                    cast(null as varchar) as _airbyte_raw_id,
                    cast(null as timestamptz) as _airbyte_extracted_at,
                    cast(null as varchar) as _airbyte_data,
                    cast(null as varchar) as filename
            ) as nothing
        where false
    {% endif %}
{% endmacro %}
