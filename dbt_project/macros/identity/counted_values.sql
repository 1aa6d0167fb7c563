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
                "birth_date",
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

{#-
  Whether more people have a birth date than are born on a day, by how many of all records have it: it is
  what a form was filled with, or stands for an unknown one. One person's records may be several.
-#}
{% macro birth_date_is_frequent(date_count, all_count) -%}
    (
        {{ date_count }}
        > greatest({{ var("identity_common_names", 5) }}, 0.0002 * {{ all_count }})
    )
{%- endmacro %}

{#- The birth dates that many have, for what only asks whether one is. -#}
{% macro common_birth_dates() -%}
    select value as birth_date
    from {{ ref("int_identity__value_counts") }}
    where attribute = 'birth_date'
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
