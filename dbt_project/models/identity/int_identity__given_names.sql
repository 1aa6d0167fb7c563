{{ config(materialized="followed", outdated="false") }}

-- A name is brought to its keys once, however many records bear it.
with
    record_names as (
        select given
        from {{ made_rows(ref("int_identity__record_names")) }}
        where
            given is not null
            {% if identity_follows() %}
                and given not in (select given from {{ this }})
            {% endif %}
    ),

    nicknames as (select * from {{ ref("identity_nicknames") }}),

    given_names as (select distinct given from record_names),

    known_as as (
        select nickname, given_name, rank
        from nicknames
        where nickname in (select given from given_names)
    ),

    names as (
        select given as name
        from given_names
        union
        select given_name as name
        from known_as
    ),

    keyed as (
        select
            name,
            {{ loose_name_key("name") }} as own_key,
            {{ cross_script_key("name") }} as key,
            {{ cross_script_key("name", v="b") }} as key_with_v,
            {{ cross_script_key("name", h="k") }} as key_with_h,
            {{ cross_script_key("name", v="b", h="k") }} as key_with_both
        from names
    ),

    sounded as (
        select
            name,
            own_key,
            {{
                given_name_sounds(
                    "name", ["key", "key_with_v", "key_with_h", "key_with_both"]
                )
            }} as sounds
        from keyed
    ),

    sounded_given_names as (
        select given_names.given, sounded.own_key as given_own_key, sounded.sounds
        from given_names
        inner join sounded on sounded.name = given_names.given
    ),

    known_nicknames as (
        select
            known_as.nickname,
            known_as.given_name,
            known_as.rank,
            sounded.own_key as given_name_key,
            sounded.sounds
        from known_as
        inner join sounded on sounded.name = known_as.given_name
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

    -- B. may be William, as Bill is: the forms by which most are called.
    called as (
        select given, given as form
        from given_names
        union
        select nickname, given_name
        from nicknames
        where nickname in (select given from given_names)
        union
        select given_name, nickname
        from nicknames
        where rank = 1 and given_name in (select given from given_names)
    ),

    initials as (
        select given, {{ distinct_values("left(form, 1)") }} as given_initials
        from called
        group by given
    ),

    hebrew_letters as (
        select given, {{ list_rows(hebrew_initials("form")) }} as letter from called
    ),

    hebrew_initials as (
        select given, {{ distinct_values("letter") }} as given_hebrew_initials
        from hebrew_letters
        group by given
    ),

    final as (
        select
            known_given_names.given,
            nullif(known_given_names.given_own_key, '') as given_own_key,
            case
                when length(known_given_names.given) > 1
                then nullif(known_given_names.given_key, '')
            end as given_key,
            left(nullif(known_given_names.given_own_key, ''), 1) as given_initial_key,
            {{ regex_matches("known_given_names.given", "[א-ת]") }} as given_is_hebrew,
            {{ regex_replaced("known_given_names.given", "(ie|y|i|י)$", "") }}
            as given_stem,
            known_given_names.given_forms,
            known_given_names.given_sounds,
            initials.given_initials,
            hebrew_initials.given_hebrew_initials
        from known_given_names
        inner join initials on initials.given = known_given_names.given
        left join hebrew_initials on hebrew_initials.given = known_given_names.given
    )

select *
from final
