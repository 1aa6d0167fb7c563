{#-
  DuckDB's tables, made in place: one transaction drops a model's old table and makes the new one.
  What dbt-duckdb does by itself, for engines where others would notice, makes the table under
  another name, renames it and the old one, and drops that in a second transaction; for a small
  model these statements are most of its price.
-#}
{% materialization table, adapter = "duckdb" %}
    {% set table = this.incorporate(type="table") %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement("main") %}
        {{ replace_table(load_cached_relation(this), table, compiled_code) }}
    {% endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [table]}) }}
{% endmaterialization %}
