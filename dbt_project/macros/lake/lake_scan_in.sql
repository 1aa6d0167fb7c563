{#- The part of compiled code that `lake_scan` wrote: its sql, source and stream. -#}
{% macro lake_scan_in(compiled) %}
    {% set found = modules.re.search(
        "/[*] lake scan: ([^ ]+) ([^ ]+) [*]/(.|\n)*?/[*] end of lake scan [*]/",
        compiled,
    ) %}
    {% if not found %}
        {% do exceptions.raise_compiler_error(
            "A model materialized as lake_stream reads the lake through lake_records, once."
        ) %}
    {% endif %}
    {{
        return(
            {
                "sql": found.group(0),
                "source_name": found.group(1),
                "stream": found.group(2),
            }
        )
    }}
{% endmacro %}
