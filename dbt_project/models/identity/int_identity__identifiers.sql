with
    record_identifiers as (select * from {{ ref("int_identity__record_identifiers") }}),

    record_names as (select * from {{ ref("int_identity__record_names") }}),

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

    -- Two spellings of one name are one person.
    different_faces as (
        select
            left_face.kind,
            left_face.value,
            count(distinct left_face.record_key) + 1 as different_count
        from faces as left_face
        inner join
            faces as right_face
            on right_face.kind = left_face.kind
            and right_face.value = left_face.value
            and right_face.record_key > left_face.record_key
        inner join
            record_names as left_name on left_name.record_key = left_face.record_key
        inner join
            record_names as right_name on right_name.record_key = right_face.record_key
        where
            {{ given_name_level("left_name", "right_name") }} = 'different'
            and not {{ names_are_swapped("left_name", "right_name") }}
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
                when different_faces.different_count > 1
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
