{{
    config(
        materialized="followed",
        outdated="event_id in (select event_id from {{ ref('int_identity__changed_events') }})",
    )
}}
with
    published as (
        select *
        from {{ ref("stg_kesher__customer_id_history") }}
        where {{ only_in(ref("int_identity__changed_events"), "event_id", "event_id") }}
    ),

    events as (select * from {{ ref("int_identity__customer_id_events") }}),

    final as (
        select
            event_id,
            happened_at,
            event,
            customer_id,
            other_customer_id,
            source,
            record_id,
            record_count,
            reason
        from published
        union all
        select
            event_id,
            happened_at,
            event,
            customer_id,
            other_customer_id,
            source,
            record_id,
            record_count,
            reason
        from events
    )

select
    event_id,
    happened_at,
    event,
    customer_id,
    other_customer_id,
    source,
    record_id,
    record_count,
    reason
from final
