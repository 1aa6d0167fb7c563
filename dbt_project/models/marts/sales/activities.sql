with
    calls as (select * from {{ ref("stg_hubspot__calls") }}),

    meetings as (select * from {{ ref("stg_hubspot__meetings") }}),

    notes as (select * from {{ ref("stg_hubspot__notes") }}),

    tasks as (select * from {{ ref("stg_hubspot__tasks") }}),

    emails as (select * from {{ ref("stg_hubspot__emails") }}),

    owners as (select * from {{ ref("stg_hubspot__owners") }}),

    -- Of several contacts the oldest known one stands for the activity.
    contacts as (
        select
            activity_id,
            customer_id,
            count(*) over (partition by activity_id) as contact_count,
            row_number() over (
                partition by activity_id
                order by
                    customer_id is null, length(hubspot_contact_id), hubspot_contact_id
            ) as contact_rank
        from {{ ref("activity_contacts") }}
    ),

    activities as (
        select
            'call:' || call_id as activity_id,
            'call' as kind,
            subject,
            body,
            lower(direction) as direction,
            lower(status) as status,
            owner_id,
            deal_ids,
            happened_at,
            cast(floor(duration_milliseconds / 1000) as bigint) as duration_seconds
        from calls
        union all
        select
            'meeting:' || meeting_id as activity_id,
            'meeting' as kind,
            subject,
            body,
            cast(null as varchar) as direction,
            lower(status) as status,
            owner_id,
            deal_ids,
            coalesce(started_at, happened_at) as happened_at,
            cast(
                {{ datediff("started_at", "ended_at", "second") }} as bigint
            ) as duration_seconds
        from meetings
        union all
        select
            'note:' || note_id as activity_id,
            'note' as kind,
            cast(null as varchar) as subject,
            body,
            cast(null as varchar) as direction,
            cast(null as varchar) as status,
            owner_id,
            deal_ids,
            happened_at,
            cast(null as bigint) as duration_seconds
        from notes
        union all
        select
            'task:' || task_id as activity_id,
            'task' as kind,
            subject,
            body,
            cast(null as varchar) as direction,
            lower(status) as status,
            owner_id,
            deal_ids,
            happened_at,
            cast(null as bigint) as duration_seconds
        from tasks
        union all
        select
            'email:' || email_id as activity_id,
            'email' as kind,
            subject,
            body,
            case
                when direction = 'INCOMING_EMAIL'
                then 'inbound'
                when direction is not null
                then 'outbound'
            end as direction,
            lower(status) as status,
            owner_id,
            deal_ids,
            happened_at,
            cast(null as bigint) as duration_seconds
        from emails
    ),

    final as (
        select
            activities.activity_id,
            contacts.customer_id,
            activities.kind,
            activities.subject,
            {{ without_html("activities.body") }} as body,
            activities.direction,
            activities.status,
            owners.name as owner_name,
            nullif(split_part(activities.deal_ids, ',', 1), '') as deal_id,
            activities.happened_at,
            activities.duration_seconds,
            coalesce(contacts.contact_count, 0) as contact_count
        from activities
        left join
            contacts
            on activities.activity_id = contacts.activity_id
            and contacts.contact_rank = 1
        left join owners on activities.owner_id = owners.owner_id
    )

select *
from final
