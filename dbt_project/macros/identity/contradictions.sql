{#-
  CTEs that find the groups of records which cannot be one customer: a pair that a steward kept
  apart, or two records whose given names, generations or birth dates contradict each other.

  `groups` is a CTE with record_key and group_key; `records`, `links` and
  `decided_pairs` must be CTEs too. The result is the CTE `<name>` with group_key.
-#}
{% macro contradictions(name, groups) -%}
    -- A face is what one name, birth date and generation in a group look like.
    {{ name }}_members as (
        select
            members.group_key,
            records.record_key,
            min(records.record_key) over (
                partition by
                    members.group_key,
                    records.given,
                    records.family,
                    records.birth_date,
                    records.generation
            ) as face_key
        from {{ groups }} as members
        inner join records on records.record_key = members.record_key
        where records.given is not null or records.birth_date is not null
    ),

    {{ name }}_faces as (
        select distinct group_key, face_key as record_key from {{ name }}_members
    ),

    -- Faces that all the evidence joins are no contradiction by themselves.
    {{ name }}_joined_faces as (
        select distinct
            least(left_member.face_key, right_member.face_key) as left_face_key,
            greatest(left_member.face_key, right_member.face_key) as right_face_key
        from links
        inner join
            {{ name }}_members as left_member
            on left_member.record_key = links.left_record_key
        inner join
            {{ name }}_members as right_member
            on right_member.record_key = links.right_record_key
            and right_member.group_key = left_member.group_key
        where left_member.face_key <> right_member.face_key
    ),

    {{ name }}_doubtful as (
        select group_key, count(*) as face_count
        from {{ name }}_faces
        group by group_key
        having count(*) > 1
    ),

    {{ name }}_face_records as (
        select faces.group_key, doubtful.face_count, records.*
        from {{ name }}_faces as faces
        inner join
            {{ name }}_doubtful as doubtful on doubtful.group_key = faces.group_key
        inner join records on records.record_key = faces.record_key
    ),

    {{ name }}_different as (
        select left_record.group_key
        from {{ name }}_face_records as left_record
        inner join
            {{ name }}_face_records as right_record
            on right_record.group_key = left_record.group_key
            and right_record.record_key > left_record.record_key
        left join
            {{ name }}_joined_faces as joined_faces
            on joined_faces.left_face_key = left_record.record_key
            and joined_faces.right_face_key = right_record.record_key
        where
            left_record.face_count <= 60
            and joined_faces.left_face_key is null
            and (
                (
                    {{ given_name_level("left_record", "right_record") }} = 'different'
                    and not {{ names_are_swapped("left_record", "right_record") }}
                )
                or
                {{ edit_distance("left_record.birth_date", "right_record.birth_date") }}
                > 2
            )
    ),

    {{ name }}_kept_apart as (
        select left_members.group_key
        from decided_pairs
        inner join
            {{ groups }} as left_members
            on left_members.record_key = decided_pairs.left_record_key
        inner join
            {{ groups }} as right_members
            on right_members.record_key = decided_pairs.right_record_key
            and right_members.group_key = left_members.group_key
        where decided_pairs.verdict = 'different'
    ),

    {{ name }} as (
        select group_key
        from {{ name }}_different
        union
        select group_key
        from {{ name }}_kept_apart
        union
        select group_key
        from {{ name }}_doubtful
        where face_count > 60
    )
{%- endmacro %}
