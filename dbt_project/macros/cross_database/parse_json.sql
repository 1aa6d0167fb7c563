{#-
  One JSON text parsed once into a struct whose leaves are all text; `shape` is the nested
  dictionary that `lake_records` describes. Keys that the JSON lacks are null, keys that the
  shape lacks are skipped.
-#}
{% macro parse_json(json, shape) %}
    {{ return(adapter.dispatch("parse_json")(json, shape)) }}
{% endmacro %}

{% macro duckdb__parse_json(json, shape) %}
    from_json({{ json }}, {{ string_constant(tojson(duckdb_json_structure(shape))) }})
{% endmacro %}

{% macro duckdb_json_structure(shape) %}
    {% if shape is mapping %}
        {% set structure = {} %}
        {% for key, inner in shape.items() if key != "*" %}
            {% do structure.update({key: duckdb_json_structure(inner)}) %}
        {% endfor %}
        {{ return(structure) }}
    {% elif shape is string %}
        {{
            return(
                {"ids": [{"id": "VARCHAR"}], "texts": ["VARCHAR"]}.get(
                    shape, "VARCHAR"
                )
            )
        }}
    {% else %} {{ return([duckdb_json_structure(shape[0])]) }}
    {% endif %}
{% endmacro %}
