{#-
  The newest version of each record of a lake stream, one row a key, typed. This is the only
  way in which a model reads the lake.

  source_name, stream   a source table of the staging YAML; the lake folder of the same name
  primary_key           the fields which make a record one and the same, by their output names;
                        compared as text. One that is cast also comes as `<field>__text`.
  fields                the JSON's keys and their types, nested as the JSON is. An inner key's
                        column is named after its way: {"address": {"line1": "text"}} gives
                        `address_line1`. A list with one shape in it stands for the list's
                        first element. {"properties": {"*": "json", …}} gives the whole object
                        as text, `properties_json`. For the types see `typed_from_text`; also
                        `texts`, a list of texts, and `ids`, a list of objects with an id, both
                        as comma-joined text.
  optional_key          further fields of the key, which a record need not have
  deleted               a condition over the output names, when the vendor has its own sign for
                        a deleted record, beside the lake's tombstones

  Columns: `_source` (the lake folder that a record is in), the fields, then
    _extracted_at  when this version was read from the vendor (UTC)
    _cast_errors   names of the fields whose value did not cast, comma-joined; null if all did
    _lake_file     the lake file that holds it, and
    _raw_id        its `_airbyte_raw_id` there, for whoever needs the record as it was sent
    _is_deleted    the newest version says that the record is gone; `lake_stream` takes such
                   rows out of the table

  Newest is by time of extraction, then lake file, then raw id, whatever the order of arrival.
-#}
{% macro lake_records(
    source_name, stream, primary_key, fields, deleted=none, optional_key=[]
) %}
    {% set shape = dict(fields, _ab_cdc_deleted_at="text") %}
    {% set leaves = lake_leaves(shape, "record") %}
    (
        with
            scanned as ({{ lake_scan(source_name, stream) }}),

            parsed as (
                select
                    _airbyte_extracted_at,
                    _airbyte_raw_id,
                    _lake_file,
                    {% for leaf in leaves if leaf.whole %}
                        {{ json_object_text("_airbyte_data", leaf.way) }}
                        as {{ leaf.column }},
                    {% endfor %}
                    {{ parse_json("_airbyte_data", shape) }} as record
                from scanned
            ),

            named as (
                select
                    split_part(_lake_file, '/', 1) as _source,
                    {% for leaf in leaves %}
                        {{ leaf.column if leaf.whole else leaf.expression }}
                        as {{ leaf.column }},
                    {% endfor %}
                    _airbyte_extracted_at,
                    _airbyte_raw_id,
                    _lake_file
                from parsed
            ),

            ranked as (
                select
                    *,
                    row_number() over (
                        partition by
                            {{ primary_key | join(", ") }}
                            {% for key in optional_key %}
                                , coalesce({{ key }}, '')
                            {% endfor %}
                        order by
                            _airbyte_extracted_at desc,
                            _lake_file desc,
                            _airbyte_raw_id desc
                    ) as version_rank
                from named
                where
                    {% for key in primary_key %}
                        {{ key }} is not null {{ "and" if not loop.last }}
                    {% endfor %}
            ),

            typed as (
                select
                    _source,
                    {% for leaf in leaves %}
                        {{ leaf.column }} as {{ leaf.column }}__text,
                        {{ typed_from_text(leaf.column, leaf.type) }}
                        as {{ leaf.column }},
                    {% endfor %}
                    _airbyte_extracted_at,
                    _airbyte_raw_id,
                    _lake_file
                from ranked
                where version_rank = 1
            )

        select
            _source,
            {% for leaf in leaves if leaf.column != "_ab_cdc_deleted_at" %}
                {{ leaf.column }},
            {% endfor %}
            {% for leaf in leaves if leaf.column in primary_key and leaf.type != "text" %}
                {{ leaf.column }}__text,
            {% endfor %}
            _airbyte_extracted_at as _extracted_at,
            nullif(
                concat_ws(
                    ', ',
                    cast(null as varchar)
                    {% for leaf in leaves if leaf.type not in ("text", "json", "ids") %}
                        ,
                        case
                            when
                                {{ leaf.column }} is null
                                and {{ leaf.column }}__text <> ''
                            then '{{ leaf.column }}'
                        end
                    {% endfor %}
                ),
                ''
            ) as _cast_errors,
            _lake_file,
            _airbyte_raw_id as _raw_id,
            _ab_cdc_deleted_at is not null
            {% if deleted %}
                or coalesce({{ deleted }}, false)
            {% endif %} as _is_deleted
        from typed
    )
{% endmacro %}

{#- The leaves of a `fields` shape: column, type, keys, and the expression that reaches it. -#}
{% macro lake_leaves(shape, expression, column="", keys=[]) %}
    {% set leaves = [] %}
    {% if shape is mapping %}
        {% for key, inner in shape.items() %}
            {% if key == "*" %}
                {% do leaves.append(
                    {
                        "column": column ~ "_json",
                        "type": "json",
                        "way": keys,
                        "whole": true,
                    }
                ) %}
            {% else %}
                {% do leaves.extend(
                    lake_leaves(
                        inner,
                        expression ~ '."' ~ key ~ '"',
                        ((column ~ "_" if column else "") ~ key) | lower,
                        keys + [key],
                    )
                ) %}
            {% endif %}
        {% endfor %}
    {% elif shape is string %}
        {% do leaves.append(
            {
                "column": column,
                "type": "text" if shape in ("ids", "texts") else shape,
                "expression": (
                    joined_ids(expression)
                    if shape == "ids"
                    else (
                        joined_texts(expression)
                        if shape == "texts"
                        else expression
                    )
                ),
            }
        ) %}
    {% else %}
        {% do leaves.extend(
            lake_leaves(shape[0], first_of_list(expression), column, keys)
        ) %}
    {% endif %}
    {{ return(leaves) }}
{% endmacro %}
