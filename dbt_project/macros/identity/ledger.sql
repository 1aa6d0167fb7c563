{#-
  What came to the ledger of customer ids since the last build.

  int_identity__ledger_marks says how far staging has read the two streams of the ledger;
  int_identity__finished_build keeps it when a build came to its end. The next build that follows
  looks at what lies in later lake files only. Where the files that were read are not the same
  any more (the lake was compacted or restored, an older file came late) it compares all of it
  with what it knows.
-#}
{% macro ledger_streams() %}
    {{ return(["customer_ids", "customer_id_history"]) }}
{% endmacro %}

{#-
  For each stream: how far staging has read it (`last_file` and `files_read`, as in the note of
  `lake_stream`), and `known_file`, the last file that the last build knew; empty if that can't be
  gone by.
-#}
{% macro ledger_marks() %}
    {% set known = {} %}
    {% if identity_follows() %}
        {% set lookup %}
            select stream, last_file, files_read
            from {{ identity_table("int_identity__finished_build") }}
        {% endset %}
        {% for row in run_query(lookup).rows %}
            {% do known.update({row[0]: {"last_file": row[1], "files_read": row[2]}}) %}
        {% endfor %}
    {% endif %}
    {% set marks = [] %}
    {% for stream in ledger_streams() %}
        {% set note = (
            table_note(identity_table("stg_kesher__" ~ stream))
            if execute
            else none
        ) %}
        {% set read = fromjson(note or "{}") %}
        {% set last_file = known.get(stream, {}).get("last_file") %}
        {% set names = [] %}
        {% set files = lake_files([["kesher", stream]]) if last_file else [] %}
        {% for file in files %} {% do names.append(lake_file_name(file)) %} {% endfor %}
        {% set is_there = (
            last_file
            and lake_names_digest(names, last_file)
            == known[stream].files_read
        ) %}
        {% do marks.append(
            {
                "stream": stream,
                "known_file": last_file if is_there else "",
                "last_file": read.get("last_file") or "",
                "files_read": read.get("files_read") or "",
            }
        ) %}
    {% endfor %}
    {{ return(marks) }}
{% endmacro %}

{#- The condition of the rows of a ledger stream that came since the last build. -#}
{% macro came_since(marks, stream) -%}
    _lake_file > (
        select concat('kesher/', stream, '/', known_file)
        from {{ marks }}
        where stream = '{{ stream }}' and known_file <> ''
    )
{%- endmacro %}

{#- Whether all of a stream has to be compared. A row may also be gone without a word of it. -#}
{% macro is_read_anew(marks, stream) -%}
    exists (select 1 from {{ marks }} where stream = '{{ stream }}' and known_file = '')
{%- endmacro %}
