{#- The columns of int_identity__records whose values count: how common one is says what it is worth. -#}
{% macro counted_columns() %}
    {{
        return(
            [
                "given",
                "name_key",
                "city_key",
                "postcode",
                "company_key",
                "company_domain",
            ]
            + identity_also_columns()
        )
    }}
{% endmacro %}

{#-
  Whether a given name is rare, by how many of all records have it. A slip of the pen makes a rare
  spelling.
-#}
{% macro given_is_rare(given_count, all_count) -%}
    ({{ given_count }} <= greatest(2, 0.0002 * {{ all_count }}))
{%- endmacro %}

{#- What the use of an identifier is called in lists: the smaller, the more the identifier is worth. -#}
{% macro identifier_use_code(use) -%}
    case
        {{ use }}
        when 'personal'
        then '1'
        when 'shared'
        then '2'
        when 'role'
        then '3'
        else '4'
    end
{%- endmacro %}
