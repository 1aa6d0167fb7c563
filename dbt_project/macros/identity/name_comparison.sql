{#-
  How the given names of two records compare, as a level of the weights: missing, organisation (one
  is a company's or a role's record), same, initial, nickname, other_script, same_sound, similar
  or different. `left` and `right` are table names with the columns of int_identity__record_names.

  A letter more or less only makes names similar if one of the two is rare: a slip makes a
  rare spelling, while two common names that look alike (Dan and Dana) are two names.
-#}
{% macro given_name_level(left, right) -%}
    case
        when {{ left }}.is_company <> {{ right }}.is_company
        then 'organisation'
        when {{ left }}.given is null or {{ right }}.given is null
        then 'missing'
        when {{ left }}.generation <> {{ right }}.generation
        then 'different'
        when length({{ left }}.given) = 1 or length({{ right }}.given) = 1
        then
            case
                when
                    left({{ left }}.given, 1) = left({{ right }}.given, 1)
                    or (
                        {{ left }}.given_is_hebrew <> {{ right }}.given_is_hebrew
                        and {{ left }}.given_initial_key = {{ right }}.given_initial_key
                    )
                then 'initial'
                else 'different'
            end
        when {{ left }}.given = {{ right }}.given
        then 'same'
        when {{ left }}.given_is_hebrew <> {{ right }}.given_is_hebrew
        then
            case
                when
                    {{ lists_overlap(left ~ ".given_sounds", right ~ ".given_sounds") }}
                then 'other_script'
                when
                    {{
                        name_slip(
                            left ~ ".given_own_key", right ~ ".given_own_key", 3
                        )
                    }}
                then 'similar'
                else 'different'
            end
        when {{ lists_overlap(left ~ ".given_forms", right ~ ".given_forms") }}
        then 'nickname'
        when
            {{ lists_overlap(left ~ ".given_sounds", right ~ ".given_sounds") }}
            and {{ edit_distance(left ~ ".given", right ~ ".given") }} <= case
                when least(length({{ left }}.given), length({{ right }}.given)) < 6
                then 1
                else 2
            end
        then 'same_sound'
        when
            {{ name_slip(left ~ ".given", right ~ ".given", 4) }}
            and least({{ left }}.given_count, {{ right }}.given_count)
            <= greatest(2, 0.0002 * {{ left }}.all_count)
        then 'similar'
        when
            (
                {{ left }}.given_count <= greatest(2, 0.0002 * {{ left }}.all_count)
                and length({{ left }}.given) >= 4
                and {{ list_any_near(right ~ ".given_forms", left ~ ".given", 1) }}
            )
            or (
                {{ right }}.given_count <= greatest(2, 0.0002 * {{ left }}.all_count)
                and length({{ right }}.given) >= 4
                and {{ list_any_near(left ~ ".given_forms", right ~ ".given", 1) }}
            )
        then 'similar'
        when {{ given_is_family(left, right) }} or {{ given_is_family(right, left) }}
        then 'similar'
        when
            {{ short_form(left ~ ".given", right ~ ".given") }}
            or {{ short_form(right ~ ".given", left ~ ".given") }}
        then 'similar'
        when
            {{ list_holds(left ~ ".middle", right ~ ".given") }}
            or {{ list_holds(right ~ ".middle", left ~ ".given") }}
        then 'similar'
        else 'different'
    end
{%- endmacro %}

{#- Whether a name starts like a longer one and ends as familiar forms do: Maxi, Max and Maximilian. -#}
{% macro short_form(short, long) -%}
    {%- set stem = regex_replaced(short, "(ie|y|i|י)$", "") -%}
    (
        starts_with({{ long }}, {{ stem }})
        and (
            length({{ stem }}) >= 4
            or (
                length({{ stem }}) = 3
                and (
                    {{ regex_matches(stem, "[א-ת]") }}
                    or length({{ long }}) - length({{ short }}) >= 2
                )
            )
        )
    )
{%- endmacro %}

{#- How the family names of two records compare; the same levels, and `part` for a part in common. -#}
{% macro family_name_level(left, right) -%}
    case
        when {{ left }}.family is null or {{ right }}.family is null
        then 'missing'
        when length({{ left }}.family) = 1 or length({{ right }}.family) = 1
        then
            case
                when left({{ left }}.family, 1) = left({{ right }}.family, 1)
                then 'initial'
                when
                    {{ left }}.family_is_hebrew <> {{ right }}.family_is_hebrew
                    and {{
                        lists_overlap(
                            name_keys("left(" ~ left ~ ".family, 1)"),
                            name_keys("left(" ~ right ~ ".family, 1)"),
                        )
                    }}
                then 'initial'
                else 'different'
            end
        when {{ left }}.family = {{ right }}.family
        then 'same'
        when {{ left }}.family_is_hebrew <> {{ right }}.family_is_hebrew
        then
            case
                when
                    {{
                        lists_overlap(
                            left ~ ".family_sounds", right ~ ".family_sounds"
                        )
                    }}
                then 'other_script'
                when
                    {{
                        name_slip(
                            left ~ ".family_key", right ~ ".family_key", shortest=4
                        )
                    }}
                then 'similar'
                else 'different'
            end
        when
            {{ lists_overlap(left ~ ".family_sounds", right ~ ".family_sounds") }}
            and length({{ left }}.family_key) > 1
            and {{ edit_distance(left ~ ".family", right ~ ".family") }} <= 3
        then 'same_sound'
        when {{ lists_overlap(left ~ ".family_parts", right ~ ".family_parts") }}
        then 'part'
        when {{ name_slip(left ~ ".family", right ~ ".family", shortest=4) }}
        then 'similar'
        else 'different'
    end
{%- endmacro %}

{#- Whether a given name of one record is the family name of the other. -#}
{% macro given_is_family(given, family) -%}
    coalesce(
        {{ given }}.given = {{ family }}.family
        or (
            {{ given }}.given_is_hebrew <> {{ family }}.family_is_hebrew
            and length({{ given }}.given_own_key) > 1
            and {{ given }}.given_own_key = {{ family }}.family_key
        ),
        false
    )
{%- endmacro %}

{#-
  Whether the names of two records are the same ones exchanged; one of the two may be a nickname or
  have a slip.
-#}
{% macro names_are_swapped(left, right) -%}
    (
        coalesce({{ left }}.given <> {{ right }}.given, false)
        and (
            (
                {{ given_is_family(left, right) }}
                and (
                    {{ given_is_family(right, left) }}
                    or {{ given_is_like_family(right, left) }}
                )
            )
            or (
                {{ given_is_family(right, left) }}
                and {{ given_is_like_family(left, right) }}
            )
        )
    )
{%- endmacro %}

{% macro given_is_like_family(given, family) -%}
    coalesce(
        {{ list_holds(given ~ ".given_forms", family ~ ".family") }}
        or {{ name_slip(given ~ ".given", family ~ ".family", 4) }}
        or (
            length({{ given }}.given) = 1
            and left({{ family }}.family, 1) = {{ given }}.given
        )
        or (
            length({{ family }}.family) = 1
            and left({{ given }}.given, 1) = {{ family }}.family
        )
        or (
            {{ given }}.given_is_hebrew <> {{ family }}.family_is_hebrew
            and (
                {{ given }}.given_own_key = {{ family }}.family_key
                or {{ name_slip(given ~ ".given_own_key", family ~ ".family_key", 3) }}
            )
        ),
        false
    )
{%- endmacro %}

{#- Whether two texts differ by a slip of the pen: one edit, or the start in common and little else. -#}
{% macro name_slip(left, right, shortest) -%}
    (
        least(length({{ left }}), length({{ right }})) >= {{ shortest }}
        and abs(length({{ left }}) - length({{ right }})) <= 2
        and (
            {{ edit_distance(left, right) }} <= 1
            or (
                least(length({{ left }}), length({{ right }})) >= 6
                and {{ jaro_winkler(left, right) }} >= 0.93
            )
        )
    )
{%- endmacro %}

{#- Whether a record's e-mail says the other one's family name before its @, in either script. -#}
{% macro local_part_holds_name(email_record, name_record) -%}
    coalesce(
        length({{ name_record }}.family_key) > 1
        and contains(
            replace({{ email_record }}.email_local_sound, 'b', ''),
            replace({{ name_record }}.family_key, 'b', '')
        ),
        false
    )
{%- endmacro %}

{#- How many digits a text has. -#}
{% macro digit_count(text) -%}
    length({{ regex_replaced(text, "[^0-9]", "") }})
{%- endmacro %}
