{#-
  CTEs that find the groups of records which cannot be one customer: a pair that a steward kept
  apart, or two records whose given names, generations, birth dates or national ids contradict each
  other. They do when such differences weigh `contradiction_weight` or less: one is enough by the
  weights that ship, two may be needed where training found that values are often plainly wrong.
  What a link joins is not held against it, but for one thing: two national ids and two birth dates
  are two people, whatever they have in common.

  `groups` is a CTE with record_key and group_key; `records`, `links`, `decided_pairs`,
  `given_names` (of `known_given_names`), `family_names` and `weights` (of `weights_in_a_row`) must be
  CTEs too. The result is the CTE `<name>` with group_key.
-#}
{% macro contradictions(name, groups) -%}
    {{ name }}_sizes as (
        select group_key, count(*) as record_count from {{ groups }} group by group_key
    ),

    {{ name }}_links as (
        select groups.group_key, links.left_record_key, links.right_record_key
        from links
        inner join {{ groups }} as groups on groups.record_key = links.left_record_key
        inner join
            {{ groups }} as right_groups
            on right_groups.record_key = links.right_record_key
            and right_groups.group_key = groups.group_key
    ),

    {{ name }}_link_counts as (
        select group_key, count(*) as link_count
        from {{ name }}_links
        group by group_key
    ),

    -- No evidence joins two who have another national id and another birth date.
    {{ name }}_of_several as (
        select groups.group_key
        from {{ groups }} as groups
        inner join records on records.record_key = groups.record_key
        cross join weights
        where
            records.national_id is not null
            and records.birth_date is not null
            and weights.national_id__different <= {{ contradiction_weight() }}
        group by groups.group_key
        having
            min(records.national_id) <> max(records.national_id)
            and min(records.birth_date) <> max(records.birth_date)
    ),

    -- Where every two records are linked, all other evidence joins them.
    {{ name }}_open as (
        select sizes.group_key
        from {{ name }}_sizes as sizes
        inner join
            {{ name }}_link_counts as link_counts
            on link_counts.group_key = sizes.group_key
        where
            sizes.record_count > 2
            and link_counts.link_count
            < sizes.record_count * (sizes.record_count - 1) / 2
        union
        select group_key
        from {{ name }}_of_several
    ),

    -- A face is what one name, birth date, generation, national id and gender in a
    -- group look like.
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
                    records.generation,
                    records.national_id,
                    records.gender
            ) as face_key
        from {{ name }}_open as open_groups
        inner join {{ groups }} as members on members.group_key = open_groups.group_key
        inner join records on records.record_key = members.record_key
        where
            records.given is not null
            or records.birth_date is not null
            or records.national_id is not null
    ),

    {{ name }}_faces as (
        select distinct group_key, face_key as record_key from {{ name }}_members
    ),

    -- Faces that all the evidence joins are no contradiction by themselves.
    {{ name }}_joined_faces as (
        select distinct
            least(left_member.face_key, right_member.face_key) as left_face_key,
            greatest(left_member.face_key, right_member.face_key) as right_face_key
        from {{ name }}_links as links
        inner join
            {{ name }}_members as left_member
            on left_member.record_key = links.left_record_key
        inner join
            {{ name }}_members as right_member
            on right_member.record_key = links.right_record_key
        where left_member.face_key <> right_member.face_key
    ),

    {{ name }}_doubtful as (
        select group_key, count(*) as face_count
        from {{ name }}_faces
        group by group_key
        having count(*) > 1
    ),

    {{ name }}_face_records as (
        select
            faces.group_key,
            doubtful.face_count,
            {{ record_with_names("records", "given_names", "family_names") }}
        from {{ name }}_faces as faces
        inner join
            {{ name }}_doubtful as doubtful on doubtful.group_key = faces.group_key
        inner join records on records.record_key = faces.record_key
        left join given_names on given_names.given = records.given
        left join family_names on family_names.family = records.family
    ),

    -- What differs between two linked records does not contradict elsewhere in the
    -- group: all the evidence has outweighed it.
    {{ name }}_outweighed as (
        {% for attribute in ["given", "birth_date", "national_id"] %}
            select distinct
                left_record.group_key,
                '{{ attribute }}' as attribute,
                least(left_record.{{ attribute }}, right_record.{{ attribute }}) as one,
                greatest(
                    left_record.{{ attribute }}, right_record.{{ attribute }}
                ) as other
            from {{ name }}_joined_faces as joined_faces
            inner join
                {{ name }}_face_records as left_record
                on left_record.record_key = joined_faces.left_face_key
            inner join
                {{ name }}_face_records as right_record
                on right_record.record_key = joined_faces.right_face_key
            where
                left_record.{{ attribute }} <> right_record.{{ attribute }}
                {{ "union all" if not loop.last }}
        {% endfor %}
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
        {% for attribute in ["given", "birth_date", "national_id"] %}
            left join
                {{ name }}_outweighed as outweighed_{{ attribute }}
                on outweighed_{{ attribute }}.group_key = left_record.group_key
                and outweighed_{{ attribute }}.attribute = '{{ attribute }}'
                and outweighed_{{ attribute }}.one
                = least(left_record.{{ attribute }}, right_record.{{ attribute }})
                and outweighed_{{ attribute }}.other
                = greatest(left_record.{{ attribute }}, right_record.{{ attribute }})
        {% endfor %}
        cross join weights
        where
            left_record.face_count <= 60
            and (
                (
                    {{ national_ids_contradict("left_record", "right_record") }}
                    and {{ birth_dates_contradict("left_record", "right_record") }}
                    and weights.national_id__different <= {{ contradiction_weight() }}
                )
                or (
                    joined_faces.left_face_key is null
                    and not coalesce(
                        left_record.national_id = right_record.national_id, false
                    )
                    and (
                        case
                            when
                                (
                                    outweighed_given.one is null
                                    or left_record.gender <> right_record.gender
                                )
                                and
                                {{ given_names_differ("left_record", "right_record") }}
                                and not
                                {{ names_are_swapped("left_record", "right_record") }}
                            then weights.given_name__different
                            else 0
                        end + case
                            when
                                outweighed_birth_date.one is null
                                and {{
                                    birth_dates_contradict(
                                        "left_record", "right_record"
                                    )
                                }}
                            then weights.birth_date__different
                            else 0
                        end
                        + case
                            when
                                outweighed_national_id.one is null
                                and {{
                                    national_ids_contradict(
                                        "left_record", "right_record"
                                    )
                                }}
                            then weights.national_id__different
                            else 0
                        end
                    )
                    <= {{ contradiction_weight() }}
                )
            )
    ),

    {{ name }}_pairs_kept_apart as (
        select left_record_key, right_record_key
        from decided_pairs
        where verdict = 'different'
    ),

    {{ groups_kept_apart(name ~ "_kept_apart", groups, name ~ "_pairs_kept_apart") }},

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

