{#-
  How the given names of two records compare, as a level of the weights: missing, organisation (one
  is a company's or a role's record), same, initial, nickname, other_script, other_alphabet (nobody
  can tell), same_sound, similar or different. `left` and `right` are table names with the columns of int_identity__records, those
  of `known_given_names` and of int_identity__family_names.
-#}
{% macro given_name_level(left, right) -%}
    {{ given_name_level_of_records(spelled_given_level(left, right), left, right) }}
{%- endmacro %}

{#-
  Whether two records bear two given names: the level is `different`, or of those that a man's and a
  woman's name may have (Daniel and Danielle, or one initial) while one record is of a man and the
  other of a woman.
-#}
{% macro given_names_differ(left, right) -%}
    {{ given_name_level(left, right) }} in (
        'different'
        {% for level in levels_of_a_man_and_a_woman() %}
            ,
            case
                when {{ left }}.gender <> {{ right }}.gender
                then '{{ level }}'
                else 'different'
            end
        {% endfor %}
    )
{%- endmacro %}

{#- The levels of given names that are two names where one is a man's and the other a woman's. -#}
{% macro levels_of_a_man_and_a_woman() %}
    {{ return(["same_sound", "similar", "initial"]) }}
{% endmacro %}

{#- The same where the level of the two spellings (`spelled`) is known. -#}
{% macro given_name_level_of_records(spelled, left, right) -%}
    case
        when {{ left }}.is_company <> {{ right }}.is_company
        then 'organisation'
        when {{ left }}.generation <> {{ right }}.generation
        then 'different'
        when {{ left }}.given is null or {{ right }}.given is null
        then 'missing'
        when {{ left }}.given = {{ right }}.given
        then case when length({{ left }}.given) = 1 then 'initial' else 'same' end
        when {{ spelled }} = 'different' and {{ given_is_elsewhere(left, right) }}
        then 'similar'
        else {{ spelled }}
    end
{%- endmacro %}

{#- Whether the given name of one record stands elsewhere in the name of the other. -#}
{% macro given_is_elsewhere(left, right) -%}
    (
        length({{ left }}.given) > 1
        and length({{ right }}.given) > 1
        and {{ left }}.given_is_hebrew = {{ right }}.given_is_hebrew
        and (
            {{ left }}.given = {{ right }}.family
            or {{ right }}.given = {{ left }}.family
            or {{ list_holds(left ~ ".middle", right ~ ".given") }}
            or {{ list_holds(right ~ ".middle", left ~ ".given") }}
        )
    )
{%- endmacro %}

{#-
  How the spellings of two different given names compare. `left` and `right` have the columns of
  `known_given_names`.

  A letter more or less only makes names similar if one of the two is rare: a slip makes a
  rare spelling, while two common names that look alike (Dan and Dana) are two names.
-#}
{% macro spelled_given_level(left, right) -%}
    case
        when
            {{
                alphabets_differ(
                    left ~ ".given",
                    right ~ ".given",
                    left ~ ".given_own_key",
                    right ~ ".given_own_key",
                )
            }}
        then 'other_alphabet'
        when length({{ left }}.given) = 1 or length({{ right }}.given) = 1
        then
            case
                when
                    left({{ left }}.given, 1) = left({{ right }}.given, 1)
                    or {{
                        lists_overlap(
                            left ~ ".given_initials", right ~ ".given_initials"
                        )
                    }}
                    or (
                        {{ left }}.given_is_hebrew <> {{ right }}.given_is_hebrew
                        and {{
                            lists_overlap(
                                left ~ ".given_hebrew_initials",
                                right ~ ".given_hebrew_initials",
                            )
                        }}
                    )
                then 'initial'
                else 'different'
            end
        when {{ two_initials(left, right) }} or {{ two_initials(right, left) }}
        then 'initial'
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
            and ({{ left }}.given_is_rare or {{ right }}.given_is_rare)
        then 'similar'
        when
            (
                {{ left }}.given_is_rare
                and length({{ left }}.given) >= 4
                and {{ list_any_near(right ~ ".given_forms", left ~ ".given", 1) }}
            )
            or (
                {{ right }}.given_is_rare
                and length({{ right }}.given) >= 4
                and {{ list_any_near(left ~ ".given_forms", right ~ ".given", 1) }}
            )
        then 'similar'
        when {{ short_form(left, right) }} or {{ short_form(right, left) }}
        then 'similar'
        else 'different'
    end
{%- endmacro %}

{#- Whether a given name is two initials in one word, of which the first is the other's: JP, Jean-Pierre. -#}
{% macro two_initials(initials, name) -%}
    (
        length({{ initials }}.given) = 2
        and length({{ name }}.given) > 2
        and left({{ initials }}.given, 1) = left({{ name }}.given, 1)
        and {{ regex_matches(initials ~ ".given", "^[b-df-hj-np-tv-xz]+$") }}
    )
{%- endmacro %}

{#-
  Whether two names are written in alphabets between which nothing is known to be the same, as
  `Somchai` and `สมชาย` are. A name has a key if it has a Latin or a Hebrew letter.
-#}
{% macro alphabets_differ(left, right, left_key, right_key) -%}
    case
        when {{ left_key }} is not null and {{ right_key }} is not null
        then false
        when {{ left_key }} is not null or {{ right_key }} is not null
        then true
        {% for alphabet in [
                "\\x{0530}-\\x{058f}",
                "\\x{0900}-\\x{097f}",
                "\\x{0980}-\\x{0dff}",
                "\\x{0e00}-\\x{0e7f}",
                "\\x{10a0}-\\x{10ff}",
                "\\x{3040}-\\x{30ff}",
                "\\x{3400}-\\x{9fff}",
                "\\x{ac00}-\\x{d7af}",
            ] %}
            when
                {{ regex_matches(left, "^[" ~ alphabet ~ "]") }}
                <> {{ regex_matches(right, "^[" ~ alphabet ~ "]") }}
            then true
        {% endfor %}
        else false
    end
{%- endmacro %}

{#-
  Whether a name starts like a longer one and ends as familiar forms do: Maxi, Max and Maximilian.
-#}
{% macro short_form(short, long) -%}
    (
        starts_with({{ long }}.given, {{ short }}.given_stem)
        and (
            length({{ short }}.given_stem) >= 4
            or (
                length({{ short }}.given_stem) = 3
                and (
                    {{ short }}.given_is_hebrew
                    or length({{ long }}.given) - length({{ short }}.given) >= 2
                )
            )
        )
    )
{%- endmacro %}

{#-
  How the family names of two records compare; the same levels, and `part` for a part in common.
  `left` and `right` have the columns of int_identity__records and int_identity__family_names.
-#}
{% macro family_name_level(left, right) -%}
    {{ family_name_level_of_records(spelled_family_level(left, right), left, right) }}
{%- endmacro %}

{#- The same where the level of the two spellings (`spelled`) is known. -#}
{% macro family_name_level_of_records(spelled, left, right) -%}
    case
        when {{ left }}.family is null or {{ right }}.family is null
        then 'missing'
        when {{ left }}.family = {{ right }}.family
        then case when length({{ left }}.family) = 1 then 'initial' else 'same' end
        when
            {{ spelled }} in ('similar', 'different')
            and {{ family_part_is_shared(left, right) }}
        then 'part'
        else {{ spelled }}
    end
{%- endmacro %}

{#-
  Whether two family names have a part in common, as a double name has with each of its own, or one stands
  among the other's middle names: a maiden name (Hillary Rodham Clinton), the first of two family names
  (María García López).
-#}
{% macro family_part_is_shared(left, right) -%}
    (
        (
            (
                {{ left }}.family_parts is not null
                or {{ right }}.family_parts is not null
            )
            and {{
                lists_overlap(
                    "coalesce("
                    ~ left
                    ~ ".family_parts, "
                    ~ list_of_one(left ~ ".family")
                    ~ ")",
                    "coalesce("
                    ~ right
                    ~ ".family_parts, "
                    ~ list_of_one(right ~ ".family")
                    ~ ")",
                )
            }}
        )
        {% for one, other in [(left, right), (right, left)] %}
            or (
                {{ other }}.middle is not null
                and length({{ one }}.family) > 2
                and {{ list_holds(other ~ ".middle", one ~ ".family") }}
            )
        {% endfor %}
    )
{%- endmacro %}

{#-
  How the spellings of two different family names compare. `left` and `right` have the columns
  of int_identity__family_names.
-#}
{% macro spelled_family_level(left, right) -%}
    case
        when
            {{
                alphabets_differ(
                    left ~ ".family",
                    right ~ ".family",
                    "nullif(" ~ list_item(left ~ ".family_sounds", 1) ~ ", '')",
                    "nullif(" ~ list_item(right ~ ".family_sounds", 1) ~ ", '')",
                )
            }}
        then 'other_alphabet'
        when length({{ left }}.family) = 1 or length({{ right }}.family) = 1
        then
            case
                when left({{ left }}.family, 1) = left({{ right }}.family, 1)
                then 'initial'
                when
                    {{ left }}.family_is_hebrew <> {{ right }}.family_is_hebrew
                    and {{
                        lists_overlap(
                            left ~ ".family_initials", right ~ ".family_initials"
                        )
                    }}
                then 'initial'
                else 'different'
            end
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
  have a slip. `left_forms` and `right_forms` have given_forms, the names that the given name may be
  short for.
-#}
{% macro names_are_swapped(left, right, left_forms=none, right_forms=none) -%}
    (
        coalesce({{ left }}.given <> {{ right }}.given, false)
        and (
            (
                {{ given_is_family(left, right) }}
                and (
                    {{ given_is_family(right, left) }}
                    or {{ given_is_like_family(right, left, right_forms or right) }}
                )
            )
            or (
                {{ given_is_family(right, left) }}
                and {{ given_is_like_family(left, right, left_forms or left) }}
            )
        )
    )
{%- endmacro %}

{#- What must be so if two names are exchanged, and is quickly found out. -#}
{% macro names_may_be_swapped(left, right) -%}
    (
        {{ left }}.given <> {{ right }}.given
        and ({{ given_is_family(left, right) }} or {{ given_is_family(right, left) }})
    )
{%- endmacro %}

{% macro given_is_like_family(given, family, forms) -%}
    coalesce(
        {{ list_holds(forms ~ ".given_forms", family ~ ".family") }}
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
            {{ edit_distance(left, right, most=1) }} <= 1
            or (
                least(length({{ left }}), length({{ right }})) >= 6
                and {{ jaro_winkler(left, right) }} >= 0.93
            )
        )
    )
{%- endmacro %}

{#-
  Whether what is before an @ (by its sound) says a record's family name, in either script. What a
  name begins with may be silent where something stands before it: `dhadad` is D. Hadad.
-#}
{% macro local_part_holds_name(sound, family_key) -%}
    coalesce(
        length({{ family_key }}) > 1
        and contains(
            {{ letters_translated(sound, "abh", "") }},
            {{ letters_translated(family_key, "abh", "") }}
        ),
        false
    )
{%- endmacro %}

{% macro without_digits(text) -%}
    {{ letters_translated(text, "0123456789", "") }}
{%- endmacro %}

{#- How many digits a text has. -#}
{% macro digit_count(text) -%}
    (length({{ text }}) - length({{ without_digits(text) }}))
{%- endmacro %}

{#- A condition as a value: the parts of a condition are only looked at as far as they must be. -#}
{% macro case_true(condition) -%}
    case when {{ condition }} then true else false end
{%- endmacro %}

{#- The columns of int_identity__given_names, and given_is_rare: whether few records have the name. -#}
{% macro known_given_names() %}
    select
        given_names.given,
        given_names.given_initials,
        given_names.given_hebrew_initials,
        given_names.given_own_key,
        given_names.given_is_hebrew,
        given_names.given_stem,
        given_names.given_forms,
        given_names.given_sounds,
        common_names.value is null as given_is_rare
    from {{ ref("int_identity__given_names") }} as given_names
    left join
        {{ ref("int_identity__value_counts") }} as common_names
        on common_names.attribute = 'given'
        and common_names.value = given_names.given
{% endmacro %}

{#- The columns by which names are compared, of a record joined with its names. -#}
{% macro record_with_names(records, given_names, family_names) -%}
    {{ records }}.record_key,
    {{ records }}.is_company,
    {{ records }}.given,
    {{ records }}.middle,
    {{ records }}.family,
    {{ records }}.family_parts,
    {{ records }}.generation,
    {{ records }}.birth_date,
    {{ records }}.national_id,
    {{ records }}.national_id_is_wrong,
    {{ records }}.gender,
    {{ records }}.given_own_key,
    {{ records }}.given_is_hebrew,
    {{ records }}.family_key,
    {{ records }}.family_is_hebrew,
    {{ given_names }}.given_stem,
    {{ given_names }}.given_initials,
    {{ given_names }}.given_hebrew_initials,
    {{ given_names }}.given_forms,
    {{ given_names }}.given_sounds,
    {{ given_names }}.given_is_rare,
    {{ family_names }}.family_sounds,
    {{ family_names }}.family_initials
{%- endmacro %}
