{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="(kind, value) in (select (kind, value) from {{ ref('int_identity__touched_identifiers') }})",
    )
}}
{%- set touched = ref("int_identity__touched_identifiers") -%}
{#- Read where they lie: a CTE that is read several times is copied first. -#}
{%- set records = ref("int_identity__records") -%}

with
    record_identifiers as (
        select record_key, kind, value, name_face, is_role_mailbox
        from {{ ref("int_identity__record_identifiers") }}
        {% if identity_follows() %}
            where (kind, value) in (select (kind, value) from {{ touched }})
        {% endif %}
    ),

    given_names as ({{ known_given_names() }}),

    common_birth_dates as ({{ common_birth_dates() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    known_names as (
        select nickname as given
        from {{ ref("identity_nicknames") }}
        union
        select given_name
        from {{ ref("identity_nicknames") }}
    ),

    -- Few identifiers are used by records of a man and of a woman.
    gendered as (
        select
            record_identifiers.record_key,
            record_identifiers.kind,
            record_identifiers.value,
            records.gender
        from record_identifiers
        inner join
            {{ records }} as records
            on records.record_key = record_identifiers.record_key
        where records.gender is not null
    ),

    of_both_genders as (
        select kind, value
        from gendered
        group by kind, value
        having min(gender) <> max(gender)
    ),

    counted as (
        select
            kind,
            value,
            count(*) as record_count,
            count(distinct nullif(name_face, '')) as given_name_count,
            bool_or(is_role_mailbox) as is_role_mailbox
        from record_identifiers
        group by kind, value
    ),

    compared_values as (
        select kind, value
        from counted
        where given_name_count between 2 and 20
        union
        select of_both_genders.kind, of_both_genders.value
        from of_both_genders
        inner join
            counted
            on counted.kind = of_both_genders.kind
            and counted.value = of_both_genders.value
        where counted.given_name_count = 1
    ),

    -- One record for each given name that uses the value, where there are several, or
    -- for a man and a woman.
    faces as (
        select
            record_identifiers.kind,
            record_identifiers.value,
            min(record_identifiers.record_key) as record_key,
            count(*) as record_count
        from record_identifiers
        inner join
            compared_values
            on compared_values.kind = record_identifiers.kind
            and compared_values.value = record_identifiers.value
        left join
            of_both_genders
            on of_both_genders.kind = record_identifiers.kind
            and of_both_genders.value = record_identifiers.value
        left join
            gendered
            on gendered.kind = of_both_genders.kind
            and gendered.value = of_both_genders.value
            and gendered.record_key = record_identifiers.record_key
        where record_identifiers.name_face <> ''
        group by
            record_identifiers.kind,
            record_identifiers.value,
            record_identifiers.name_face,
            gendered.gender
    ),

    face_names as (
        select
            faces.kind,
            faces.value,
            faces.record_count,
            {{ record_with_names("records", "given_names", "family_names") }}
        from faces
        inner join {{ records }} as records on records.record_key = faces.record_key
        left join given_names on given_names.given = records.given
        left join family_names on family_names.family = records.family
    ),

    -- One record among many of one name, with a name like it that is nobody's name
    -- elsewhere: not another person, but two slips.
    misspelt as (
        select distinct odd.kind, odd.value, odd.record_key
        from face_names as odd
        inner join
            face_names as usual on usual.kind = odd.kind and usual.value = odd.value
        where
            odd.record_count = 1
            and usual.record_count >= 4
            and odd.given_is_rare
            and odd.given <> usual.given
            and least(length(odd.given), length(usual.given)) >= 6
            and {{ edit_distance("odd.given", "usual.given", most=2) }} <= 2
            and odd.given not in (select given from known_names)
    ),

    told_faces as (
        select face_names.*
        from face_names
        left join
            misspelt
            on misspelt.kind = face_names.kind
            and misspelt.value = face_names.value
            and misspelt.record_key = face_names.record_key
        where misspelt.record_key is null
    ),

    -- Two spellings of one name are one person.
    different_faces as (
        select
            left_face.kind,
            left_face.value,
            count(distinct left_face.record_key) + 1 as different_count
        from told_faces as left_face
        inner join
            told_faces as right_face
            on right_face.kind = left_face.kind
            and right_face.value = left_face.value
            and right_face.record_key > left_face.record_key
        where
            {{ given_names_differ("left_face", "right_face") }}
            and not {{ names_are_swapped("left_face", "right_face") }}
            -- Who has another's national id and birth date is that person, whatever
            -- the name.
            and not coalesce(
                left_face.kind = 'national_id'
                and left_face.birth_date = right_face.birth_date
                and left_face.birth_date
                not in (select birth_date from common_birth_dates),
                false
            )
        group by left_face.kind, left_face.value
    ),

    final as (
        select
            counted.kind,
            counted.value,
            counted.record_count,
            counted.given_name_count,
            case
                when counted.is_role_mailbox
                then 'role'
                when
                    counted.given_name_count > 20
                    or different_faces.different_count
                    > {{ var("identity_common_names", 5) }}
                then 'common'
                -- A national id is one person's, though one of the names may be wrong.
                when
                    different_faces.different_count
                    > case when counted.kind = 'national_id' then 2 else 1 end
                then 'shared'
                else 'personal'
            end as use
        from counted
        left join
            different_faces
            on different_faces.kind = counted.kind
            and different_faces.value = counted.value
    )

select *
from final
