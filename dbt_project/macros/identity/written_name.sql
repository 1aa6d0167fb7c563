{#- The name of a person record as its system wrote it, without blanks to spare; null if none. -#}
{% macro written_name(record) -%}
    nullif(
        trim(
            {{
                regex_replaced(
                    "coalesce(nullif(concat_ws(' ', "
                    ~ record
                    ~ ".given_name, "
                    ~ record
                    ~ ".family_name), ''), "
                    ~ record
                    ~ ".full_name)",
                    "\\s+",
                    " ",
                )
            }}
        ),
        ''
    )
{%- endmacro %}

{#-
  A part of a name: as its system wrote it, or the part of a full name as it stands there (`found`, see
  `written_parts`), with one capital letter if it has none or nothing else.
-#}
{% macro shown_name(written, parsed, found, is_company) -%}
    case
        when {{ is_company }}
        then null
        when trim({{ written }}) <> ''
        then trim({{ written }})
        when
            {{ found }} is null
            or (
                lower({{ found }}) = {{ parsed }}
                and {{ found }} in (lower({{ found }}), upper({{ found }}))
            )
        then concat(upper(left({{ parsed }}, 1)), substr({{ parsed }}, 2))
        else {{ found }}
    end
{%- endmacro %}

{#-
  Where the parts of names stand in the names as they were written: `Abu-Issa` for `abuissa`, `José` for
  `jose`. `names` has record_key, name, given and family; a part that is not found is null.
-#}
{% macro written_parts(names) %}
    with
        name_words as (
            select
                record_key,
                given,
                family,
                {{ words_of(regex_replaced("name", "[\\s,]+", " ")) }} as words
            from {{ names }}
        ),

        -- A given name is one word, a family name up to three at an end of the name.
        runs as (
            select record_key, given, family, {{ list_rows("words") }} as run
            from name_words
            {% for first, last in [
                    (1, 2),
                    (1, 3),
                    (-2, -1),
                    (-3, -1),
                    (-3, -2),
                    (-4, -2),
                ] %}
                union all
                select
                    record_key,
                    given,
                    family,
                    {{ list_joined(list_part("words", first, last), " ") }}
                from name_words
                where {{ list_size("words") }} > 2
            {% endfor %}
        ),

        plain_runs as (
            select
                record_key,
                given,
                family,
                run,
                {{ letters_translated(plain_name("run"), " -,", "") }} as plain
            from runs
        )

    select
        record_key,
        max(case when plain = given then run end) as given,
        max(case when plain = family then run end) as family
    from plain_runs
    group by record_key
{%- endmacro %}
