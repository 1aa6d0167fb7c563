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
                when {{ left }}.given_initial_key = {{ right }}.given_initial_key
                then 'initial'
                else 'different'
            end
        when {{ left }}.given = {{ right }}.given
        then 'same'
        when {{ left }}.given_is_hebrew <> {{ right }}.given_is_hebrew
        then
            case
                when {{ lists_overlap(left ~ ".given_sounds", right ~ ".given_sounds") }}
                then 'other_script'
                when {{ name_slip(left ~ ".given_own_key", right ~ ".given_own_key", 3) }}
                then 'similar'
                else 'different'
            end
        when {{ lists_overlap(left ~ ".given_forms", right ~ ".given_forms") }}
        then 'nickname'
        when
            {{ lists_overlap(left ~ ".given_sounds", right ~ ".given_sounds") }}
            and {{ edit_distance(left ~ ".given", right ~ ".given") }}
            <= case
                when least(length({{ left }}.given), length({{ right }}.given)) < 6 then 1 else 2
            end
        then 'same_sound'
        when
            {{ name_slip(left ~ ".given", right ~ ".given", 4) }}
            and least({{ left }}.given_count, {{ right }}.given_count)
            <= greatest(2, 0.0002 * {{ left }}.all_count)
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
    (
        length({{ regex_replaced(short, "(ie|y|i|י)$", "") }}) >= 3
        and length({{ long }}) > length({{ short }})
        and starts_with({{ long }}, {{ regex_replaced(short, "(ie|y|i|י)$", "") }})
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
