{#-
  The comparisons of a pair of records, in the order in which they are told. Each finds a level, and
  the level has a weight in int_identity__weights (of no weight: a level which that table lacks).
    levels: those with a weight of their own.
    frequency: levels that weigh more the rarer the value is, see `frequency_of`.
    common: levels of values that many have, which say no more than the share of the records that
        have them, and no more than `same`.
-#}
{% macro identity_comparisons() %}
    {% set comparisons = [
        {
            "name": "email",
            "levels": [
                "same",
                "same_shared",
                "same_organisation",
                "same_role",
                "same_common",
                "same_local_part",
                "same_name_and_number",
                "same_name_in_local_part",
                "similar",
                "different",
            ],
        },
        {
            "name": "phone",
            "levels": [
                "same",
                "same_shared",
                "same_common",
                "similar",
                "different",
            ],
        },
        {
            "name": "national_id",
            "levels": [
                "same",
                "same_shared",
                "same_common",
                "similar",
                "different_mistyped",
                "different",
            ],
        },
        {"name": "external_id", "levels": ["same", "same_shared"]},
        {
            "name": "given_name",
            "levels": [
                "same",
                "nickname",
                "other_script",
                "same_sound",
                "similar",
                "initial",
                "organisation",
                "different",
            ],
        },
        {
            "name": "family_name",
            "levels": [
                "same",
                "other_script",
                "same_sound",
                "part",
                "similar",
                "initial",
                "different",
            ],
        },
        {"name": "name_order", "levels": ["swapped"]},
        {
            "name": "address",
            "levels": ["same_street", "similar_street", "different"],
            "frequency": {
                "same_postcode": "postcode",
                "same_city": "city_key",
            },
        },
        {
            "name": "company",
            "levels": ["different"],
            "frequency": {"same": "company"},
        },
        {
            "name": "birth_date",
            "levels": ["same", "same_birthday", "similar", "different"],
            "common": {"same_common": "birth_date"},
        },
        {"name": "gender", "levels": ["different"]},
    ] %}
    {% for column in identity_also_columns() %}
        {% do comparisons.append(
            {
                "name": column,
                "levels": ["similar", "different"],
                "frequency": {"same": column},
            }
        ) %}
    {% endfor %}
    {{ return(comparisons) }}
{% endmacro %}

{% macro comparison_names() %}
    {{ return(identity_comparisons() | map(attribute="name") | list) }}
{% endmacro %}

{#-
  How the e-mail addresses of two records compare. `common` is the first of the addresses that
  both have, with the code of its use, see `identifier_use_code`. The level `local_part` is for
  `same_local_part_level` to tell apart.
-#}
{% macro email_level(left, right, common) -%}
    case
        when {{ left }}.emails is null or {{ right }}.emails is null
        then 'missing'
        when {{ common }} like '1%'
        then 'same'
        when {{ common }} like '2%'
        then 'same_shared'
        when
            {{ common }} like '3%'
            and {{ left }}.given is null
            and {{ right }}.given is null
        then 'same_organisation'
        when {{ common }} like '3%'
        then 'same_role'
        when {{ common }} is not null
        then 'same_common'
        when {{ left }}.email_local_key = {{ right }}.email_local_key
        then 'local_part'
        when
            {{ left }}.email_domain = {{ right }}.email_domain
            and (
                left({{ left }}.email_local_key, 3)
                = left({{ right }}.email_local_key, 3)
                or right({{ left }}.email_local_key, 3)
                = right({{ right }}.email_local_key, 3)
            )
            and {{ name_slip(left ~ ".email_local_key", right ~ ".email_local_key", 6) }}
            and {{ without_digits(left ~ ".email_local_key") }}
            <> {{ without_digits(right ~ ".email_local_key") }}
        then 'similar'
        else 'different'
    end
{%- endmacro %}

{#-
  What it is worth that two addresses have the same part before the @, at different providers: much if
  it is a word of their own, little if it is the name that the records bear anyway. `sound` is what
  that part sounds like.
-#}
{% macro same_local_part_level(left_family_key, right_family_key, local_part, sound) -%}
    case
        when
            not (
                {{ local_part_holds_name(sound, left_family_key) }}
                or {{ local_part_holds_name(sound, right_family_key) }}
            )
        then 'same_local_part'
        when {{ digit_count(local_part) }} < 2
        then 'same_name_in_local_part'
        when {{ digit_count(local_part) }} < 4
        then 'same_name_and_number'
        else 'same_local_part'
    end
{%- endmacro %}

{% macro phone_level(left, right, common) -%}
    case
        when {{ left }}.phones is null or {{ right }}.phones is null
        then 'missing'
        when {{ common }} like '1%'
        then 'same'
        when {{ common }} like '2%'
        then 'same_shared'
        when {{ common }} is not null
        then 'same_common'
        when
            {{ ends_in_common(left ~ ".phone", right ~ ".phone", 4) }}
            and {{ edit_distance(left ~ ".phone", right ~ ".phone", most=1) }} <= 1
        then 'similar'
        else 'different'
    end
{%- endmacro %}

{#-
  An id whose check digit is wrong was mistyped, or is not of the country whose rule that is: what it
  says that it differs depends on the data, see `kesher train`.
-#}
{% macro national_id_level(left, right, common) -%}
    case
        when {{ left }}.national_id is null or {{ right }}.national_id is null
        then 'missing'
        when {{ common }} like '1%'
        then 'same'
        when {{ common }} like '2%'
        then 'same_shared'
        when {{ common }} is not null
        then 'same_common'
        when
            {{ edit_distance(left ~ ".national_id", right ~ ".national_id", most=1) }}
            <= 1
            or {{ letters_swapped(left ~ ".national_id", right ~ ".national_id") }}
        then 'similar'
        when {{ left }}.national_id_is_wrong or {{ right }}.national_id_is_wrong
        then 'different_mistyped'
        else 'different'
    end
{%- endmacro %}

{% macro external_id_level(left, right, common) -%}
    case
        when {{ common }} like '1%'
        then 'same'
        when {{ common }} is not null
        then 'same_shared'
        else 'missing'
    end
{%- endmacro %}

{% macro address_level(left, right) -%}
    case
        when
            {{ left }}.street_key = {{ right }}.street_key
            and (
                {{ left }}.postcode = {{ right }}.postcode
                or {{ left }}.city_key = {{ right }}.city_key
                or ({{ left }}.postcode is null and {{ left }}.city_key is null)
                or ({{ right }}.postcode is null and {{ right }}.city_key is null)
            )
        then 'same_street'
        when
            (
                {{ left }}.postcode = {{ right }}.postcode
                or {{ left }}.city_key = {{ right }}.city_key
            )
            and {{ streets_alike(left ~ ".street_key", right ~ ".street_key") }}
        then 'similar_street'
        when {{ left }}.postcode = {{ right }}.postcode
        then 'same_postcode'
        when {{ left }}.city_key = {{ right }}.city_key
        then 'same_city'
        when {{ edit_distance(left ~ ".city_key", right ~ ".city_key", most=1) }} > 1
        then 'different'
        else 'missing'
    end
{%- endmacro %}

{#-
  Whether two streets sound alike, at one house number (and in one numbered street): a slip, or
  another way to spell it.
-#}
{% macro streets_alike(left, right) -%}
    (
        substr({{ left }}, position('#' in {{ left }}))
        = substr({{ right }}, position('#' in {{ right }}))
        and {{
            jaro_winkler(
                "split_part(" ~ left ~ ", '#', 1)",
                "split_part(" ~ right ~ ", '#', 1)",
            )
        }} >= 0.8
    )
{%- endmacro %}

{% macro company_level(left, right) -%}
    case
        when
            {{ left }}.company_key = {{ right }}.company_key
            or {{ left }}.company_domain = {{ right }}.company_domain
            or {{ left }}.company_key = {{ right }}.company_label
            or {{ right }}.company_key = {{ left }}.company_label
        then 'same'
        when {{ left }}.company_key <> {{ right }}.company_key
        then 'different'
        else 'missing'
    end
{%- endmacro %}

{#- How two birth dates compare. `is_common` says whether many more people have that of `left` than
  were born on a day; without it none is taken to be so. -#}
{% macro birth_date_level(left, right, is_common=none) -%}
    case
        {% if is_common is not none %}
            when {{ left }}.birth_date = {{ right }}.birth_date and {{ is_common }}
            then 'same_common'
        {% endif %}
        when {{ left }}.birth_date = {{ right }}.birth_date
        then 'same'
        when {{ left }}.birth_date <> {{ right }}.birth_date
        then
            case
                when
                    {{
                        edit_distance(
                            left ~ ".birth_date", right ~ ".birth_date", most=1
                        )
                    }} <= 1
                    or {{
                        day_and_month_swapped(
                            left ~ ".birth_date", right ~ ".birth_date"
                        )
                    }}
                then 'similar'
                else 'different'
            end
        when {{ left }}.birthday = {{ right }}.birthday
        then 'same_birthday'
        when {{ left }}.birthday <> {{ right }}.birthday
        then 'different'
        else 'missing'
    end
{%- endmacro %}

{#-
  How two genders compare. That they are the same says little of two people of one name, so only that
  they differ has a weight.
-#}
{% macro gender_level(left, right) -%}
    case
        when {{ left }}.gender is null or {{ right }}.gender is null
        then 'missing'
        when {{ left }}.gender = {{ right }}.gender
        then 'same'
        else 'different'
    end
{%- endmacro %}

{#- How two values of a column which `kesher match --also` names compare. -#}
{% macro also_level(left, right) -%}
    case
        when {{ left }} is null or {{ right }} is null
        then 'missing'
        when {{ left }} = {{ right }}
        then 'same'
        when {{ name_slip(left, right, 5) }}
        then 'similar'
        else 'different'
    end
{%- endmacro %}

{#-
  Whether two texts have their last letters in common, or all but those: a quick test that texts
  which differ by one edit stand.
-#}
{% macro ends_in_common(left, right, letters) -%}
    (
        right({{ left }}, {{ letters }}) = right({{ right }}, {{ letters }})
        or left(
            {{ left }},
            least(length({{ left }}), length({{ right }})) - {{ letters }}
        ) = left(
            {{ right }}, least(length({{ left }}), length({{ right }})) - {{ letters }}
        )
    )
{%- endmacro %}

{#- Whether two texts of one length differ by two neighbours exchanged. -#}
{% macro letters_swapped(left, right) -%}
    (
        length({{ left }}) = length({{ right }})
        and {{ edit_distance(left, right) }} = 2
        and {{ jaro_winkler(left, right) }} > 0.95
    )
{%- endmacro %}
