{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__changed_records') }})",
    )
}}
{%- set roles = [
    "title",
    "suffix",
    "generation",
    "also_name",
    "particle",
    "company_sign",
] -%}
{#- Many who write to John Smith Jr. write John Smith II. -#}
{%- set generations = {
    "junior": ["jr", "jnr", "junior", "ii"],
    "senior": ["sr", "snr", "senior"],
    "third": ["iii"],
    "fourth": ["iv"],
} -%}

-- depends_on: {{ ref("int_identity__changed_records") }}
with
    person_records as (
        select record_key, full_name, given_name, family_name
        from {{ made_rows(ref("int_identity__person_records")) }}
    ),

    name_words as (select * from {{ ref("identity_name_words") }}),

    placeholders as (select * from {{ ref("identity_placeholders") }}),

    words_by_role as (
        select
            {% for role in roles %}
                coalesce(
                    {{
                        distinct_values(
                            "case when role = '" ~ role ~ "' then word end"
                        )
                    }},
                    {{ no_texts() }}
                ) as {{ role }}_words{{ "," if not loop.last }}
            {% endfor %}
        from name_words
    ),

    not_name_words as (
        select
            *,
            {{
                list_union(
                    "title_words", list_union("suffix_words", "generation_words")
                )
            }} as not_names
        from words_by_role
    ),

    vocabulary as (
        select *, {{ list_without("not_names", "also_name_words") }} as never_names
        from not_name_words
    ),

    -- Some systems put the e-mail address where they have no name.
    plain as (
        select
            record_key,
            {% for column, text in [
                ("given_name", "given_text"),
                ("family_name", "family_text"),
                ("full_name", "full_text"),
            ] %}
                case
                    when {{ column }} is null or {{ column }} like '%@%'
                    then ''
                    else {{ plain_name(column) }}
                end as {{ text }}{{ "," if not loop.last }}
            {% endfor %}
        from person_records
    ),

    -- `n/a` is no name, and where both parts are none, the full name counts.
    meant as (
        select
            record_key,
            {% for text in ["given_text", "family_text", "full_text"] %}
                case
                    when replace({{ text }}, ' ', '') in (select text from placeholders)
                    then ''
                    else {{ text }}
                end as {{ text }}{{ "," if not loop.last }}
            {% endfor %}
        from plain
    ),

    -- A whole name in one of two fields is a whole name.
    whole as (
        select
            record_key,
            given_text,
            family_text,
            case
                when given_text = '' and family_text = ''
                then full_text
                when trim(family_text) = '' and trim(given_text) like '% %'
                then given_text
                when trim(given_text) = '' and trim(family_text) like '% %'
                then family_text
            end as full_text
        from meant
    ),

    -- `Ph.D.` has become two words.
    abbreviated as (
        select
            record_key,
            given_text,
            {% for column in ["family_text", "full_text"] %}
                case
                    when {{ column }} like '% ph d%'
                    then {{ regex_replaced(column, " ph d( |,|$)", " phd\\1") }}
                    else {{ column }}
                end as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from whole
    ),

    -- `Cohen, Moshe` says by its comma which is which.
    parted as (
        select
            record_key,
            case
                when full_text is null
                then given_text
                when full_text like '%,%'
                then {{ regex_found("full_text", "^[^,]*,(.*)$", 1) }}
            end as given_text,
            case
                when full_text is null
                then family_text
                when full_text like '%,%'
                then {{ regex_found("full_text", "^([^,]*),", 1) }}
            end as family_text,
            case when full_text not like '%,%' then full_text end as full_text,
            full_text is not null as is_full,
            coalesce(full_text like '%,%', false) as has_comma,
            {{
                words_of(
                    "replace(coalesce(full_text, concat(given_text, ' ', family_text)), ',', ' ')"
                )
            }}
            as all_words
        from abbreviated
    ),

    worded as (
        select
            record_key,
            {{ words_of("replace(given_text, ',', ' ')") }} as given_words,
            {{ words_of("replace(family_text, ',', ' ')") }} as family_words,
            {{ words_of("full_text") }} as full_words,
            is_full,
            has_comma,
            all_words
        from parted
    ),

    shortened as (
        select
            worded.*,
            {{ list_without("worded.given_words", "vocabulary.not_names") }}
            as given_names,
            {{ list_without("worded.family_words", "vocabulary.not_names") }}
            as family_names,
            {{ list_without("worded.full_words", "vocabulary.not_names") }}
            as full_names,
            vocabulary.suffix_words,
            vocabulary.never_names,
            vocabulary.particle_words,
            vocabulary.company_sign_words
        from worded
        cross join vocabulary
    ),

    -- `Moshe Cohen, CPA`: a suffix follows this comma, and before it is a whole name.
    suffixed as (
        select
            *,
            case
                when not has_comma
                then false
                when {{ list_size(list_without("family_names", "particle_words")) }} < 2
                then false
                else
                    {{ list_size("given_names") }} = 0
                    or {{ list_holds("suffix_words", list_joined("given_names", "")) }}
            end as has_suffix
        from shortened
    ),

    -- Jack Lord and JD Vance: what is a title elsewhere is a name where there would be
    -- too few.
    cleaned as (
        select
            record_key,
            is_full
            and {{ list_size("all_words") }} >= 2
            and {{ list_holds("company_sign_words", list_item("all_words", -1)) }}
            as is_company,
            case
                when has_suffix
                then {{ no_texts() }}
                when {{ list_size("given_names") }} = 0
                then {{ list_without("given_words", "never_names") }}
                else given_names
            end as given_words,
            case
                when has_suffix
                then {{ no_texts() }}
                when {{ list_size("family_names") }} = 0
                then {{ list_without("family_words", "never_names") }}
                else family_names
            end as family_words,
            case
                when has_suffix
                then family_names
                when {{ list_size("full_names") }} < 2
                then {{ list_without("full_words", "never_names") }}
                else full_names
            end as full_words,
            all_words,
            particle_words
        from suffixed
    ),

    generations as (
        select
            record_key,
            is_company,
            given_words,
            family_words,
            full_words,
            particle_words,
            case
                when
                    {{ list_size("all_words") }}
                    > {{ list_size("given_words") }}
                    + {{ list_size("family_words") }}
                    + {{ list_size("full_words") }}
                then
                    case
                        {% for generation, words in generations.items() %}
                            when {{ lists_overlap("all_words", list_of(words)) }}
                            then '{{ generation }}'
                        {% endfor %}
                    end
            end as generation
        from cleaned
    ),

    -- The family name of a full name: its last word and the particles before it.
    split_names as (
        select
            record_key,
            is_company,
            generation,
            particle_words,
            given_words,
            family_words,
            full_words,
            {{ list_size("full_words") }} as full_count,
            case
                when
                    {{ list_size("full_words") }} >= 4
                    and {{ list_holds("particle_words", list_item("full_words", -2)) }}
                    and {{ list_holds("particle_words", list_item("full_words", -3)) }}
                then 3
                when
                    {{ list_size("full_words") }} >= 3
                    and {{ list_holds("particle_words", list_item("full_words", -2)) }}
                then 2
                when {{ list_size("full_words") }} >= 2
                then 1
                else 0
            end as family_count
        from generations
    ),

    named as (
        select
            record_key,
            is_company,
            generation,
            particle_words,
            case
                when full_count > 0
                then {{ list_part("full_words", 1, "full_count - family_count") }}
                else given_words
            end as given_words,
            case
                when full_count > 0
                then
                    {{
                        list_part(
                            "full_words",
                            "full_count - family_count + 1",
                            "full_count",
                        )
                    }}
                else family_words
            end as family_words
        from split_names
    ),

    spelled as (
        select
            record_key,
            is_company,
            generation,
            nullif(replace({{ list_item("given_words", 1) }}, '-', ''), '') as given,
            {{ list_part("given_words", 2, 4) }} as middle,
            nullif(
                replace({{ list_joined("family_words", "") }}, '-', ''), ''
            ) as family,
            {{
                list_without(
                    words_of(
                        "replace(" ~ list_joined("family_words", " ") ~ ", '-', ' ')"
                    ),
                    "particle_words",
                )
            }} as family_parts
        from named
    ),

    -- A family name that is its only part needs no list of parts.
    final as (
        select
            record_key,
            is_company,
            case when not is_company then generation end as generation,
            case when not is_company then given end as given,
            case
                when not is_company and {{ list_size("middle") }} > 0 then middle
            end as middle,
            case when not is_company then family end as family,
            case
                when
                    not is_company
                    and (
                        {{ list_size("family_parts") }} > 1
                        or {{ list_item("family_parts", 1) }} <> family
                    )
                then family_parts
            end as family_parts
        from spelled
    )

select record_key, is_company, generation, given, middle, family, family_parts
from final
