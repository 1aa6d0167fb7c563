{#-
  Materialization of a staging model: the table follows its lake stream.

  The first run, a full refresh, a changed model and a lake in which the files that were read are
  not the same any more (one is gone, an older one came back) read the whole stream. Every other
  run opens only the files that came since. By key (`unique_key`, the model's own column names)
  the newest version wins, whatever the order in which files come, so that the table is the same
  as if it had been built from the whole lake. Rows with `_is_deleted`
  leave the table; their keys and times stay in `<model>__deletions`, so that an older version
  which comes late does not bring a deleted record back.

  Rows, deletions and the note of the last file change in one transaction: a build that is
  killed has changed nothing, and the next one starts where it did.
-#}
{% materialization lake_stream, default %}
    {% set table = this.incorporate(type="table") %}
    {% set deletions = deletions_table(table) %}
    {% set key = config.require("unique_key") %}
    {% set key = [key] if key is string else key %}

    {% set scan = lake_scan_in(compiled_code) %}
    {% set definition = local_md5(compiled_code.replace(scan.sql, "")) %}
    {% set files = lake_scan_files(scan.source_name, scan.stream) %}
    {% set names = [] %}
    {% for file in files %} {% do names.append(lake_file_name(file)) %} {% endfor %}

    {% set existing = load_cached_relation(this) %}
    {% set note = none %}
    {% if existing is not none and existing.is_table and load_cached_relation(
        deletions
    ) %}
        {% set note = fromjson(table_note(table) or "null") %}
    {% endif %}
    {% set follows = (
        note is not none
        and note.definition == definition
        and note.files_read == lake_names_digest(names, note.last_file)
        and not should_full_refresh()
    ) %}

    {% set new_files = [] %}
    {% for file in files %}
        {% if not follows or note.last_file is none or lake_file_name(
            file
        ) > note.last_file %}
            {% do new_files.append(file) %}
        {% endif %}
    {% endfor %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if follows and not new_files %}
        {% call noop_statement("main", "nothing new", "OK", 0) %} select 1 {% endcall %}
    {% else %}
        {% set incoming = make_temp_relation(table) %}
        {% set sql = compiled_code.replace(scan.sql, read_lake_files(new_files)) %}
        {% call statement("main") %} {{ create_table_as(True, incoming, sql) }}
        {% endcall %}

        {% set columns = [] %}
        {% for column in adapter.get_columns_in_relation(incoming) %}
            {% if column.name != "_is_deleted" %}
                {% do columns.append(column.name) %}
            {% endif %}
        {% endfor %}

        {% call statement("apply") %}
            {% if follows %}
                {{ follow_lake_stream(table, deletions, incoming, key, columns) }}
            {% else %}
                {{
                    replace_lake_stream(
                        existing, table, deletions, incoming, key, columns
                    )
                }}
            {% endif %}
        {% endcall %}

        {% set last_file = names[-1] if names else none %}
        {% call statement("note") %}
            {{
                write_table_note(
                    table,
                    tojson(
                        {
                            "definition": definition,
                            "last_file": last_file,
                            "files_read": lake_names_digest(names, last_file),
                        }
                    ),
                )
            }}
        {% endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {% if incoming is defined %} {% do adapter.drop_relation(incoming) %} {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [table]}) }}
{% endmaterialization %}

{#- What is known of the deleted records of a staging model: their keys and versions. -#}
{% macro deletions_table(relation) %}
    {% set path = {"identifier": relation.identifier ~ "__deletions"} %}
    {{ return(relation.incorporate(path=path, type="table")) }}
{% endmacro %}

{#- The table and its deletions anew, out of all rows. -#}
{% macro replace_lake_stream(existing, table, deletions, incoming, key, columns) %}
    {% if existing is not none %} drop {{ existing.type }} {{ existing }}
        ;
    {% endif %}
    drop table if exists {{ deletions }};

    create table {{ table }} as
    select {{ columns | join(", ") }}
    from {{ incoming }}
    where not _is_deleted;

    create table {{ deletions }} as
    select {{ (key + lake_version()) | join(", ") }}
    from {{ incoming }}
    where _is_deleted;
{% endmacro %}

{#- New rows put in place of the versions that they outdate. -#}
{% macro follow_lake_stream(table, deletions, incoming, key, columns) %}
    {% for known in [table, deletions] %}
        delete from {{ incoming }}
        where
            exists (
                select 1
                from {{ known }} as known
                where
                    {{ lake_same_key("known", incoming, key) }}
                    and (known.{{ lake_version() | join(", known.") }}) >= (
                        {{ incoming }}.
                        {{ lake_version() | join(", " ~ incoming ~ ".") }}
                    )
            )
        ;
    {% endfor %}

    {% for known in [table, deletions] %}
        delete from {{ known }}
        where
            exists (
                select 1
                from {{ incoming }} as newer
                where {{ lake_same_key("newer", known, key) }}
            )
        ;
    {% endfor %}

    insert into {{ table }} ({{ columns | join(", ") }})
    select {{ columns | join(", ") }}
    from {{ incoming }}
    where not _is_deleted;

    insert into {{ deletions }} ({{ (key + lake_version()) | join(", ") }})
    select {{ (key + lake_version()) | join(", ") }}
    from {{ incoming }}
    where _is_deleted;
{% endmacro %}

{#- What orders the versions of one record, and the two relations' keys being the same. -#}
{% macro lake_version() %}
    {{ return(["_extracted_at", "_lake_file", "_raw_id"]) }}
{% endmacro %}

{% macro lake_same_key(left, right, key) %}
    {% for column in key %}
        {{ left }}.{{ column }} = {{ right }}.{{ column }} {{ "and" if not loop.last }}
    {% endfor %}
{% endmacro %}

{#- Stands for the names up to the last one that was read, that one included. -#}
{% macro lake_names_digest(names, last_file) %}
    {% set read = [] %}
    {% for name in names if last_file is not none and name <= last_file %}
        {% do read.append(name) %}
    {% endfor %}
    {{ return(local_md5(read | join("/"))) }}
{% endmacro %}
