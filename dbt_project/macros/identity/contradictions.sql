{#-
  CTEs that find the groups of records which cannot be one customer: a pair that a steward kept
  apart, or two records whose given names, generations or birth dates contradict each other.

  `groups` is a CTE with record_key and group_key; `records`, `decided_pairs` must be CTEs
  too. The result is the CTE `<name>` with group_key.
-#}
{% macro contradictions(name, groups) -%}
    {{ name }}_members as (
        select
            members.group_key,
            records.record_key,
            records.given,
            records.family,
            records.birth_date,
            records.generation
        from {{ groups }} as members
        inner join records on records.record_key = members.record_key
        where records.given is not null or records.birth_date is not null
    ),

    {{ name }}_faces as (
        select group_key, min(record_key) as record_key
        from {{ name }}_members
        group by group_key, given, family, birth_date, generation
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
            decided_pairs
            on decided_pairs.left_record_key = left_record.record_key
            and decided_pairs.right_record_key = right_record.record_key
        where
            left_record.face_count <= 60
            and coalesce(decided_pairs.verdict, '') <> 'same'
            and (
                (
                    {{ given_name_level("left_record", "right_record") }} = 'different'
                    and not {{ given_is_family("left_record", "right_record") }}
                    and not {{ given_is_family("right_record", "left_record") }}
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
