{%- set words_roles = ["title", "suffix", "generation", "particle", "company_sign"] -%}

with
    person_records as (select * from {{ ref("int_identity__person_records") }}),

    name_words as (select * from {{ ref("identity_name_words") }}),

    nicknames as (select * from {{ ref("identity_nicknames") }}),

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
            {{ plain_name("case when given_name not like '%@%' then given_name end") }}
            as given_text,
            {{
                plain_name(
                    "case when family_name not like '%@%' then family_name end"
                )
            }} as family_text,
            {{ plain_name("case when full_name not like '%@%' then full_name end") }}
            as full_text,
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

    given_names as (
        select distinct given from spelled where given is not null and not is_company
    ),

    sounded_given_names as (
        select
            given,
            {{ loose_name_key("given") }} as given_own_key,
            {{ given_name_sounds("given") }} as sounds
        from given_names
    ),

    known_nicknames as (
        select
            nickname,
            given_name,
            rank,
            {{ loose_name_key("given_name") }} as given_name_key,
            {{ given_name_sounds("given_name") }} as sounds
        from nicknames
        where nickname in (select given from given_names)
    ),

    nickname_sounds as (
        select nickname, {{ list_rows("sounds") }} as sound from known_nicknames
    ),

    given_name_forms as (
        select
            nickname,
            {{ distinct_values("given_name") }} as given_names,
            max(case when rank = 1 then given_name_key end) as given_name_key
        from known_nicknames
        group by nickname
    ),

    given_name_sounds as (
        select nickname, {{ distinct_values("sound") }} as sounds
        from nickname_sounds
        group by nickname
    ),

    -- A given name with the names that it may be short for.
    known_given_names as (
        select
            sounded_given_names.given,
            sounded_given_names.given_own_key,
            coalesce(
                given_name_forms.given_name_key, sounded_given_names.given_own_key
            ) as given_key,
            {{
                list_union(
                    "given_name_forms.given_names",
                    list_of_one("sounded_given_names.given"),
                )
            }} as given_forms,
            {{ list_union("given_name_sounds.sounds", "sounded_given_names.sounds") }}
            as given_sounds
        from sounded_given_names
        left join
            given_name_forms on given_name_forms.nickname = sounded_given_names.given
        left join
            given_name_sounds on given_name_sounds.nickname = sounded_given_names.given
    ),

    family_names as (
        select distinct family from spelled where family is not null and not is_company
    ),

    known_family_names as (
        select
            family,
            {{ loose_name_key("family") }} as family_key,
            {{ name_keys("family") }} as family_sounds
        from family_names
    ),

    keyed as (
        select
            spelled.record_key,
            spelled.is_company,
            spelled.generation,
            case when not spelled.is_company then spelled.given end as given,
            case when not spelled.is_company then spelled.middle end as middle,
            case when not spelled.is_company then spelled.family end as family,
            case
                when not spelled.is_company then spelled.family_parts
            end as family_parts,
            known_given_names.given_forms,
            known_given_names.given_sounds,
            nullif(known_given_names.given_own_key, '') as given_own_key,
            case
                when length(spelled.given) > 1
                then nullif(known_given_names.given_key, '')
            end as given_key,
            known_family_names.family_sounds,
            case
                when length(spelled.family) > 1
                then nullif(known_family_names.family_key, '')
            end as family_key
        from spelled
        left join
            known_given_names
            on known_given_names.given = spelled.given
            and not spelled.is_company
        left join
            known_family_names
            on known_family_names.family = spelled.family
            and not spelled.is_company
    ),

    final as (
        select
            record_key,
            is_company,
            generation,
            given,
            middle,
            family,
            family_parts,
            given_forms,
            given_sounds,
            given_own_key,
            given_key,
            left(given_own_key, 1) as given_initial_key,
            family_sounds,
            family_key,
            case
                when given_key is not null and family_key is not null
                then
                    concat(
                        least(given_key, family_key),
                        '|',
                        greatest(given_key, family_key)
                    )
            end as name_key,
            {{ regex_matches("given", "[א-ת]") }} as given_is_hebrew,
            {{ regex_matches("family", "[א-ת]") }} as family_is_hebrew,
            case
                when given is not null then count(*) over (partition by given)
            end as given_count,
            count(*) over () as all_count
        from keyed
    )

select *
from final
