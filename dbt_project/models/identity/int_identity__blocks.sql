{{
    config(
        materialized="followed",
        outdated="whole_block_key in (select block_key from {{ ref('int_identity__touched_blocks') }})",
    )
}}
{%- set touched = ref("int_identity__touched_blocks") -%}

with
    keys as (
        select record_key, blocking_key, block_key
        from {{ ref("int_identity__blocking_keys") }}
        {% if identity_follows() %}
            where block_key in (select block_key from {{ touched }})
        {% endif %}
    ),

    records as (select * from {{ ref("int_identity__records") }}),

    -- A block of one compares nothing.
    whole_blocks as (
        select
            block_key,
            min(blocking_key) as blocking_key,
            count(*) as record_count,
            count(*) > {{ block_cap("min(blocking_key)") }} as is_too_full
        from keys
        group by block_key
        having count(*) > 1
    ),

    -- What is too full is cut into smaller blocks by one more column. (Read anew:
    -- `keys` twice would be kept beside, and they are many.)
    too_full as (
        select all_keys.record_key, all_keys.blocking_key, all_keys.block_key
        from {{ ref("int_identity__blocking_keys") }} as all_keys
        inner join whole_blocks on whole_blocks.block_key = all_keys.block_key
        where whole_blocks.is_too_full
    ),

    parts as (
        select
            too_full.block_key as whole_block_key,
            too_full.blocking_key,
            {{ refined_block_key("too_full", "records") }} as block_key
        from too_full
        inner join records on records.record_key = too_full.record_key
    ),

    parted_blocks as (
        select whole_block_key, blocking_key, block_key, count(*) as record_count
        from parts
        where block_key is not null
        group by whole_block_key, blocking_key, block_key
    ),

    unparted as (
        select whole_block_key, count(*) as record_count
        from parts
        where block_key is null
        group by whole_block_key
    ),

    final as (
        select
            block_key,
            block_key as whole_block_key,
            blocking_key,
            record_count,
            case when is_too_full then 'refined' else 'compared' end as status
        from whole_blocks
        union all
        select
            block_key,
            whole_block_key,
            blocking_key,
            record_count,
            case
                when record_count > {{ block_cap("blocking_key") }}
                then 'over_full'
                else 'compared'
            end
        from parted_blocks
        union all
        -- Nothing is known by which to part these.
        select
            null,
            unparted.whole_block_key,
            whole_blocks.blocking_key,
            unparted.record_count,
            'over_full'
        from unparted
        inner join whole_blocks on whole_blocks.block_key = unparted.whole_block_key
    )

select block_key, whole_block_key, blocking_key, record_count, status
from final
