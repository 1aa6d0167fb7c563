{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="(kind, value) in (select (kind, value) from {{ ref('int_identity__touched_identifiers') }})",
    )
}}
{%- set touched = ref("int_identity__touched_identifiers") -%}

with
    record_identifiers as (
        select record_key, kind, value, name_face, is_role_mailbox
        from {{ ref("int_identity__record_identifiers") }}
        {% if identity_follows() %}
            where (kind, value) in (select (kind, value) from {{ touched }})
        {% endif %}
    ),

    records as (select * from {{ ref("int_identity__records") }}),

    given_names as ({{ known_given_names() }}),

    common_birth_dates as ({{ common_birth_dates() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

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

    -- One record for each given name that uses the value, where there are several.
    faces as (
        select
            record_identifiers.kind,
            record_identifiers.value,
            min(record_identifiers.record_key) as record_key
        from record_identifiers
        inner join
            counted
            on counted.kind = record_identifiers.kind
            and counted.value = record_identifiers.value
            and counted.given_name_count between 2 and 20
        where record_identifiers.name_face <> ''
        group by
            record_identifiers.kind,
            record_identifiers.value,
            record_identifiers.name_face
    ),

    face_names as (
        select
            faces.kind,
            faces.value,
            {{ record_with_names("records", "given_names", "family_names") }}
        from faces
        inner join records on records.record_key = faces.record_key
        left join given_names on given_names.given = records.given
        left join family_names on family_names.family = records.family
    ),

    -- Two spellings of one name are one person.
    different_faces as (
        select
            left_face.kind,
            left_face.value,
            count(distinct left_face.record_key) + 1 as different_count
        from face_names as left_face
        inner join
            face_names as right_face
            on right_face.kind = left_face.kind
            and right_face.value = left_face.value
            and right_face.record_key > left_face.record_key
        where
            {{ given_name_level("left_face", "right_face") }} = 'different'
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
