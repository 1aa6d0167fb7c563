{#- A whole birth date, `1980-12-31`, at the start of a text; null if there is none. -#}
{% macro birth_date(text) -%}
    {{ regex_found(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}") }}
{%- endmacro %}

{#- Month and day, `12-31`, of a whole birth date or of `12/31`, as Mailchimp writes it. -#}
{% macro birthday(text) -%}
    coalesce(
        {{ regex_found(text, "^[0-9]{4}-([0-9]{2}-[0-9]{2})", 1) }},
        replace({{ regex_found(text, "^[0-9]{2}/[0-9]{2}$") }}, '/', '-')
    )
{%- endmacro %}

{#- Whether two whole birth dates, `1980-12-31`, are one with day and month exchanged. -#}
{% macro day_and_month_swapped(left, right) -%}
    (
        left({{ left }}, 4) = left({{ right }}, 4)
        and substr({{ left }}, 6, 2) = right({{ right }}, 2)
        and right({{ left }}, 2) = substr({{ right }}, 6, 2)
    )
{%- endmacro %}
