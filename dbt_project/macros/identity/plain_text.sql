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
{%- endmacro %}
