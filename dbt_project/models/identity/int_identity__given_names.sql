{{ config(materialized="followed", outdated="false") }}
{%- set changed = ref("int_identity__changed_records") -%}

-- A name is brought to its keys once, however many records bear it.
with
    record_names as (
        select given
        from {{ ref("int_identity__record_names") }}
        where
            given is not null and {{ only_in(changed) }}
            {% if identity_follows() %}
                and given not in (select given from {{ this }})
            {% endif %}
    ),

    nicknames as (select * from {{ ref("identity_nicknames") }}),

    given_names as (select distinct given from record_names),

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

    final as (
        select
            given,
            nullif(given_own_key, '') as given_own_key,
            case when length(given) > 1 then nullif(given_key, '') end as given_key,
            left(nullif(given_own_key, ''), 1) as given_initial_key,
            {{ regex_matches("given", "[א-ת]") }} as given_is_hebrew,
            {{ regex_replaced("given", "(ie|y|i|י)$", "") }} as given_stem,
            given_forms,
            given_sounds
        from known_given_names
    )

select *
from final
