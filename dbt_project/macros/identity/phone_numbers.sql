{#-
  A query that turns telephone numbers into E.164 (`+972541234567`) by the rules in the seed
  identity_calling_codes. `relation` has the columns phone_id, phone (as it was typed) and country
  (two letters, null if unknown); the result has phone_id and e164, only for what can be a
  telephone number.

  In words: an extension is cut off, and a second number after a slash; a slash after the area code
  says nothing. A number that starts with + or with the international prefix of its country is
  international, and the longest thing in the seed that it starts with is its calling code; a trunk
  prefix after that, `+49 (0)30`, goes. Any other number is national: its trunk prefix is taken off
  and its country's calling code put before. Whose it is, where no country is named, its notation
  says if it is that of North America, else it is the home country's. In either case the number of
  digits must be one that the country has. Star numbers, numbers that are one digit repeated and what a
  spreadsheet left of a number (`9.72541E+11`, the same as `_CUT_SHORT` in kesher/match.py) are nobody's.
-#}
{% macro phone_numbers(relation) %}
    select phone_id, e164
    from
        (
            select
                cleaned.phone_id,
                case
                    when cleaned.is_international
                    then
                        coalesce(
                            {{ phone_in_country("cleaned.digits", "three") }},
                            {{ phone_in_country("cleaned.digits", "two") }},
                            {{ phone_in_country("cleaned.digits", "one") }}
                        )
                    else {{ phone_from_national("cleaned.digits", "home") }}
                end as e164
            from
                (
                    select
                        phone_id,
                        country,
                        case
                            when starts_with(typed, '+')
                            then replace(typed, '+', '')
                            when starts_with(typed, international_prefix)
                            then substr(typed, length(international_prefix) + 1)
                            when starts_with(typed, '00')
                            then substr(typed, 3)
                            else replace(typed, '+', '')
                        end as digits,
                        starts_with(typed, '+')
                        or starts_with(typed, international_prefix)
                        or starts_with(typed, '00') as is_international
                    from
                        (
                            select
                                numbers.phone_id,
                                numbers.typed,
                                coalesce(home.country, {{ home_country() }}) as country,
                                coalesce(
                                    home.international_prefix, '00'
                                ) as international_prefix
                            from
                                (
                                    select
                                        phone_id,
                                        case
                                            when phone like '%/%'
                                            then
                                                {{
                                                    phone_without_slashes(
                                                        phone_signs("phone", "/")
                                                    )
                                                }}
                                            else {{ phone_signs("phone") }}
                                        end as typed,
                                        coalesce(
                                            country,
                                            case
                                                when {{ phone_looks_american("phone") }}
                                                then 'US'
                                            end,
                                            {{ home_country() }}
                                        ) as country
                                    from {{ relation }}
                                    where
                                        phone is not null and not
                                        {{
                                            regex_matches(
                                                "phone",
                                                "^[^0-9+]*[*]|^ *[0-9]([.,][0-9]+)?[Ee][+]?[0-9]+ *$",
                                            )
                                        }}
                                ) as numbers
                            left join
                                {{ ref("identity_calling_codes") }} as home
                                on home.country = numbers.country
                        ) as typed_numbers
                ) as cleaned
            left join
                {{ ref("identity_calling_codes") }} as home
                on home.country = cleaned.country
            {% for name, digits in [("one", 1), ("two", 2), ("three", 3)] %}
                left join
                    (
                        select
                            calling_code,
                            min(
                                case when is_main_country then trunk_prefix end
                            ) as trunk_prefix,
                            {{ distinct_texts_joined("national_lengths", "|") }}
                            as national_lengths
                        from {{ ref("identity_calling_codes") }}
                        group by calling_code
                    ) as {{ name }}
                    on {{ name }}.calling_code = left(cleaned.digits, {{ digits }})
            {% endfor %}
        ) as converted
    where e164 is not null
{% endmacro %}

{#- The digits, pluses and further signs of what was typed, without an extension. -#}
{% macro phone_signs(text, further="") -%}
    {{
        regex_replaced(
            regex_replaced(
                "lower(left(" ~ text ~ ", 60))", "(ext|x|#|;|,|שלוחה).*$", ""
            ),
            "[^0-9+" ~ further ~ "]",
            "",
        )
    }}
{%- endmacro %}

{#-
  Signs without slashes: where as many digits stand before one as a number has, what follows is an
  extension or another number.
-#}
{% macro phone_without_slashes(signs) -%}
    case
        -- Pairs of digits, as in Belgium: `0475/12/34/56`.
        when {{ regex_matches(signs, "^[+]?[0-9]{2,4}(/[0-9]{2,4}){2,}$") }}
        then replace({{ signs }}, '/', '')
        else
            replace(
                {{
                    regex_replaced(
                        signs,
                        "^((?:[+]|00)(?:/*[0-9]){9,}?|0?[1-9](?:/*[0-9]){6,}?)/.*$",
                        "\\1",
                    )
                }},
                '/',
                ''
            )
    end
{%- endmacro %}

{#-
  Digits that start with a calling code: the code, then the national number; null if wrong. The
  trunk prefix is tried first: many countries have numbers of several lengths.
-#}
{% macro phone_in_country(digits, code) -%}
    {%- set rest = "substr(" ~ digits ~ ", length(" ~ code ~ ".calling_code) + 1)" -%}
    case
        when
            starts_with({{ rest }}, '0')
            and {{ code }}.trunk_prefix = '0'
            and {{ phone_has_length("substr(" ~ rest ~ ", 2)", code) }}
            and not {{ phone_is_one_digit("substr(" ~ rest ~ ", 2)") }}
        then concat('+', {{ code }}.calling_code, substr({{ rest }}, 2))
        when {{ phone_has_length(rest, code) }} and not {{ phone_is_one_digit(rest) }}
        then concat('+', {{ digits }})
    end
{%- endmacro %}

{#-
  Whether a number is written as nobody else does: three digits, three and four, none of the threes
  beginning with 0 or 1 (`(212) 555-0171`). Where numbers at home have ten digits too, it may be one
  of those.
-#}
{% macro phone_looks_american(phone) -%}
    {{
        regex_matches(
            phone,
            "^ *(1[ .-])?([(][2-9][0-9]{2}[)] ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}([^0-9]|$)",
        )
    }}
    and not exists (
        select 1
        from {{ ref("identity_calling_codes") }} as at_home
        where
            at_home.country = {{ home_country() }}
            and concat('|', at_home.national_lengths, '|') like '%|10|%'
    )
{%- endmacro %}

{#- A number as dialled at home; written with its calling code but without + is understood. -#}
{% macro phone_from_national(digits, home) -%}
    {%- set trunk = "coalesce(" ~ home ~ ".trunk_prefix, '')" -%}
    {%- set trunkless = "substr(" ~ digits ~ ", length(" ~ trunk ~ ") + 1)" -%}
    case
        when {{ phone_is_one_digit(digits) }} or {{ phone_is_one_digit(trunkless) }}
        then null
        when
            {{ trunk }} <> ''
            and starts_with({{ digits }}, {{ trunk }})
            and {{ phone_has_length(trunkless, home) }}
        then concat('+', {{ home }}.calling_code, {{ trunkless }})
        when
            {{ phone_has_length(digits, home) }}
            and ({{ trunk }} <> '0' or not starts_with({{ digits }}, '0'))
        then concat('+', {{ home }}.calling_code, {{ digits }})
        when starts_with({{ digits }}, {{ home }}.calling_code)
        then {{ phone_in_country(digits, home) }}
    end
{%- endmacro %}

{% macro phone_has_length(digits, code) -%}
    coalesce(
        concat('|', {{ code }}.national_lengths, '|')
        like concat('%|', cast(length({{ digits }}) as varchar), '|%'),
        false
    )
{%- endmacro %}

{% macro phone_is_one_digit(digits) -%}
    (replace({{ digits }}, left({{ digits }}, 1), '') = '')
{%- endmacro %}
