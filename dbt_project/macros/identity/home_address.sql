{#-
  A street as plain text, with a blank before and after and two between words, so that a pattern can
  take a word with its blanks and leave those of the next one.
-#}
{% macro spaced_street(street) -%}
    concat(' ', replace({{ plain_text(street) }}, ' ', '  '), ' ')
{%- endmacro %}

{#-
  A spaced street without what says where in the house one lives: `Herzl 12, Apt 4` is
  `Herzl 12`.
-#}
{% macro without_unit(spaced) -%}
    {{
        regex_replaced(
            spaced,
            " (?:" ~ unit_words()
            | join("|") ~ ")(?:  )?(?:[0-9]+[a-zא-ת]?|[a-zא-ת]) ",
            " ",
        )
    }}
{%- endmacro %}

{#-
  The number of a flat: what comes after such a word, or right after the house number
  (`Herzl 12/4`); `house` is what `without_unit` gives.
-#}
{% macro flat_number(spaced, house) -%}
    coalesce(
        {{
            regex_found(
                spaced,
                " (?:" ~ flat_words() | join("|") ~ ")(?:  )?([0-9]+[a-zא-ת]?) ",
                1,
            )
        }},
        {{ regex_found(house, " [0-9]+[a-zא-ת]?  ([0-9]+) ", 1) }}
    )
{%- endmacro %}

{#- The letters of a street's name; `house` is what `without_unit` gives. -#}
{% macro street_letters(house) -%}
    {{
        regex_replaced(
            plain_street(regex_replaced(house, " [0-9][^ ]* ", " ")), "[^\\p{L}]", ""
        )
    }}
{%- endmacro %}

{% macro house_number(house) -%}
    {{ regex_found(house, " ([0-9]+)[a-zא-ת]? ", 1) }}
{%- endmacro %}

{#- The number of a numbered street: 5 of 5th Avenue. -#}
{% macro street_ordinal(house) -%}
    {{ regex_found(house, " ([0-9]+)(?:st|nd|rd|th) ", 1) }}
{%- endmacro %}

{% macro flat_words() %}
    {{
        return(
            [
                "apt",
                "apartment",
                "flat",
                "unit",
                "suite",
                "ste",
                "room",
                "wohnung",
                "whg",
                "דירה",
                "ד",
            ]
        )
    }}
{% endmacro %}

{% macro unit_words() %}
    {{
        return(
            flat_words()
            + ["floor", "fl", "etage", "entrance", "קומה", "כניסה", "בניין"]
        )
    }}
{% endmacro %}
