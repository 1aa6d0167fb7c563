{#-
  A query that brings streets as they were typed to the house and the door that they mean. `relation`
  has the column street; the result has it again, with house_key, the street's name by its sound and
  the number of the house (null without one), flat, and box_number, that of a post office box. What
  stands around the house's own name makes no other house: a flat, a floor, a box.
-#}
{% macro street_houses(relation) %}
    with
        spaced_streets as (
            select street, {{ spaced_street("street") }} as spaced from {{ relation }}
        ),

        -- Most streets are no more than a name, a number and a flat.
        worded as (
            select street, spaced, {{ has_rare_words("spaced") }} as has_rare_words
            from spaced_streets
        ),

        boxless_streets as (
            select
                street,
                has_rare_words,
                case
                    when has_rare_words then {{ without_box("spaced") }} else spaced
                end as boxless,
                case
                    when has_rare_words then {{ box_number("spaced") }}
                end as box_number
            from worded
        ),

        unitless_streets as (
            select
                street,
                has_rare_words,
                boxless,
                box_number,
                {{ without_unit("boxless") }} as unitless
            from boxless_streets
        ),

        -- In `Unit 5, Hatikva Mall` the unit is all the number there is.
        numbered_streets as (
            select
                street,
                has_rare_words,
                boxless,
                box_number,
                case
                    when
                        unitless <> boxless
                        and not {{ regex_matches("unitless", "[0-9]") }}
                    then boxless
                    when has_rare_words
                    then {{ without_floor("unitless") }}
                    else unitless
                end as numbered
            from unitless_streets
        ),

        plain_houses as (
            select
                street,
                box_number,
                boxless,
                case
                    when has_rare_words
                    then {{ with_plain_directions("numbered") }}
                    else numbered
                end as house
            from numbered_streets
        ),

        parted as (
            select
                street,
                box_number,
                {{ street_name("house") }} as name,
                {{ street_ordinal("house") }} as ordinal,
                {{ house_number("house") }} as house_number,
                {{ flat_number("boxless", "house") }} as flat
            from plain_houses
        ),

        -- A street has many houses.
        street_names as (
            select
                name,
                -- The name itself in a script that has no consonants for us.
                coalesce(nullif({{ loose_name_key("name") }}, ''), name) as name_key
            from (select distinct name from parted) as names
        )

    select
        parted.street,
        case
            when
                parted.house_number is not null
                and (parted.name <> '' or parted.ordinal is not null)
            then
                concat(
                    street_names.name_key,
                    '#',
                    parted.house_number,
                    '#' || parted.ordinal
                )
        end as house_key,
        parted.flat,
        parted.box_number
    from parted
    inner join street_names on street_names.name = parted.name
{% endmacro %}

{#-
  A street as plain text, with a blank before and after and two between words, so that a pattern can
  take a word with its blanks and leave those of the next one. `#4` beside a house number is a flat.
-#}
{% macro spaced_street(street) -%}
    {%- set numbered = regex_replaced(
        regex_replaced(
            street, "^ *# *([0-9]+[A-Za-z]? *[,-] *[0-9])", "apt \\1"
        ),
        "([0-9].*)#",
        "\\1 apt ",
    ) -%}
    concat(
        ' ',
        replace(
            {{
                plain_text(
                    "case when "
                    ~ street
                    ~ " like '%#%' then "
                    ~ numbered
                    ~ " else "
                    ~ street
                    ~ " end"
                )
            }},
            ' ',
            '  '
        ),
        ' '
    )
{%- endmacro %}

{#- Whether there may be more in a spaced street than a name, a number and a flat. -#}
{% macro has_rare_words(spaced) -%}
    {{
        regex_matches(
            spaced,
            " (?:"
            ~ (["floor", "fl", "etage", "og"] + direction_words() + box_words())
            | join("|") ~ ") ",
        )
    }}
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

{#- A spaced street without its floor, where the number comes first: `Herzl 12, 2nd floor`. -#}
{% macro without_floor(spaced) -%}
    {{
        regex_replaced(
            spaced,
            " (?:(?:[0-9]+(?:st|nd|rd|th)|ground|top)  (?:floor|fl)|[0-9]+  (?:og|etage)) ",
            " ",
        )
    }}
{%- endmacro %}

{#-
  The number of a flat: what comes after such a word, or right after the house number
  (`Herzl 12/4`); `house` is the street without any.
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

{#- The number of a house: `Herzl12` has one too. -#}
{% macro house_number(house) -%}
    coalesce(
        {{ regex_found(house, " ([0-9]+)[a-zא-ת]? ", 1) }},
        {{ regex_found(house, "[^0-9 ]([0-9]+)[a-zא-ת]? ", 1) }}
    )
{%- endmacro %}

{#- The number of a numbered street: 5 of 5th Avenue. -#}
{% macro street_ordinal(house) -%}
    {{ regex_found(house, " ([0-9]+)(?:st|nd|rd|th) ", 1) }}
{%- endmacro %}

{#-
  The number of a post office box in a spaced street: `P.O. Box 123`, `ת.ד. 123`, and `Postfach
  12 34 56`, which is written in pairs.
-#}
{% macro box_number(spaced) -%}
    replace(
        coalesce(
            {{ regex_found(spaced, " postfach((?:  [0-9]+)+) ", 1) }},
            {{ regex_found(spaced, box_pattern(), 1) }}
        ),
        ' ',
        ''
    )
{%- endmacro %}

{% macro without_box(spaced) -%}
    {{
        regex_replaced(
            regex_replaced(spaced, " postfach(?:  [0-9]+)+ ", " "), box_pattern(), " "
        )
    }}
{%- endmacro %}

{% macro box_pattern() -%}
    {{ return(" (?:" ~ box_words() | join("|") ~ ")(?:  no|  nr)?(?:  )?([0-9]+) ") }}
{%- endmacro %}

{#- Words for a post office box, as patterns of a spaced street. -#}
{% macro box_words() %}
    {{
        return(
            [
                "(?:p  o  |po(?:  )?|gpo  )?box",
                "p  o  b",
                "pob",
                "postfach",
                "postbus",
                "postboks",
                "bp",
                "apartado",
                "apdo",
                "ת  ד",
                "תד",
                "תיבת  דואר",
            ]
        )
    }}
{% endmacro %}

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
            + ["floor", "fl", "etage", "og", "entrance", "קומה", "כניסה", "בניין"]
        )
    }}
{% endmacro %}
