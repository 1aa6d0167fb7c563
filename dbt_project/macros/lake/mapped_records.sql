{#-
  What the mappings make of raw records: the newest version of each, one row a record and block
  of the section. This is how the models of `staging/mapped` read the lake, as `lake_records` is
  for all others.

  section    people, names or events
  fields     the columns and their types: text, texts (a list), timestamp or decimal(19,4). A
             field that can be a name out of another stream (type `named`) gives two further
             columns: `<field>_stream` and `<field>_id`.

  Columns: source, stream, place (of the block in its section, from 1), record_key (the primary
  key as text), the fields, record_json (the whole record), then those of `lake_columns`.

  A record that a block's conditions leave out is `_is_deleted` for that block.
-#}
{% macro mapped_records(section, fields) %}
    {% set blocks = mapped_blocks(section) %}
    {% set columns = {} %}
    {% for field, type in fields.items() %}
        {% if type == "named" %}
            {% do columns.update(
                {
                    field: "text",
                    field ~ "_stream": "text",
                    field ~ "_id": "text",
                }
            ) %}
        {% else %} {% do columns.update({field: type}) %}
        {% endif %}
    {% endfor %}
    (
        with
            scanned as ({{ lake_scan("mapped", section) }}),

            {% for block in blocks %}
                record_values_{{ loop.index }} as (
                    select
                        _airbyte_raw_id,
                        _airbyte_extracted_at,
                        _airbyte_data,
                        _lake_file,
                        {% for path in block.lists %}
                            {{ json_texts_under("_airbyte_data", path) }}
                            as list_{{ loop.index }},
                        {% endfor %}
                        {{
                            json_texts_at(
                                "_airbyte_data",
                                block.paths + ['$."_ab_cdc_deleted_at"'],
                            )
                        }} as plain
                    from scanned
                    where
                        split_part(_lake_file, '/', 1)
                        = {{ string_constant(block.source) }}
                        and split_part(_lake_file, '/', 2)
                        = {{ string_constant(block.stream) }}
                ),

                block_{{ loop.index }} as (
                    select
                        {{ string_constant(block.source) }} as source,
                        {{ string_constant(block.stream) }} as stream,
                        {{ block.place }} as place,
                        {{ mapped_key(block.key) }} as record_key,
                        {% for column in columns %}
                            {{ mapped_column(block, column, columns, fields) }}
                            as {{ column }}__given,
                        {% endfor %}
                        _airbyte_data as record_json,
                        {{ list_item("plain", block.paths | length + 1) }} is not null
                        {%- for at, values in block.deleted_when %}
                            or coalesce(
                                {{ list_item("plain", at) }}
                                in ({{ mapped_constants(values) }}),
                                false
                            )
                        {%- endfor %}
                        {%- for at, values in block.only_when %}
                            or not coalesce(
                                {{ list_item("plain", at) }}
                                in ({{ mapped_constants(values) }}),
                                false
                            )
                        {%- endfor %} as _is_deleted,
                        _airbyte_extracted_at,
                        _airbyte_raw_id,
                        _lake_file
                    from record_values_{{ loop.index }}
                ),
            {% endfor %}

            together as (
                {% for block in blocks %}
                    select *
                    from block_{{ loop.index }} {{ "union all" if not loop.last }}
                {% else %}
                    select
                        cast(null as varchar) as source,
                        cast(null as varchar) as stream,
                        cast(null as integer) as place,
                        cast(null as varchar) as record_key,
                        {% for column, type in columns.items() %}
                            {% if type == "texts" %} {{ no_texts() }}
                            {% else %} cast(null as varchar)
                            {% endif %} as {{ column }}__given,
                        {% endfor %}
                        cast(null as varchar) as record_json,
                        cast(null as boolean) as _is_deleted,
                        _airbyte_extracted_at,
                        _airbyte_raw_id,
                        _lake_file
                    from scanned
                    where false
                {% endfor %}
            ),

            ranked as (
                select
                    *,
                    row_number() over (
                        partition by source, stream, place, record_key
                        order by
                            _airbyte_extracted_at desc,
                            _lake_file desc,
                            _airbyte_raw_id desc
                    ) as version_rank
                from together
                where record_key is not null
            ),

            typed as (
                select
                    *,
                    {% for column, type in columns.items() %}
                        {% if type == "texts" %} {{ column }}__given
                        {% elif type == "timestamp" %}
                            {{ mapped_timestamp(column ~ "__given") }}
                        {% else %} {{ typed_from_text(column ~ "__given", type) }}
                        {% endif %} as {{ column }}
                        {{- "," if not loop.last }}
                    {% endfor %}
                from ranked
                where version_rank = 1
            )

        select
            source,
            stream,
            place,
            record_key,
            {% for column in columns %} {{ column }}, {% endfor %}
            record_json,
            _airbyte_extracted_at as _extracted_at,
            nullif(
                concat_ws(
                    ', ',
                    cast(null as varchar)
                    {% for column, type in columns.items() if type not in ("text", "texts") %}
                        ,
                        case
                            when {{ column }} is null and {{ column }}__given <> ''
                            then '{{ column }}'
                        end
                    {% endfor %}
                ),
                ''
            ) as _cast_errors,
            _lake_file,
            _airbyte_raw_id as _raw_id,
            _is_deleted
        from typed
    )
{% endmacro %}

{#- The primary key as one text; null if a part of it is. -#}
{% macro mapped_key(key) %}
    {%- for at in key -%}
        {{ list_item("plain", at) }} {{- " || ':' || " if not loop.last }}
    {%- endfor -%}
{% endmacro %}

{% macro mapped_constants(values) %}
    {%- for value in values -%}
        {{ string_constant(value) }}{{ ", " if not loop.last }}
    {%- endfor -%}
{% endmacro %}

{#- What a block gives for a column; null, or an empty list, if it does not map it. -#}
{% macro mapped_column(block, column, columns, fields) %}
    {%- set names = {} -%}
    {%- for field, type in fields.items() if type == "named" -%}
        {%- do names.update({field ~ "_stream": field, field ~ "_id": field}) -%}
    {%- endfor -%}
    {%- set node = block.fields.get(names.get(column, column)) -%}
    {%- if column in ("record_id", "kind") -%}
        {%- set node = block[column] -%}
    {%- endif -%}
    {%- if columns[column] == "texts" -%}
        {{ mapped_values(node) if node else no_texts() }}
    {%- elif column in names -%}
        {%- if not node or node.op != "name_of" -%} cast(null as varchar)
        {%- elif column.endswith("_stream") -%} {{ string_constant(node.stream) }}
        {%- else -%} {{ mapped_value(node.id) }}
        {%- endif -%}
    {%- elif column == "record_id" and not node -%} {{ mapped_key(block.key) }}
    {%- elif not node or node.op == "name_of" -%} cast(null as varchar)
    {%- else -%} {{ mapped_value(node) }}
    {%- endif -%}
{% endmacro %}

{#- One text out of an operation of `connectors/manifest/expression.py`. -#}
{% macro mapped_value(node) %}
    {%- if node.op == "path" -%} nullif({{ list_item("plain", node.at) }}, '')
    {%- elif node.op == "list" -%} {{ list_item("list_" ~ node.at, 1) }}
    {%- elif node.op == "value" -%} {{ string_constant(node.value) }}
    {%- elif node.op == "first" -%}
        coalesce(
            {%- for part in node.of -%}
                {{ mapped_value(part) }}{{ ", " if not loop.last }}
            {%- endfor -%},
            null
        )
    {%- elif node.op == "join" -%}
        {#- Nothing if a part of it is nothing. -#}
        trim(
            {%- for part in node.parts -%}
                {{ mapped_value(part) }}{{ " || " if not loop.last }}
            {%- endfor -%}
        )
    {%- elif node.op == "cases" -%}
        case
            {{ mapped_value(node.of) }}
            {% for theirs, ours in node.cases %}
                when {{ string_constant(theirs) }} then {{ string_constant(ours) }}
            {% endfor %}
            {% if node["else"] %} else {{ string_constant(node["else"]) }}
            {% endif %}
        end
    {%- elif node.op == "epoch_seconds" -%} 'epoch ' || {{ mapped_value(node.of) }}
    {%- elif node.op == "cents" -%}
        coalesce(
            cast(
                try_cast({{ mapped_value(node.of) }} as decimal(19, 2))
                * cast(0.01 as decimal(3, 2)) as varchar
            ),
            {{ mapped_value(node.of) }}
        )
    {%- endif -%}
{% endmacro %}

{#- All texts out of an operation, as a list. -#}
{% macro mapped_values(node) %}
    {%- if node.op == "list" -%} coalesce(list_{{ node.at }}, {{ no_texts() }})
    {%- else -%} {{ list_without_nothing(list_of_one(mapped_value(node))) }}
    {%- endif -%}
{% endmacro %}

{#- A moment in UTC: ISO 8601 with or without zone, epoch milliseconds, or `epoch <seconds>`. -#}
{% macro mapped_timestamp(text) %}
    case
        when {{ text }} like 'epoch %'
        then {{ typed_from_text("substr(" ~ text ~ ", 7)", "epoch_seconds") }}
        else {{ typed_from_text(text, "timestamp") }}
    end
{% endmacro %}
