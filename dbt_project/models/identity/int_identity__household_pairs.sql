{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated=(
            "left_customer_id in (select customer_id from {{ ref('int_identity__touched_homes') }})"
            ~ " or right_customer_id in (select customer_id from {{ ref('int_identity__touched_homes') }})"
        ),
    )
}}
{%- set touched = ref("int_identity__touched_homes") -%}

with
    touched_homes as (
        select house_key, door_key
        from {{ ref("int_identity__homes") }}
        where {{ only_in(touched, "customer_id", "customer_id") }}
    ),

    -- Who lives in one house or behind one door with somebody whose pairs are made
    -- anew.
    near_homes as (
        select customer_id, cluster_key, house_key, door_key, is_crowded, is_workplace
        from {{ ref("int_identity__homes") }}
        where
            {{ only_in("touched_homes", "house_key", "house_key") }}
            or {{ only_in("touched_homes", "door_key", "door_key") }}
    ),

    members as (
        select near_homes.customer_id, customer_ids.record_key
        from near_homes
        inner join
            {{ ref("int_identity__customer_ids") }} as customer_ids
            on customer_ids.cluster_key = near_homes.cluster_key
    ),

    records as (
        select * from {{ ref("int_identity__records") }} where {{ only_in("members") }}
    ),

    given_names as ({{ known_given_names() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    record_identifiers as (
        select record_key, kind, value
        from {{ ref("int_identity__record_identifiers") }}
        where kind in ('email', 'phone') and {{ only_in("members") }}
    ),

    -- What many people use, or whoever has a role, says nothing of a home.
    public_identifiers as (
        select kind, value
        from {{ ref("int_identity__identifiers") }}
        where use not in ('personal', 'shared')
    ),

    contacts as (
        select distinct
            near_homes.customer_id,
            near_homes.house_key,
            record_identifiers.kind,
            record_identifiers.value
        from near_homes
        inner join members on members.customer_id = near_homes.customer_id
        inner join
            record_identifiers on record_identifiers.record_key = members.record_key
        left join
            public_identifiers
            on public_identifiers.kind = record_identifiers.kind
            and public_identifiers.value = record_identifiers.value
        where public_identifiers.value is null
    ),

    contact_pairs as (
        select
            left_contact.customer_id as left_customer_id,
            right_contact.customer_id as right_customer_id,
            min(
                case when left_contact.kind = 'phone' then left_contact.value end
            ) as shared_phone,
            min(
                case when left_contact.kind = 'email' then left_contact.value end
            ) as shared_email
        from contacts as left_contact
        inner join
            contacts as right_contact
            on right_contact.house_key = left_contact.house_key
            and right_contact.kind = left_contact.kind
            and right_contact.value = left_contact.value
            and right_contact.customer_id > left_contact.customer_id
        group by left_contact.customer_id, right_contact.customer_id
    ),

    door_pairs as (
        select
            left_home.customer_id as left_customer_id,
            right_home.customer_id as right_customer_id
        from near_homes as left_home
        inner join
            near_homes as right_home
            on right_home.door_key = left_home.door_key
            and right_home.customer_id > left_home.customer_id
        where not left_home.is_crowded and not left_home.is_workplace
    ),

    neighbours as (
        select left_customer_id, right_customer_id
        from contact_pairs
        union
        select left_customer_id, right_customer_id
        from door_pairs
    ),

    pairs as (
        select left_customer_id, right_customer_id
        from neighbours
        where
            {{ only_in(touched, "left_customer_id", "customer_id") }}
            or {{ only_in(touched, "right_customer_id", "customer_id") }}
    ),

    paired as (
        select left_customer_id as customer_id
        from pairs
        union
        select right_customer_id as customer_id
        from pairs
    ),

    -- A face is what one name and birth date of a customer look like.
    faces as (
        select members.customer_id, min(records.record_key) as record_key
        from paired
        inner join members on members.customer_id = paired.customer_id
        inner join records on records.record_key = members.record_key
        where not records.is_company
        group by
            members.customer_id,
            records.given,
            records.family,
            records.generation,
            records.birth_date
    ),

    face_records as (
        select
            faces.customer_id,
            {{ record_with_names("records", "given_names", "family_names") }},
            records.birthday
        from faces
        inner join records on records.record_key = faces.record_key
        left join given_names on given_names.given = records.given
        left join family_names on family_names.family = records.family
    ),

    compared_faces as (
        select
            pairs.left_customer_id,
            pairs.right_customer_id,
            {{ family_name_level("left_face", "right_face") }} in (
                'same', 'other_script', 'same_sound', 'part', 'similar'
            ) as is_same_family,
            {{ given_name_level("left_face", "right_face") }} as given_name_level,
            {{ names_are_swapped("left_face", "right_face") }} as is_swapped,
            {{ birth_date_level("left_face", "right_face") }}
            = 'different' as is_other_birth_date
        from pairs
        inner join
            face_records as left_face on left_face.customer_id = pairs.left_customer_id
        inner join
            face_records as right_face
            on right_face.customer_id = pairs.right_customer_id
    ),

    -- One person who is two customers by mistake is not a household.
    compared as (
        select
            left_customer_id,
            right_customer_id,
            bool_or(is_same_family) as shares_family_name,
            (
                bool_or(given_name_level = 'different')
                and not bool_or(
                    is_swapped
                    or given_name_level
                    in ('same', 'nickname', 'other_script', 'same_sound')
                )
            )
            or bool_or(is_other_birth_date) as are_two_people
        from compared_faces
        group by left_customer_id, right_customer_id
    ),

    final as (
        select
            pairs.left_customer_id,
            pairs.right_customer_id,
            left_home.cluster_key as left_cluster_key,
            right_home.cluster_key as right_cluster_key,
            compared.shares_family_name,
            contact_pairs.shared_phone,
            contact_pairs.shared_email,
            compared.are_two_people
        from pairs
        inner join
            near_homes as left_home on left_home.customer_id = pairs.left_customer_id
        inner join
            near_homes as right_home on right_home.customer_id = pairs.right_customer_id
        inner join
            compared
            on compared.left_customer_id = pairs.left_customer_id
            and compared.right_customer_id = pairs.right_customer_id
        left join
            contact_pairs
            on contact_pairs.left_customer_id = pairs.left_customer_id
            and contact_pairs.right_customer_id = pairs.right_customer_id
        -- Where people work, and where many names are behind one door, a family name or
        -- a phone says little by itself.
        where
            case
                when left_home.is_workplace or right_home.is_workplace
                then
                    compared.shares_family_name
                    and contact_pairs.left_customer_id is not null
                when
                    left_home.door_key = right_home.door_key
                    and not left_home.is_crowded
                then
                    compared.shares_family_name
                    or contact_pairs.left_customer_id is not null
                else contact_pairs.left_customer_id is not null
            end
    )

select *
from final
