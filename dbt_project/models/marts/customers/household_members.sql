{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="customer_id in (select customer_id from {{ ref('int_identity__touched_households') }})",
    )
}}
{%- set touched = ref("int_identity__touched_households") -%}
{#- Nobody's home holds more people than this. -#}
{%- set most_members = var("household_most_members", 20) -%}

with
    -- Who has a pair with one of them is one of them.
    household_pairs as (
        select *
        from {{ ref("int_identity__household_pairs") }}
        where {{ only_in(touched, "left_cluster_key", "cluster_key") }}
    ),

    customer_ids as (
        select cluster_key, record_key
        from {{ ref("int_identity__customer_ids") }}
        where {{ only_in(touched, "cluster_key", "cluster_key") }}
    ),

    records as (
        select record_key, first_seen_at
        from {{ ref("int_identity__records") }}
        where {{ only_in("customer_ids") }}
    ),

    edges as (
        select
            left_cluster_key as left_record_key, right_cluster_key as right_record_key
        from household_pairs
    ),

    {{ connected_components("components", "edges", rounds=6) }},

    paired as (
        select left_customer_id as customer_id, left_cluster_key as cluster_key
        from household_pairs
        union
        select right_customer_id as customer_id, right_cluster_key as cluster_key
        from household_pairs
    ),

    members as (
        select
            components.component_key,
            paired.customer_id,
            min(records.first_seen_at) as first_seen_at
        from components
        inner join paired on paired.cluster_key = components.record_key
        inner join customer_ids on customer_ids.cluster_key = paired.cluster_key
        inner join records on records.record_key = customer_ids.record_key
        group by components.component_key, paired.customer_id
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by component_key order by first_seen_at, customer_id
            ) as place,
            count(*) over (partition by component_key) as member_count
        from members
    ),

    member_pairs as (
        select left_customer_id as customer_id, household_pairs.*
        from household_pairs
        union all
        select right_customer_id as customer_id, household_pairs.*
        from household_pairs
    ),

    reasons as (
        select
            customer_id,
            bool_or(shares_family_name) as shares_family_name,
            max(shared_phone) is not null as shares_phone,
            max(shared_email) is not null as shares_email,
            bool_or(are_two_people) as is_beside_another
        from member_pairs
        group by customer_id
    ),

    -- A household has the id of the customer who was known first.
    households as (
        select
            ranked.component_key,
            concat(
                'kh_',
                substr(max(case when ranked.place = 1 then ranked.customer_id end), 4)
            ) as household_id
        from ranked
        inner join reasons on reasons.customer_id = ranked.customer_id
        where ranked.member_count <= {{ most_members }}
        group by ranked.component_key
        having bool_or(reasons.is_beside_another)
    ),

    final as (
        select
            households.household_id,
            ranked.customer_id,
            ranked.place = 1 as is_first,
            reasons.shares_family_name,
            reasons.shares_phone,
            reasons.shares_email,
            concat_ws(
                '; ',
                'same street address',
                case when reasons.shares_family_name then 'same family name' end,
                case when reasons.shares_phone then 'same shared phone' end,
                case when reasons.shares_email then 'same shared e-mail' end
            ) as linked_by
        from ranked
        inner join households on households.component_key = ranked.component_key
        inner join reasons on reasons.customer_id = ranked.customer_id
    )

select *
from final
