{#- The name of a person record as its system wrote it, without blanks to spare; null if none. -#}
{% macro written_name(record) -%}
    nullif(
        trim(
            {{
                regex_replaced(
                    "coalesce(nullif(concat_ws(' ', "
                    ~ record
                    ~ ".given_name, "
                    ~ record
                    ~ ".family_name), ''), "
                    ~ record
                    ~ ".full_name)",
                    "\\s+",
                    " ",
                )
            }}
        ),
        ''
    )
{%- endmacro %}

{#- A part of a name: as its system wrote it, or the part of a full name with a capital letter. -#}
{% macro shown_name(written, parsed, is_company) -%}
    case
        when {{ is_company }}
        then null
        when trim({{ written }}) <> ''
        then trim({{ written }})
        else concat(upper(left({{ parsed }}, 1)), substr({{ parsed }}, 2))
    end
{%- endmacro %}
