{#-
  A short text kept with a table, in the same transaction as the table's rows. Staging keeps in
  it how far it has read the lake.
-#}
{% macro table_note(relation) %}
    {{ return(adapter.dispatch("table_note")(relation)) }}
{% endmacro %}

{% macro duckdb__table_note(relation) %}
    {% set lookup %}
        select comment
        from duckdb_tables()
        where
            database_name = {{ string_constant(relation.database) }}
            and schema_name = {{ string_constant(relation.schema) }}
            and table_name = {{ string_constant(relation.identifier) }}
    {% endset %}
    {% set notes = run_query(lookup).columns[0].values() %}
    {{ return(notes[0] if notes else none) }}
{% endmacro %}

{% macro write_table_note(relation, note) %}
    {{ return(adapter.dispatch("write_table_note")(relation, note)) }}
{% endmacro %}

{% macro duckdb__write_table_note(relation, note) %}
    comment on table {{ relation }} is {{ string_constant(note) }}
{% endmacro %}
