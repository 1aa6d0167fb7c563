{{ config(materialized="followed", outdated="{{ only_touched_customers() }}") }}
{%- set flags = [
    "given_names",
    "family_names",
    "birth_dates",
    "genders",
    "national_ids",
    "countries",
] -%}
{#- More looks than this that one customer has are not compared: they are nobody's. -#}
{%- set most_faces = 60 -%}

with
    customer_ids as ({{ touched_members() }}),

    records as (
        select *
        from {{ ref("int_identity__records") }}
        where {{ only_in("customer_ids") }}
    ),

    given_names as ({{ known_given_names() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    -- Most customers say one thing of everything.
    spread as (
        select
            customer_ids.customer_id,
            min(records.given) <> max(records.given)
            or min(records.generation) <> max(records.generation) as has_given_names,
            min(records.family) <> max(records.family) as has_family_names,
            min(records.birth_date) <> max(records.birth_date)
            or min(records.birthday) <> max(records.birthday) as has_birth_dates,
            min(records.national_id) <> max(records.national_id) as has_national_ids,
            min(records.country) <> max(records.country) as has_countries,
            min(records.gender) <> max(records.gender) as has_genders,
            bool_and(records.gender = 'male') as is_man
        from customer_ids
        inner join records on records.record_key = customer_ids.record_key
        group by customer_ids.customer_id
        having count(*) > 1
    ),

    doubtful as (
        select *
        from spread
        where has_given_names or has_family_names or has_birth_dates or has_national_ids
    ),

    -- A face is what one name, birth date and national id of a customer look like.
    faces as (
        select customer_ids.customer_id, min(records.record_key) as record_key
        from doubtful
        inner join customer_ids on customer_ids.customer_id = doubtful.customer_id
        inner join records on records.record_key = customer_ids.record_key
        where not records.is_company
        group by
            customer_ids.customer_id,
            records.given,
            records.family,
            records.generation,
            records.birth_date,
            records.birthday,
            records.national_id
    ),

    counted_faces as (
        select customer_id, count(*) as face_count from faces group by customer_id
    ),

    face_records as (
        select
            faces.customer_id,
            {{ record_with_names("records", "given_names", "family_names") }},
            records.birthday,
            case
                when doubtful.is_man
                then {{ email_local_sound("records.email_local_part") }}
            end as email_local_sound
        from faces
        inner join counted_faces on counted_faces.customer_id = faces.customer_id
        inner join doubtful on doubtful.customer_id = faces.customer_id
        inner join records on records.record_key = faces.record_key
        left join given_names on given_names.given = records.given
        left join family_names on family_names.family = records.family
        where counted_faces.face_count <= {{ most_faces }}
    ),

    compared as (
        select
            left_record.customer_id,
            left_record.record_key as left_record_key,
            right_record.record_key as right_record_key,
            {{ given_name_level("left_record", "right_record") }} as given_name_level,
            case
                when
                    {{ edit_distance("left_record.family", "right_record.family") }} = 1
                then 'similar'
                else {{ family_name_level("left_record", "right_record") }}
            end as family_name_level,
            {{ names_are_swapped("left_record", "right_record") }} as is_swapped,
            {{ birth_date_level("left_record", "right_record") }} as birth_date_level,
            {{ national_id_level("left_record", "right_record", "null") }}
            as national_id_level,
            -- Of an initial in the other script only the sound can be compared.
            coalesce(
                least(length(left_record.given), length(right_record.given)) = 1
                and left_record.given_is_hebrew <> right_record.given_is_hebrew,
                false
            ) as is_vague_initial,
            coalesce(
                left_record.birth_date = right_record.birth_date
                or left_record.national_id = right_record.national_id,
                false
            )
            or {{
                local_part_holds_name(
                    "left_record.email_local_sound", "right_record.family_key"
                )
            }}
            or {{
                local_part_holds_name(
                    "right_record.email_local_sound", "left_record.family_key"
                )
            }} as is_told_to_be_one
        from face_records as left_record
        inner join
            face_records as right_record
            on right_record.customer_id = left_record.customer_id
            and right_record.record_key > left_record.record_key
    ),

    -- Two spellings that a third one joins do not conflict, nor do a maiden name and a
    -- married one beside a record that has both.
    {% for part in ["given", "family"] %}
        {{ part }}_alike as (
            select left_record_key, right_record_key
            from compared
            where
                is_swapped
                or {{ part }}_name_level
                not in ('different', 'missing', 'other_alphabet', 'initial')
        ),

        {{ part }}_neighbours as (
            select left_record_key as record_key, right_record_key as neighbour_key
            from {{ part }}_alike
            union all
            select right_record_key as record_key, left_record_key as neighbour_key
            from {{ part }}_alike
        ),

        {{ part }}_bridges as (
            select distinct compared.left_record_key, compared.right_record_key
            from compared
            inner join
                {{ part }}_neighbours as left_neighbours
                on left_neighbours.record_key = compared.left_record_key
            inner join
                {{ part }}_neighbours as right_neighbours
                on right_neighbours.record_key = compared.right_record_key
                and right_neighbours.neighbour_key = left_neighbours.neighbour_key
            where compared.{{ part }}_name_level = 'different'
        ),
    {% endfor %}

    judged as (
        select
            compared.customer_id,
            compared.given_name_level = 'different'
            and not compared.is_swapped
            and not compared.is_vague_initial
            and given_bridges.left_record_key is null as has_other_given_name,
            compared.family_name_level = 'different'
            and not compared.is_swapped
            and family_bridges.left_record_key is null
            -- A family name that changed while the given name stayed.
            and not (
                compared.given_name_level
                in ('same', 'nickname', 'other_script', 'same_sound')
                and (compared.is_told_to_be_one or not coalesce(doubtful.is_man, false))
            ) as has_other_family_name,
            compared.birth_date_level = 'different' as has_other_birth_date,
            compared.national_id_level = 'different' as has_other_national_id
        from compared
        inner join doubtful on doubtful.customer_id = compared.customer_id
        left join
            given_bridges
            on given_bridges.left_record_key = compared.left_record_key
            and given_bridges.right_record_key = compared.right_record_key
        left join
            family_bridges
            on family_bridges.left_record_key = compared.left_record_key
            and family_bridges.right_record_key = compared.right_record_key
    ),

    judgements as (
        select
            customer_id,
            bool_or(has_other_given_name) as has_conflicting_given_names,
            bool_or(has_other_family_name) as has_conflicting_family_names,
            bool_or(has_other_birth_date) as has_conflicting_birth_dates,
            bool_or(has_other_national_id) as has_conflicting_national_ids
        from judged
        group by customer_id
    ),

    flagged as (
        select
            spread.customer_id,
            {% for flag in [
                "given_names",
                "family_names",
                "birth_dates",
                "national_ids",
            ] %}
                coalesce(
                    judgements.has_conflicting_{{ flag }},
                    counted_faces.face_count > {{ most_faces }}
                    and spread.has_{{ flag }},
                    false
                ) as has_conflicting_{{ flag }},
            {% endfor %}
            coalesce(spread.has_genders, false) as has_conflicting_genders,
            coalesce(spread.has_countries, false) as has_conflicting_countries
        from spread
        left join counted_faces on counted_faces.customer_id = spread.customer_id
        left join judgements on judgements.customer_id = spread.customer_id
    ),

    counted as (
        select
            *,
            cast(
                {% for flag in flags %}
                    case when has_conflicting_{{ flag }} then 1 else 0 end
                    {{ "+" if not loop.last }}
                {% endfor %} as bigint
            ) as conflict_count
        from flagged
    ),

    final as (
        select
            customer_id,
            {% for flag in flags %} has_conflicting_{{ flag }}, {% endfor %}
            conflict_count
        from counted
        where conflict_count > 0
    )

select *
from final
