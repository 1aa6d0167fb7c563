{#-
  The columns that `kesher match --also` compares besides those that it knows: variable
  `identity_also`, a list of column names.
-#}
{% macro identity_also_columns() %}
    {{ return(var("identity_also", [])) }}
{% endmacro %}

{#-
  The national id, from the custom field that the variable `identity_national_ids` names for a
  source, e.g. `{hubspot: id_number}`; null for the others. `fields` is the JSON of the
  source's custom fields.
-#}
{% macro configured_national_id(source, fields) %}
    {%- set field = var("identity_national_ids", {}).get(source) -%}
    {%- if field -%} {{ json_field_text(fields, field) }}
    {%- else -%} cast(null as varchar)
    {%- endif -%}
{% endmacro %}

{#-
  The records of other systems that a record names, as `source:id;source:id`, by the variable
  `identity_external_ids`: for a source its fields, each with the source whose ids it holds, e.g.
  `{zendesk: {external_id: stripe}}`. `columns` are fields that are columns by themselves; all others are
  looked up among the custom fields.
-#}
{% macro configured_external_ids(source, fields, columns={}) %}
    {%- set configured = var("identity_external_ids", {}).get(source, {}) -%}
    {%- if configured -%}
        nullif(
            concat_ws(
                ';',
                {% for field, other_source in configured.items() %}
                    {{ string_constant(other_source ~ ":") }}
                    || {{ columns.get(field) or json_field_text(fields, field) }}
                    {{- "," if not loop.last }}
                {% endfor %}
            ),
            ''
        )
    {%- else -%} cast(null as varchar)
    {%- endif -%}
{% endmacro %}

{#- The same for lists in files and mapped sources, which have names of their own. -#}
{% macro configured_external_ids_of_files(fields, source="source") %}
    {%- set lists = [] -%}
    {%- for source in var("identity_external_ids", {}) if source not in (
        "stripe",
        "zendesk",
        "mailchimp",
        "hubspot",
    ) -%}
        {%- do lists.append(source) -%}
    {%- endfor -%}
    {%- if lists -%}
        case
            {{ source }}
            {% for source in lists %}
                when {{ string_constant(source) }}
                then {{ configured_external_ids(source, fields) }}
            {% endfor %}
        end
    {%- else -%} cast(null as varchar)
    {%- endif -%}
{% endmacro %}
