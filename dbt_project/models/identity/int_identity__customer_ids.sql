{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="record_key in (select record_key from {{ ref('int_identity__reassigned_records') }})",
    )
}}
{%- set reassigned = ref("int_identity__reassigned_records") -%}
{%- set person_records = ref("int_identity__person_records") -%}
{%- set ledger = ref("stg_kesher__customer_ids") -%}
{%- set history = ref("stg_kesher__customer_id_history") -%}
{%- set asked_ledger = "ledger_of_asked_ids" if identity_follows() else ledger -%}
{%- set asked_history = "history_of_asked_ids" if identity_follows() else history -%}

with
    clusters as (
        select record_key, cluster_key
        from {{ ref("int_identity__clusters") }}
        where {{ only_in(reassigned) }}
    ),

    members as (
        select
            clusters.cluster_key,
            clusters.record_key,
            person_records.source,
            person_records.record_id,
            person_records.first_seen_at,
            ledger.customer_id as known_customer_id,
            ledger.minted_from_key = clusters.record_key as is_minted_from
        from clusters
        inner join
            {{ person_records }} as person_records
            on person_records.record_key = clusters.record_key
        left join {{ ledger }} as ledger on ledger.record_key = clusters.record_key
    ),

    {% if identity_follows() %}
        -- The ids that are in question, and those that were minted from these records.
        asked_ids as (
            select known_customer_id as customer_id
            from members
            where known_customer_id is not null
            union
            select customer_id
            from {{ history }}
            where record_key in (select record_key from members)
            union
            select customer_id
            from {{ ledger }}
            where minted_from_key in (select record_key from members)
        ),

        ledger_of_asked_ids as (
            select *
            from {{ ledger }}
            where customer_id in (select customer_id from asked_ids)
        ),

        history_of_asked_ids as (
            select *
            from {{ history }}
            where customer_id in (select customer_id from asked_ids)
        ),

    {% endif %}
    -- All records of the ids which are in question, wherever they are.
    id_holders as (
        select known_customer_id, cluster_key, is_minted_from, first_seen_at
        from members
        where known_customer_id is not null
        {% if identity_follows() %}
            union all
            select
                ledger.customer_id as known_customer_id,
                elsewhere.cluster_key,
                ledger.minted_from_key = ledger.record_key as is_minted_from,
                person_records.first_seen_at
            from ledger_of_asked_ids as ledger
            inner join
                {{ person_records }} as person_records
                on person_records.record_key = ledger.record_key
            inner join
                {{ ref("int_identity__clusters") }} as elsewhere
                on elsewhere.record_key = ledger.record_key
            where
                ledger.customer_id in (select known_customer_id from members)
                and ledger.record_key not in (select record_key from {{ reassigned }})
        {% endif %}
    ),

    mintings as (
        select customer_id, source, record_id, min(happened_at) as minted_at
        from {{ asked_history }} as history
        where event in ('create', 'split')
        group by customer_id, source, record_id
        union all
        select
            customer_id,
            minted_from_source as source,
            minted_from_record_id as record_id,
            min(_extracted_at) as minted_at
        from {{ asked_ledger }} as ledger
        group by customer_id, minted_from_source, minted_from_record_id
    ),

    -- One row an id that was ever minted.
    minted_ids as (
        select
            customer_id,
            min(source) as minted_from_source,
            min(record_id) as minted_from_record_id,
            min(minted_at) as minted_at
        from mintings
        group by customer_id
    ),

    -- The history is written before the ledger. An id that has a beginning and nothing
    -- more was never published, for that was cut off: its record gets the same again.
    published_ids as (
        select customer_id
        from {{ asked_ledger }} as ledger
        union
        select customer_id
        from {{ asked_history }} as history
        where event in ('merge', 'retire')
    ),

    minted_before as (
        select
            minted_ids.minted_from_source,
            minted_ids.minted_from_record_id,
            count(*) as id_count
        from minted_ids
        inner join published_ids on published_ids.customer_id = minted_ids.customer_id
        group by minted_ids.minted_from_source, minted_ids.minted_from_record_id
    ),

    shared_records as (
        select
            known_customer_id as customer_id,
            cluster_key,
            count(*) as record_count,
            bool_or(is_minted_from) as has_minted_from,
            min(first_seen_at) as first_seen_at
        from id_holders
        group by known_customer_id, cluster_key
    ),

    -- A split: the id goes with most of its records.
    ranked_homes as (
        select
            *,
            row_number() over (
                partition by customer_id
                order by
                    record_count desc, has_minted_from desc, first_seen_at, cluster_key
            ) as home_rank,
            min(first_seen_at) over (partition by customer_id) as oldest_record_at
        from shared_records
    ),

    -- A merge: the id that was minted first stays; of ids minted at once, the one whose
    -- oldest record is older.
    ranked_ids as (
        select
            ranked_homes.customer_id,
            ranked_homes.cluster_key,
            minted_ids.minted_from_source,
            minted_ids.minted_from_record_id,
            row_number() over (
                partition by ranked_homes.cluster_key
                order by
                    minted_ids.minted_at,
                    ranked_homes.oldest_record_at,
                    ranked_homes.customer_id
            ) as id_rank
        from ranked_homes
        inner join minted_ids on minted_ids.customer_id = ranked_homes.customer_id
        where ranked_homes.home_rank = 1
    ),

    kept as (
        select cluster_key, customer_id, minted_from_source, minted_from_record_id
        from ranked_ids
        where id_rank = 1
    ),

    ranked_members as (
        select
            members.cluster_key,
            members.source,
            members.record_id,
            row_number() over (
                partition by members.cluster_key
                order by members.first_seen_at, members.source, members.record_id
            ) as age_rank
        from members
        left join kept on kept.cluster_key = members.cluster_key
        where kept.cluster_key is null
    ),

    minted as (
        select
            ranked_members.cluster_key,
            concat(
                'kc_',
                left(
                    {{
                        hex_digest(
                            "concat(ranked_members.source, "
                            ~ letter_code(31)
                            ~ ", ranked_members.record_id, "
                            ~ letter_code(31)
                            ~ ", cast(coalesce(minted_before.id_count, 0) as varchar))"
                        )
                    }},
                    20
                )
            ) as customer_id,
            ranked_members.source as minted_from_source,
            ranked_members.record_id as minted_from_record_id
        from ranked_members
        left join
            minted_before
            on minted_before.minted_from_source = ranked_members.source
            and minted_before.minted_from_record_id = ranked_members.record_id
        where ranked_members.age_rank = 1
    ),

    assigned as (
        select *, false as is_minted
        from kept
        union all
        select *, true as is_minted
        from minted
    ),

    final as (
        select
            members.source,
            members.record_id,
            members.record_key,
            members.cluster_key,
            assigned.customer_id,
            members.known_customer_id,
            assigned.minted_from_source,
            assigned.minted_from_record_id,
            assigned.is_minted,
            coalesce(
                members.known_customer_id = assigned.customer_id, false
            ) as is_published
        from members
        inner join assigned on assigned.cluster_key = members.cluster_key
    )

select *
from final
