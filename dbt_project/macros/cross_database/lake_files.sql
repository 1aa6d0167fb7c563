{#-
  The lake files of one stream, as the engine would open them, oldest first.

  `folder` is the source's folder, or `*` for every source that has the stream. Only finished
  files count: their names start with the moment when they were written.
-#}
{% macro lake_files(folder, stream) %}
    {{ return(adapter.dispatch("lake_files")(folder, stream)) }}
{% endmacro %}

{% macro duckdb__lake_files(folder, stream) %}
    {% set pattern = (
        duckdb_literal_path(lake_root())
        ~ "/"
        ~ folder
        ~ "/"
        ~ stream
        ~ "/*.parquet"
    ) %}
    {% set listing %}
        select file
        from glob({{ string_constant(pattern) }})
        where
            regexp_matches(
                parse_filename(file), '^[0-9]{8}T[0-9]{6}_[0-9]{6}-[0-9a-f]{8}[.]parquet$'
            )
        order by parse_filename(file), file
    {% endset %}
    {{ return(run_query(listing).columns[0].values() | list) }}
{% endmacro %}
