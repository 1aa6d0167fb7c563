with
    customer_ids as (select * from {{ ref("int_identity__customer_ids") }}),

    person_records as (select * from {{ ref("int_identity__person_records") }}),

    ledger as (select * from {{ ref("stg_kesher__customer_ids") }}),

    history as (select * from {{ ref("stg_kesher__customer_id_history") }}),

    -- The time of the data, not of the build, so that a build is the same whenever it
    -- runs.
    data_time as (
        select max(seen_at) as happened_at
        from
            (
                select max(_extracted_at) as seen_at
                from person_records
                union all
                select max(happened_at) as seen_at
                from history
                union all
                select max(_extracted_at) as seen_at
                from ledger
            ) as times
    ),

    sizes as (
        select
            customer_id,
            min(minted_from_source) as source,
            min(minted_from_record_id) as record_id,
            bool_or(is_minted) as is_minted,
            count(*) as record_count
        from customer_ids
        group by customer_id
    ),

    moves as (
        select
            known_customer_id,
            customer_id,
            count(*) as record_count,
            min(source) as source,
            min(record_id) as record_id
        from customer_ids
        where known_customer_id is not null and known_customer_id <> customer_id
        group by known_customer_id, customer_id
    ),

    ranked_moves as (
        select
            moves.*,
            row_number() over (
                partition by customer_id order by record_count desc, known_customer_id
            ) as giver_rank,
            row_number() over (
                partition by known_customer_id order by record_count desc, customer_id
            ) as taker_rank
        from moves
    ),

    created as (
        select
            'create' as event,
            sizes.customer_id,
            cast(null as varchar) as other_customer_id,
            sizes.source,
            sizes.record_id,
            sizes.record_count,
            'A customer that was not known before.' as reason
        from sizes
        left join ranked_moves on ranked_moves.customer_id = sizes.customer_id
        where sizes.is_minted and ranked_moves.customer_id is null
    ),

    split_off as (
        select
            'split' as event,
            sizes.customer_id,
            ranked_moves.known_customer_id as other_customer_id,
            sizes.source,
            sizes.record_id,
            sizes.record_count,
            'These records are no longer held to be one customer with the rest, which keeps its id.'
            as reason
        from sizes
        inner join
            ranked_moves
            on ranked_moves.customer_id = sizes.customer_id
            and ranked_moves.giver_rank = 1
        where sizes.is_minted
    ),

    living as (select distinct customer_id from customer_ids),

    merged as (
        select
            'merge' as event,
            ranked_moves.known_customer_id as customer_id,
            ranked_moves.customer_id as other_customer_id,
            ranked_moves.source,
            ranked_moves.record_id,
            ranked_moves.record_count,
            'Both ids turned out to be one customer; the older id stays.' as reason
        from ranked_moves
        left join living on living.customer_id = ranked_moves.known_customer_id
        where ranked_moves.taker_rank = 1 and living.customer_id is null
    ),

    retired as (
        select
            'retire' as event,
            ledger.customer_id,
            cast(null as varchar) as other_customer_id,
            min(ledger.source) as source,
            min(ledger.record_id) as record_id,
            count(*) as record_count,
            'Its last record was deleted.' as reason
        from ledger
        left join
            customer_ids as living_records
            on living_records.known_customer_id = ledger.customer_id
        where living_records.known_customer_id is null
        group by ledger.customer_id
    ),

    events as (
        select *
        from created
        union all
        select *
        from split_off
        union all
        select *
        from merged
        union all
        select *
        from retired
    ),

    final as (
        select
            {{
                hex_digest(
                    "concat(events.event, "
                    ~ letter_code(31)
                    ~ ", events.customer_id, "
                    ~ letter_code(31)
                    ~ ", coalesce(events.other_customer_id, ''))"
                )
            }} as event_id,
            data_time.happened_at,
            events.event,
            events.customer_id,
            events.other_customer_id,
            events.source,
            events.record_id,
            events.record_count,
            events.reason
        from events
        cross join data_time
    )

select final.*
from final
left join history on history.event_id = final.event_id
where history.event_id is null
