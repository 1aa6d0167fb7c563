{#- The columns with which every staging model ends; see `lake_records`. -#}
{% macro lake_columns() -%}
    _extracted_at, _cast_errors, _lake_file, _raw_id, _is_deleted
{%- endmacro %}
