{#-
  The lake files of some streams, as the engine would open them, oldest first.

  `places` is a list of [folder, stream]; the folder `*` stands for every source that has the
  stream. Only finished files count: their names start with the moment when they were written.
-#}
{% macro lake_files(places) %}
    {{ return(adapter.dispatch("lake_files")(places)) }}
{% endmacro %}

{% macro duckdb__lake_files(places) %}
    {% set listing %}
        select file
        from
            (
                {% for folder, stream in places %}
                    {% set pattern = (
                        duckdb_literal_path(lake_root())
                        ~ "/"
                        ~ folder
                        ~ "/"
                        ~ duckdb_literal_path(stream)
                        ~ "/*.parquet"
                    ) %}
                    select file from glob({{ string_constant(pattern) }})
                    {{ "union all" if not loop.last }}
                {% endfor %}
            ) as found
        where
            regexp_matches(
                parse_filename(file), '^[0-9]{8}T[0-9]{6}_[0-9]{6}-[0-9a-f]{8}[.]parquet$'
            )
        order by parse_filename(file), file
    {% endset %}
    {{ return(run_query(listing).columns[0].values() | list if places else []) }}
{% endmacro %}
