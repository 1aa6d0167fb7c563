{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="whole_block_key in (select block_key from {{ ref('int_identity__touched_blocks') }})",
    )
}}
{%- set touched = ref("int_identity__touched_blocks") -%}

with
    blocks as (
        select block_key, whole_block_key, record_count, status
        from {{ ref("int_identity__blocks") }}
        {% if identity_follows() %}
            where whole_block_key in (select block_key from {{ touched }})
        {% endif %}
    ),

    keys as (
        select record_key, blocking_key, block_key
        from {{ ref("int_identity__blocking_keys") }}
        {% if identity_follows() %}
            where block_key in (select block_key from {{ touched }})
        {% endif %}
    ),

    records as (select * from {{ ref("int_identity__records") }}),

    compared as (select block_key from blocks where status = 'compared'),

    refined as (
        select keys.record_key, keys.blocking_key, keys.block_key
        from keys
        inner join blocks on blocks.block_key = keys.block_key
        where blocks.status = 'refined'
    ),

    parted as (
        select
            refined.record_key,
            refined.block_key as whole_block_key,
            {{ refined_block_key("refined", "records") }} as block_key
        from refined
        inner join records on records.record_key = refined.record_key
    ),

    final as (
        select keys.block_key, keys.block_key as whole_block_key, keys.record_key
        from keys
        inner join compared on compared.block_key = keys.block_key
        union all
        select parted.block_key, parted.whole_block_key, parted.record_key
        from parted
        inner join compared on compared.block_key = parted.block_key
    )

select block_key, whole_block_key, record_key
from final
