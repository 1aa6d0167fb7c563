{#-
  A text brought down to lower-case letters, digits and single blanks, without accents, Hebrew
  points, apostrophes and geresh (`O'Brien` is `obrien`), at most 200 characters long. Hyphens
  become blanks. Null and nothing but signs give an empty text.
-#}
{% macro plain_text(text) -%}
    trim(
        {{
            regex_replaced(
                regex_replaced(
                    without_accents("lower(left(coalesce(" ~ text ~ ", ''), 200))"),
                    "['’‘`´׳״\"“”]",
                    "",
                ),
                "[^\\p{L}\\p{N}]+",
                " ",
            )
        }}
    )
{%- endmacro %}

{#- Like `plain_text`, for names: commas stay, hyphens inside do too, and words in brackets go. -#}
{% macro plain_name(text) -%}
    case
        -- Most names are letters and single spaces already; to see that is quicker by
        -- far.
        when
            {{ regex_matches(text, "^[A-Za-zא-ת]+( [A-Za-zא-ת]+)*$") }}
            and length({{ text }}) <= 200
        then lower({{ text }})
        else
            trim(
                both '- '
                from
                    {{
                        regex_replaced(
                            regex_replaced(
                                regex_replaced(
                                    without_accents(
                                        "lower(left(coalesce(" ~ text ~ ", ''), 200))"
                                    ),
                                    "['’‘`´׳״\"“”]|\\([^)]*\\)",
                                    "",
                                ),
                                "\\s*[-–־]\\s*",
                                "-",
                            ),
                            "[^\\p{L},-]+",
                            " ",
                        )
                    }}
            )
    end
{%- endmacro %}

{#- What a text has besides letters and digits goes. Most have nothing, and to see that is quick. -#}
{% macro letters_and_digits(text) -%}
    case
        when {{ regex_matches(text, "^[A-Za-z0-9]*$") }}
        then {{ text }}
        else {{ regex_replaced(text, "[^\\p{L}\\p{N}]", "") }}
    end
{%- endmacro %}
