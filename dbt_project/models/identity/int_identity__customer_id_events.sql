{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}
{%- set customer_ids = ref("int_identity__customer_ids") -%}
{%- set ledger = ref("stg_kesher__customer_ids") -%}
{%- set history = ref("stg_kesher__customer_id_history") -%}

with
    incoming_people as (select * from {{ ref("int_identity__incoming_people") }}),

    explained_links as (select * from {{ ref("int_identity__explained_links") }}),

    cuts as (select * from {{ ref("int_identity__cuts") }}),

    decided_pairs as (select * from {{ ref("int_identity__decided_pairs") }}),

    -- Those whose id is not the one that the ledger has.
    changed_ids as (
        select
            record_key,
            cluster_key,
            source,
            record_id,
            customer_id,
            known_customer_id,
            minted_from_source,
            minted_from_record_id,
            is_minted
        from {{ customer_ids }}
        where not is_published
    ),

    gone_records as (
        select source, record_id, customer_id
        from {{ ref("int_identity__customer_id_changes") }}
        where is_deleted
    ),

    -- The time of the data, not of the build, so that a build is the same whenever it
    -- runs.
    data_time as (
        select max(seen_at) as happened_at
        from
            (
                select max(_extracted_at) as seen_at
                from incoming_people
                union all
                select max(happened_at) as seen_at
                from {{ history }}
                union all
                select max(_extracted_at) as seen_at
                from {{ ledger }}
            ) as times
    ),

    -- Of customers whose id is new.
    sizes as (
        select
            customer_id,
            min(minted_from_source) as source,
            min(minted_from_record_id) as record_id,
            count(*) as record_count
        from changed_ids
        where is_minted
        group by customer_id
    ),

    moved_records as (
        select
            *,
            row_number() over (
                partition by known_customer_id, customer_id order by source, record_id
            ) as place
        from changed_ids
        where known_customer_id <> customer_id
    ),

    moves as (
        select
            moved_records.known_customer_id,
            moved_records.customer_id,
            count(*) as record_count,
            min(
                case when moved_records.place = 1 then moved_records.source end
            ) as source,
            min(
                case when moved_records.place = 1 then moved_records.record_id end
            ) as record_id,
            bool_or(moved_records.is_minted) as is_minted,
            -- Since when these records had the id that they leave.
            max(ledger._extracted_at) as known_since
        from moved_records
        inner join
            {{ ledger }} as ledger on ledger.record_key = moved_records.record_key
        group by moved_records.known_customer_id, moved_records.customer_id
    ),

    ranked_moves as (
        select
            moves.*,
            row_number() over (
                partition by customer_id order by record_count desc, known_customer_id
            ) as giver_rank,
            row_number() over (
                partition by known_customer_id
                order by record_count desc, is_minted, customer_id
            ) as taker_rank
        from moves
    ),

    -- The records of the customers who are not who they were. Of the links of all
    -- others, which are most, there is nothing to tell.
    unsettled as (
        select source, record_id, record_key, customer_id, known_customer_id, is_minted
        from {{ customer_ids }}
        where cluster_key in (select cluster_key from changed_ids)
    ),

    -- What joins the records of a customer: the strongest link, and the strongest one
    -- between records that come from an id and records that do not.
    told_links as (
        select
            left_id.customer_id,
            left_id.known_customer_id as left_known_id,
            right_id.known_customer_id as right_known_id,
            explained_links.match_weight,
            concat(
                left_id.source,
                ' ',
                left_id.record_id,
                ' and ',
                right_id.source,
                ' ',
                right_id.record_id,
                ' (',
                explained_links.explanation,
                ', weight ',
                cast(round(explained_links.match_weight, 1) as varchar),
                ')'
            ) as words
        from explained_links
        inner join
            unsettled as left_id on left_id.record_key = explained_links.left_record_key
        inner join
            unsettled as right_id
            on right_id.record_key = explained_links.right_record_key
        where
            left_id.is_minted
            or left_id.known_customer_id is distinct from right_id.known_customer_id
    ),

    -- Of equally strong ones, the first by its words: a build is the same each time.
    ranked_joins as (
        select
            customer_id,
            words,
            row_number() over (
                partition by customer_id order by match_weight desc, words
            ) as strength_rank
        from told_links
        where left_known_id is null and right_known_id is null
    ),

    joined_by as (select customer_id, words from ranked_joins where strength_rank = 1),

    bridges as (
        select customer_id, left_known_id as known_customer_id, match_weight, words
        from told_links
        where
            left_known_id is not null and left_known_id is distinct from right_known_id
        union all
        select customer_id, right_known_id as known_customer_id, match_weight, words
        from told_links
        where
            right_known_id is not null and left_known_id is distinct from right_known_id
    ),

    ranked_bridges as (
        select
            known_customer_id,
            customer_id,
            words,
            row_number() over (
                partition by known_customer_id, customer_id
                order by match_weight desc, words
            ) as strength_rank
        from bridges
        where known_customer_id <> customer_id
    ),

    merged_by as (
        select known_customer_id, customer_id, words
        from ranked_bridges
        where strength_rank = 1
    ),

    -- What keeps records apart which were one customer.
    kept_apart as (
        select
            left_record_key,
            right_record_key,
            2 as strength,
            concat('kept apart by ', coalesce(decided_by, 'a steward')) as why
        from decided_pairs
        where verdict = 'different'
        union all
        select
            left_record_key,
            right_record_key,
            1 as strength,
            concat(
                'their link, weight ',
                cast(round(match_weight, 1) as varchar),
                ', was cut, for it would make one customer of records that contradict each other'
            ) as why
        from cuts
    ),

    both_ways as (
        select left_record_key as one_key, right_record_key as other_key, strength, why
        from kept_apart
        union all
        select right_record_key as one_key, left_record_key as other_key, strength, why
        from kept_apart
    ),

    splits as (
        select
            moved.known_customer_id,
            moved.customer_id,
            both_ways.strength,
            concat(
                moved.source,
                ' ',
                moved.record_id,
                ' and ',
                stayed.source,
                ' ',
                stayed.record_id,
                ': ',
                both_ways.why
            ) as words
        from both_ways
        inner join moved_records as moved on moved.record_key = both_ways.one_key
        inner join
            {{ customer_ids }} as stayed on stayed.record_key = both_ways.other_key
        where
            moved.known_customer_id = stayed.known_customer_id
            and moved.customer_id <> stayed.customer_id
    ),

    ranked_splits as (
        select
            known_customer_id,
            customer_id,
            words,
            row_number() over (
                partition by known_customer_id, customer_id
                order by strength desc, words
            ) as strength_rank
        from splits
    ),

    split_by as (
        select known_customer_id, customer_id, words
        from ranked_splits
        where strength_rank = 1
    ),

    created as (
        select
            'create' as event,
            sizes.customer_id,
            cast(null as varchar) as other_customer_id,
            sizes.source,
            sizes.record_id,
            sizes.record_count,
            concat(
                'Not known before; the oldest record is ',
                sizes.source,
                ' ',
                sizes.record_id,
                '.',
                ' Joined by ' || joined_by.words || '.'
            ) as reason
        from sizes
        left join ranked_moves on ranked_moves.customer_id = sizes.customer_id
        left join joined_by on joined_by.customer_id = sizes.customer_id
        where ranked_moves.customer_id is null
    ),

    split_off as (
        select
            'split' as event,
            sizes.customer_id,
            ranked_moves.known_customer_id as other_customer_id,
            sizes.source,
            sizes.record_id,
            sizes.record_count,
            concat(
                'No longer one customer with the rest, which keeps its id: ',
                coalesce(
                    split_by.words,
                    concat(
                        'what ',
                        sizes.source,
                        ' ',
                        sizes.record_id,
                        ' says of itself now links it to none of them'
                    )
                ),
                '.'
            ) as reason
        from sizes
        inner join
            ranked_moves
            on ranked_moves.customer_id = sizes.customer_id
            and ranked_moves.giver_rank = 1
        left join
            split_by
            on split_by.known_customer_id = ranked_moves.known_customer_id
            and split_by.customer_id = sizes.customer_id
    ),

    living as (
        select distinct customer_id
        from {{ customer_ids }}
        where customer_id in (select known_customer_id from moves)
    ),

    merged as (
        select
            'merge' as event,
            ranked_moves.known_customer_id as customer_id,
            ranked_moves.customer_id as other_customer_id,
            ranked_moves.source,
            ranked_moves.record_id,
            ranked_moves.record_count,
            concat(
                'Both ids are one customer, and the older id stays: ',
                coalesce(merged_by.words, 'their records are linked through others'),
                '.'
            ) as reason
        from ranked_moves
        left join
            merged_by
            on merged_by.known_customer_id = ranked_moves.known_customer_id
            and merged_by.customer_id = ranked_moves.customer_id
        left join living on living.customer_id = ranked_moves.known_customer_id
        where ranked_moves.taker_rank = 1 and living.customer_id is null
    ),

    -- Whatever went to another id and is told by neither a split nor a merge: both ids
    -- live, or the id that is gone left its records to several.
    moved as (
        select
            'move' as event,
            ranked_moves.known_customer_id as customer_id,
            ranked_moves.customer_id as other_customer_id,
            ranked_moves.source,
            ranked_moves.record_id,
            ranked_moves.record_count,
            concat(
                'No longer one customer with the rest, but with others: ',
                ranked_moves.source,
                ' ',
                ranked_moves.record_id,
                case
                    when ranked_moves.record_count > 1
                    then
                        concat(
                            ' and ',
                            cast(ranked_moves.record_count - 1 as varchar),
                            ' more'
                        )
                end,
                '.',
                ' Joined by ' || merged_by.words || '.',
                ' Parted by ' || split_by.words || '.'
            ) as reason,
            ranked_moves.known_since
        from ranked_moves
        left join
            merged_by
            on merged_by.known_customer_id = ranked_moves.known_customer_id
            and merged_by.customer_id = ranked_moves.customer_id
        left join
            split_by
            on split_by.known_customer_id = ranked_moves.known_customer_id
            and split_by.customer_id = ranked_moves.customer_id
        left join living on living.customer_id = ranked_moves.known_customer_id
        where
            not (ranked_moves.is_minted and ranked_moves.giver_rank = 1)
            and not (ranked_moves.taker_rank = 1 and living.customer_id is null)
    ),

    retired as (
        select
            'retire' as event,
            customer_id,
            cast(null as varchar) as other_customer_id,
            min(source) as source,
            min(record_id) as record_id,
            count(*) as record_count,
            concat(
                'Its last record was deleted: ',
                max(concat(source, ' ', record_id)),
                '.'
            ) as reason
        from gone_records
        where
            customer_id not in (
                select known_customer_id
                from {{ customer_ids }}
                where known_customer_id in (select customer_id from gone_records)
            )
        group by customer_id
    ),

    -- Only a move can happen twice between two ids: the records went back in between.
    events as (
        select *, cast(null as timestamp) as known_since
        from created
        union all
        select *, null
        from split_off
        union all
        select *, null
        from merged
        union all
        select *
        from moved
        union all
        select *, null
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
                    ~ ", coalesce(events.other_customer_id, ''), "
                    ~ "case when events.known_since is not null then concat("
                    ~ letter_code(31)
                    ~ ", cast(events.record_count as varchar), "
                    ~ letter_code(31)
                    ~ ", cast(events.known_since as varchar)) else '' end)"
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
left join {{ history }} as history on history.event_id = final.event_id
where history.event_id is null
