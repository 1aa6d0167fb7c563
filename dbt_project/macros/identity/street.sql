{#-
  The name of a spaced street (see `spaced_street`) without blanks and numbers, and without the words
  that mean street, road or avenue, which come and go: `רח' הרצל 12`, `Herzl St. 12`, `12 Herzl`. In
  German they are the end of the name.
-#}
{% macro street_name(spaced) -%}
    replace(
        {{
            regex_replaced(
                "replace(replace(" ~ spaced ~ ", 'strasse ', ' '), 'str ', ' ')",
                " (?:[0-9][^ ]*|רח|רחוב|שד|שדרות|שדרה|דרך|סמטת|סמ|ככר|כיכר|street|st|road|rd|avenue|ave|av|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|way|close|square|sq|sderot|rehov|rechov|derech|ulitsa|ulica|ul|vulitsya|vul|prospekt) ",
                " ",
            )
        }},
        ' ',
        ''
    )
{%- endmacro %}

{#-
  A spaced street with the points of the compass spelt one way: `12 N Main St`, `12 North Main St`.
  What they become is what the Hebrew ones sound like (צפון, דרום, מזרח, מערב): east, south and west
  sound alike once their vowels are gone. A letter after the last number is the house's.
-#}
{% macro with_plain_directions(spaced) -%}
    {%- set street = namespace(
        sql=regex_replaced(
            regex_replaced(spaced, "([0-9])  ([a-z]) $", "\\1\\2 "),
            " (n|s|north|south)(e|w|east|west) ",
            " \\1  \\2 ",
        )
    ) -%}
    {%- for words, letters in [
        ("n|north|צפון", "zpn"),
        ("s|south|דרום", "drm"),
        ("e|east|מזרח", "mzrk"),
        ("w|west|מערב", "mrb"),
    ] -%}
        {%- set street.sql = regex_replaced(
            street.sql, " (?:" ~ words ~ ") ", " " ~ letters ~ " "
        ) -%}
    {%- endfor -%}
    {{ street.sql }}
{%- endmacro %}

{% macro direction_words() %}
    {{
        return(
            [
                "n",
                "s",
                "e",
                "w",
                "ne",
                "nw",
                "se",
                "sw",
                "north(?:east|west)?",
                "south(?:east|west)?",
                "east",
                "west",
                "צפון",
                "דרום",
                "מזרח",
                "מערב",
            ]
        )
    }}
{% endmacro %}
