{#-
  The sources that a folder with a manifest describes, each with the newest version of its
  mapping: a list of {source, mapping}, by name. Kesher keeps the mappings in the lake, so that
  the warehouse can be built from the lake alone. The variable `mapped_sources` takes their place
  in unit tests.
-#}
{% macro mapped_sources() %}
    {% set given = var("mapped_sources", none) %}
    {% if given is not none %} {{ return(given) }} {% endif %}
    {% if not execute %} {{ return([]) }} {% endif %}
    {% set files = lake_files([["kesher", "source_mappings"]]) %}
    {% if not files %} {{ return([]) }} {% endif %}
    {% set newest %}
        select {{ json_field_text("_airbyte_data", "source") }} as source,
            {{ json_field_text("_airbyte_data", "mapping") }} as mapping
        from ({{ read_lake_files(files) }}) as mappings
        order by _airbyte_extracted_at, _lake_file, _airbyte_raw_id
    {% endset %}
    {% set by_source = {} %}
    {% for row in run_query(newest).rows %}
        {% do by_source.update({row[0]: fromjson(row[1])}) %}
    {% endfor %}
    {% set sources = [] %}
    {% for source in by_source | sort %}
        {% do sources.append({"source": source, "mapping": by_source[source]}) %}
    {% endfor %}
    {{ return(sources) }}
{% endmacro %}

{#- The blocks of one section (people, names, events) of all mappings, each with its source. -#}
{% macro mapped_blocks(section) %}
    {% set blocks = [] %}
    {% for mapped in mapped_sources() %}
        {% for block in mapped.mapping.get(section, []) %}
            {% do blocks.append(dict(block, source=mapped.source, place=loop.index)) %}
        {% endfor %}
    {% endfor %}
    {{ return(blocks) }}
{% endmacro %}
