{#-
  The marks that no eye sees, as the inside of a class of a regular expression: spaces of no width, the
  direction of writing, the byte order mark, the soft hyphen. They come with what is copied.
-#}
{% macro invisible_marks() -%}
    {{
        return(
            "\\x{00ad}\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}\\x{2060}-\\x{2069}\\x{feff}"
        )
    }}
{%- endmacro %}

{#-
  Lower-case letters without accents, and those that are no letter with an accent (`ł`, `ß`) as people
  write them who do not have them. dashboard/search.py repeats this.
-#}
{% macro plain_letters(text) -%}
    {%- set letters = namespace(
        sql=letters_translated(without_accents(text), "łøđðħı", "loddhi")
    ) -%}
    {%- for letter, letters_for_it in [
        ("æ", "ae"),
        ("œ", "oe"),
        ("ß", "ss"),
        ("þ", "th"),
    ] -%}
        {%- set letters.sql = (
            "replace("
            ~ letters.sql
            ~ ", '"
            ~ letter
            ~ "', '"
            ~ letters_for_it
            ~ "')"
        ) -%}
    {%- endfor -%}
    {{ letters.sql }}
{%- endmacro %}

{#-
  A text brought down to lower-case letters, digits and single blanks, without accents, Hebrew
  points, invisible marks, apostrophes and geresh (`O'Brien` is `obrien`), at most 200 characters long. Hyphens
  become blanks. Null and nothing but signs give an empty text.
-#}
{% macro plain_text(text) -%}
    case
        -- Much is plain but for its capitals, and to see that is quicker by far.
        when
            {{ regex_matches(text, "^[A-Za-z0-9א-ת]+( [A-Za-z0-9א-ת]+)*$") }}
            and length({{ text }}) <= 200
        then lower({{ text }})
        else
            trim(
                {{
                    regex_replaced(
                        regex_replaced(
                            plain_letters(
                                "lower(left(coalesce(" ~ text ~ ", ''), 200))"
                            ),
                            "['’‘`´׳״\"“”" ~ invisible_marks() ~ "]",
                            "",
                        ),
                        "[^\\p{L}\\p{N}]+",
                        " ",
                    )
                }}
            )
    end
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
                                    plain_letters(
                                        "lower(left(coalesce(" ~ text ~ ", ''), 200))"
                                    ),
                                    "['’‘`´׳״\"“”"
                                    ~ invisible_marks()
                                    ~ "]|\\([^)]*\\)",
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
