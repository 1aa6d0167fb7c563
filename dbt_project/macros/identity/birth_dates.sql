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
