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

{#-
  Whether a birth date is one that forms and programs put where they know none: their first day and the
  first day of a year that is not said. `1980-01-01` may be meant, and weighs less where many have it.
-#}
{% macro birth_date_is_default(text) -%}
    (
        left({{ text }}, 10) in (
            '0001-01-01',
            '1111-11-11',
            '1753-01-01',
            '1899-12-30',
            '1899-12-31',
            '1900-01-00',
            '1900-01-01',
            '9999-12-31',
            '01/01'
        )
    )
{%- endmacro %}