{#-
  Whether two national ids are those of two people: both may be right, and they differ by more than a
  slip. Null where one is missing.
-#}
{% macro national_ids_contradict(left, right) -%}
    (
        {{ left }}.national_id <> {{ right }}.national_id
        and not {{ left }}.national_id_is_wrong
        and not {{ right }}.national_id_is_wrong
        and {{ edit_distance(left ~ ".national_id", right ~ ".national_id") }} > 2
    )
{%- endmacro %}

{#-
  Whether two whole birth dates are those of two people: they differ by more than a slip, or day and
  month exchanged, and neither is a first of January, which forms hold where only the year, or
  nothing, was known. Null where one is missing.
-#}
{% macro birth_dates_contradict(left, right) -%}
    (
        {{ left }}.birth_date <> {{ right }}.birth_date
        and {{ left }}.birth_date not like '%-01-01'
        and {{ right }}.birth_date not like '%-01-01'
        and {{ edit_distance(left ~ ".birth_date", right ~ ".birth_date") }} > 2
        and not {{ day_and_month_swapped(left ~ ".birth_date", right ~ ".birth_date") }}
    )
{%- endmacro %}

{#- What two records differ by contradicts that they are one from this weight down. -#}
{% macro contradiction_weight() %} {{ return(-5) }} {% endmacro %}

{#-
  The share of one person's records from which on a difference contradicts nothing: seen that often, it
  weighs no more than `contradiction_weight`, for two people differ nearly always.
-#}
{% macro unreliable_share() %} {{ return(2 ** contradiction_weight()) }} {% endmacro %}

{#-
  The CTE `<name>` with the group_key of the groups in which both records of a pair are that stewards
  kept apart. `groups` is a CTE with record_key and group_key, `pairs` one with left_record_key and
  right_record_key.
-#}
{% macro groups_kept_apart(name, groups, pairs) -%}
    {{ name }} as (
        select left_members.group_key
        from {{ pairs }} as pairs
        inner join
            {{ groups }} as left_members
            on left_members.record_key = pairs.left_record_key
        inner join
            {{ groups }} as right_members
            on right_members.record_key = pairs.right_record_key
            and right_members.group_key = left_members.group_key
    )
{%- endmacro %}
