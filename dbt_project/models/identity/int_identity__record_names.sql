{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__changed_records') }})",
    )
}}
{%- set changed = ref("int_identity__changed_records") -%}
{%- set words_roles = ["title", "suffix", "generation", "particle", "company_sign"] -%}

with
    person_records as (
        select record_key, full_name, given_name, family_name
        from {{ ref("int_identity__person_records") }}
        where {{ only_in(changed) }}
    ),

    name_words as (select * from {{ ref("identity_name_words") }}),

    vocabulary as (
        select
            {% for role in words_roles %}
                {{ distinct_values("case when role = '" ~ role ~ "' then word end") }}
                as {{ role }}_words{{ "," if not loop.last }}
            {% endfor %}
        from name_words
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
                end as {{ text }},
            {% endfor %}
            given_name is not null or family_name is not null as has_parts
        from person_records
    ),

    -- `Cohen, Moshe` says by its comma which is which,
    -- and a whole name in one of two fields is a whole name.
    whole as (
        select
            record_key,
            given_text,
            family_text,
            case
                when not has_parts
                then full_text
                when trim(family_text) = '' and trim(given_text) like '% %'
                then given_text
                when trim(given_text) = '' and trim(family_text) like '% %'
                then family_text
            end as full_text
        from plain
    ),

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
            {{ words_of("replace(full_text, ',', ' ')") }} as all_words
        from whole
    ),

    worded as (
        select
            parted.record_key,
            {{
                list_without(
                    words_of("replace(parted.given_text, ',', ' ')"),
                    "vocabulary.suffix_words",
                )
            }} as given_words,
            {{ words_of("replace(parted.family_text, ',', ' ')") }} as family_words,
            {{ words_of("parted.full_text") }} as full_words,
            {{ list_item("parted.all_words", -1) }} as last_word,
            {{ list_size("parted.all_words") }} as word_count,
            {{
                list_union(
                    "vocabulary.title_words",
                    list_union(
                        "vocabulary.suffix_words", "vocabulary.generation_words"
                    ),
                )
            }} as not_names,
            vocabulary.particle_words,
            vocabulary.company_sign_words
        from parted
        cross join vocabulary
    ),

    cleaned as (
        select
            record_key,
            word_count >= 2
            and {{ list_holds("company_sign_words", "last_word") }} as is_company,
            {{ list_without("given_words", "not_names") }} as given_words,
            {{ list_without("family_words", "not_names") }} as family_words,
            {{ list_without("full_words", "not_names") }} as full_words,
            particle_words,
            case
                when
                    {{ lists_overlap("family_words", list_of(["jr", "junior"])) }}
                    or {{ lists_overlap("full_words", list_of(["jr", "junior"])) }}
                    or {{ lists_overlap("given_words", list_of(["jr", "junior"])) }}
                then 'junior'
                when
                    {{ lists_overlap("family_words", list_of(["sr", "senior"])) }}
                    or {{ lists_overlap("full_words", list_of(["sr", "senior"])) }}
                    or {{ lists_overlap("given_words", list_of(["sr", "senior"])) }}
                then 'senior'
            end as generation
        from worded
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
        from cleaned
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
