{{ config(materialized="view") }}
{#- A group of more records is no person and no home. -#}
{%- set most_records = 10 -%}
{#- Of more records about so many are looked at. -#}
{%- set sampled_records = 16384 -%}
{#- Fewer people say nothing of a column. -#}
{%- set least_people = 100 -%}

-- How often what tells two people apart differs between records of one person. Who is
-- one person is told by the other columns, not by match weights.
with
    sizes as (
        select
            cast(
                greatest(1, floor(record_count / {{ sampled_records }})) as integer
            ) as one_of
        from {{ ref("int_identity__record_count") }}
    ),

    common_birth_dates as ({{ common_birth_dates() }}),

    hashed as (
        select
            records.record_key,
            sizes.one_of,
            case
                when national_id is not null then {{ row_digest(["national_id"]) }}
            end as person_by_id,
            case
                when national_id is not null
                then {{ row_digest(["given", "family", "birth_date"]) }}
            end as person_by_name,
            case
                when street_key is not null and city_key is not null
                then {{ row_digest(["family_key", "street_key", "city_key"]) }}
            end as home
        from {{ ref("int_identity__records") }} as records
        cross join sizes
        where
            birth_date is not null
            and given_key is not null
            and family_key is not null
            -- What is put where no birth date is known makes nobody one person.
            and birth_date not like '%-01-01'
            and birth_date not in (select birth_date from common_birth_dates)
    ),

    keys as (
        {% for gathered_by in ["person_by_id", "person_by_name", "home"] %}
            select
                '{{ gathered_by }}' as gathered_by,
                {{ gathered_by }} as group_key,
                record_key
            from hashed
            where
                {{ gathered_by }} is not null and {{ gathered_by }} % one_of = 0
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    small_groups as (
        select gathered_by, group_key
        from keys
        group by gathered_by, group_key
        having count(*) between 2 and {{ most_records }}
    ),

    members as (
        select
            keys.gathered_by,
            keys.group_key,
            records.record_key,
            records.given,
            records.given_key,
            records.given_is_hebrew,
            records.family,
            records.birth_date,
            records.national_id,
            records.national_id_is_wrong,
            records.phone,
            records.street_key
        from small_groups
        inner join
            keys
            on keys.gathered_by = small_groups.gathered_by
            and keys.group_key = small_groups.group_key
        inner join
            {{ ref("int_identity__records") }} as records
            on records.record_key = keys.record_key
    ),

    pairs as (
        select
            one.gathered_by,
            one.group_key,
            one.given = other.given and one.family = other.family as is_same_name,
            -- A nickname, a slip, another script and names exchanged are no other name.
            one.given_key <> other.given_key
            and one.given_is_hebrew = other.given_is_hebrew
            and one.given <> other.family
            and other.given <> one.family
            and {{ jaro_winkler("one.given", "other.given") }} < 0.75 as is_other_name,
            one.birth_date = other.birth_date as is_same_birth_date,
            {{ birth_dates_contradict("one", "other") }} as is_other_birth_date,
            coalesce(one.national_id = other.national_id, false) as is_same_id,
            {{ national_ids_contradict("one", "other") }} as is_other_id,
            one.national_id_is_wrong or other.national_id_is_wrong as is_an_id_wrong,
            coalesce(one.street_key = other.street_key, false)
            or coalesce(one.phone = other.phone, false) as is_same_place
        from members as one
        inner join
            members as other
            on other.gathered_by = one.gathered_by
            and other.group_key = one.group_key
            and other.record_key > one.record_key
    ),

    -- A person counts once, however many records are of them.
    shares as (
        select
            gathered_by,
            avg(
                case
                    when is_same_birth_date
                    then case when is_other_name then 1.0 else 0.0 end
                end
            ) as other_name,
            avg(
                case
                    when is_same_name
                    then case when is_other_birth_date then 1.0 else 0.0 end
                end
            ) as other_birth_date,
            avg(
                case
                    when is_same_place and not is_an_id_wrong
                    then case when is_other_id then 1.0 else 0.0 end
                end
            ) as other_id,
            -- Whether two given names at a home are those of two people.
            max(
                case
                    when not is_other_name
                    then null
                    when is_other_birth_date and not is_same_id
                    then 1.0
                    when is_same_birth_date and is_same_id
                    then 0.0
                end
            ) as other_person
        from pairs
        group by gathered_by, group_key
    ),

    told_by as (
        select 'given_name' as comparison, 'person_by_id' as gathered_by
        union all
        select 'birth_date', 'person_by_id'
        union all
        select 'national_id', 'person_by_name'
        union all
        select 'household', 'home'
    ),

    told as (
        select
            told_by.comparison,
            case
                told_by.comparison
                when 'given_name'
                then shares.other_name
                when 'birth_date'
                then shares.other_birth_date
                when 'national_id'
                then shares.other_id
                else shares.other_person
            end as share
        from told_by
        inner join shares on shares.gathered_by = told_by.gathered_by
    ),

    counted as (
        select
            comparison,
            count(share) as known,
            -- The same of the same records, whatever the order in which they add up.
            round(cast(sum(share) as double), 4) as seen
        from told
        where share is not null
        group by comparison
    ),

    final as (
        select
            comparison,
            case
                when comparison = 'household' then 'shared' else 'different'
            end as level,
            known,
            seen,
            case
                -- That one more home may be a household is Laplace's rule of
                -- succession.
                when comparison = 'household'
                then
                    case
                        when seen + 1 < (known + 2) * {{ unreliable_share() }} then 1.0
                    end
                -- Two standard deviations are no accident.
                when
                    known >= {{ least_people }}
                    and seen - 2 * sqrt(seen) > known * {{ unreliable_share() }}
                then round(seen / known, 4)
            end as m
        from counted
    )

select comparison, level, known, seen, m
from final
