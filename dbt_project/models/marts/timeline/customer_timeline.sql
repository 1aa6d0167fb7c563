with
    stripe_customers as (select * from {{ ref("stg_stripe__customers") }}),

    zendesk_users as (select * from {{ ref("stg_zendesk__users") }}),

    mailchimp_members as (select * from {{ ref("stg_mailchimp__members") }}),

    hubspot_contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    lists as (select * from {{ ref("stg_mailchimp__lists") }}),

    campaigns as (select * from {{ ref("stg_mailchimp__campaigns") }}),

    email_activity as (select * from {{ ref("stg_mailchimp__email_activity") }}),

    comments as (select * from {{ ref("stg_zendesk__ticket_comments") }}),

    ratings as (select * from {{ ref("stg_zendesk__satisfaction_ratings") }}),

    invoices as (select * from {{ ref("invoices") }}),

    payments as (select * from {{ ref("payments") }}),

    subscriptions as (select * from {{ ref("subscriptions") }}),

    tickets as (select * from {{ ref("tickets") }}),

    deals as (select * from {{ ref("deals") }}),

    deal_contacts as (select * from {{ ref("deal_contacts") }}),

    activities as (select * from {{ ref("activities") }}),

    activity_contacts as (select * from {{ ref("activity_contacts") }}),

    mapped_people as (select * from {{ ref("stg_mapped__people") }}),

    mapped_names as (select * from {{ ref("stg_mapped__names") }}),

    mapped_events as (
        select *
        from {{ ref("stg_mapped__events") }}
        where kind is not null and happened_at is not null
    ),

    -- Files of people, which may be most of all records, tell of no events.
    customer_identities as (
        select source, record_id, customer_id
        from {{ ref("customer_identities") }}
        where
            source in ('stripe', 'zendesk', 'mailchimp', 'hubspot')
            or source in (select source from mapped_people)
            or source in (select source from mapped_events)
    ),

    -- A deal or an activity is an event of every customer who takes part in it.
    deal_customers as (
        select distinct deal_id, customer_id
        from deal_contacts
        where customer_id is not null
    ),

    activity_customers as (
        select distinct activity_id, customer_id
        from activity_contacts
        where customer_id is not null
    ),

    mapped_event_people as (
        select
            source,
            stream,
            place,
            record_key,
            {{ list_rows("person_ids") }} as record_id
        from mapped_events
    ),

    mapped_event_emails as (
        select source, stream, place, record_key, lower(trim(email)) as email
        from
            (
                select
                    source,
                    stream,
                    place,
                    record_key,
                    {{ list_rows("emails") }} as email
                from mapped_events
            ) as each_email
    ),

    -- An address that two customers have says nothing of whose event it is.
    owners_of_emails as (
        select lower(trim(value)) as email, min(customer_id) as customer_id
        from {{ ref("customer_attributes") }}
        where
            attribute = 'email'
            and lower(trim(value)) in (select email from mapped_event_emails)
        group by lower(trim(value))
        having count(distinct customer_id) = 1
    ),

    mapped_event_customers as (
        select
            mapped_event_people.source,
            mapped_event_people.stream,
            mapped_event_people.place,
            mapped_event_people.record_key,
            customer_identities.customer_id
        from mapped_event_people
        inner join
            customer_identities
            on mapped_event_people.source = customer_identities.source
            and mapped_event_people.record_id = customer_identities.record_id
        union
        select
            mapped_event_emails.source,
            mapped_event_emails.stream,
            mapped_event_emails.place,
            mapped_event_emails.record_key,
            owners_of_emails.customer_id
        from mapped_event_emails
        inner join
            owners_of_emails on mapped_event_emails.email = owners_of_emails.email
    ),

    -- Zendesk's first comment repeats the ticket's description.
    later_comments as (
        select
            comments.*,
            row_number() over (
                partition by comments.ticket_id
                order by
                    comments.created_at,
                    length(comments.ticket_comment_id),
                    comments.ticket_comment_id
            ) as comment_number
        from comments
    ),

    record_created as (
        select
            'stripe' as source,
            stripe_customer_id as record_id,
            name as title,
            created_at as happened_at
        from stripe_customers
        union all
        select
            'zendesk' as source,
            zendesk_user_id as record_id,
            name as title,
            created_at as happened_at
        from zendesk_users
        where role = 'end-user'
        union all
        select
            'hubspot' as source,
            hubspot_contact_id as record_id,
            nullif(concat_ws(' ', given_name, family_name), '') as title,
            created_at as happened_at
        from hubspot_contacts
        union all
        select
            source,
            record_id,
            coalesce(
                full_name, nullif(concat_ws(' ', given_name, family_name), '')
            ) as title,
            created_at as happened_at
        from mapped_people
    ),

    events as (
        select
            record_created.source,
            'customer_created' as kind,
            record_created.record_id as object_id,
            'customer' as object_type,
            customer_identities.customer_id,
            record_created.happened_at,
            record_created.title,
            cast(null as varchar) as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            cast(null as varchar) as staff_name
        from record_created
        inner join
            customer_identities
            on record_created.source = customer_identities.source
            and record_created.record_id = customer_identities.record_id

        union all
        select
            'stripe' as source,
            'invoice_issued' as kind,
            invoice_id as object_id,
            'invoice' as object_type,
            customer_id,
            created_at as happened_at,
            number as title,
            description as detail,
            total as amount,
            currency,
            cast(null as varchar) as staff_name
        from invoices
        where status <> 'draft'

        union all
        select
            'stripe' as source,
            'invoice_paid' as kind,
            invoice_id as object_id,
            'invoice' as object_type,
            customer_id,
            paid_at as happened_at,
            number as title,
            description as detail,
            amount_paid as amount,
            currency,
            cast(null as varchar) as staff_name
        from invoices
        where status = 'paid'

        union all
        select
            'stripe' as source,
            case
                when kind = 'refund'
                then 'refund'
                when status = 'failed'
                then 'payment_failed'
                else 'payment_made'
            end as kind,
            payment_id as object_id,
            'payment' as object_type,
            customer_id,
            created_at as happened_at,
            description as title,
            failure_message as detail,
            amount,
            currency,
            cast(null as varchar) as staff_name
        from payments
        where
            (kind = 'refund' and status not in ('failed', 'canceled'))
            or (kind = 'charge' and status = 'failed')
            -- An invoice's payment is there already, as invoice_paid.
            or (kind = 'charge' and status = 'succeeded' and invoice_id is null)

        union all
        select
            'stripe' as source,
            'subscription_started' as kind,
            subscription_id as object_id,
            'subscription' as object_type,
            customer_id,
            started_at as happened_at,
            product_name as title,
            interval as detail,
            amount,
            currency,
            cast(null as varchar) as staff_name
        from subscriptions

        union all
        select
            'stripe' as source,
            'subscription_canceled' as kind,
            subscription_id as object_id,
            'subscription' as object_type,
            customer_id,
            coalesce(canceled_at, ended_at) as happened_at,
            product_name as title,
            interval as detail,
            amount,
            currency,
            cast(null as varchar) as staff_name
        from subscriptions

        union all
        select
            'zendesk' as source,
            'ticket_opened' as kind,
            ticket_id as object_id,
            'ticket' as object_type,
            customer_id,
            created_at as happened_at,
            subject as title,
            description as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            assignee_name as staff_name
        from tickets

        union all
        select
            'zendesk' as source,
            'ticket_solved' as kind,
            ticket_id as object_id,
            'ticket' as object_type,
            customer_id,
            solved_at as happened_at,
            subject as title,
            cast(null as varchar) as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            assignee_name as staff_name
        from tickets

        union all
        select
            'zendesk' as source,
            'ticket_comment' as kind,
            later_comments.ticket_comment_id as object_id,
            'ticket_comment' as object_type,
            tickets.customer_id,
            later_comments.created_at as happened_at,
            tickets.subject as title,
            later_comments.body as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            case
                when zendesk_users.role <> 'end-user' then zendesk_users.name
            end as staff_name
        from later_comments
        inner join tickets on later_comments.ticket_id = tickets.ticket_id
        left join
            zendesk_users on later_comments.author_id = zendesk_users.zendesk_user_id
        where later_comments.comment_number > 1

        union all
        select
            'zendesk' as source,
            'ticket_rated' as kind,
            ratings.satisfaction_rating_id as object_id,
            'satisfaction_rating' as object_type,
            tickets.customer_id,
            ratings.created_at as happened_at,
            case when ratings.score like 'good%' then 'good' else 'bad' end as title,
            ratings.comment as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            tickets.assignee_name as staff_name
        from ratings
        inner join tickets on ratings.ticket_id = tickets.ticket_id
        where ratings.score like 'good%' or ratings.score like 'bad%'

        union all
        select
            'mailchimp' as source,
            'list_joined' as kind,
            mailchimp_members.mailchimp_member_id as object_id,
            'list_member' as object_type,
            customer_identities.customer_id,
            coalesce(
                mailchimp_members.opted_in_at, mailchimp_members.signed_up_at
            ) as happened_at,
            lists.name as title,
            cast(null as varchar) as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            cast(null as varchar) as staff_name
        from mailchimp_members
        inner join
            customer_identities
            on customer_identities.source = 'mailchimp'
            and mailchimp_members.mailchimp_member_id = customer_identities.record_id
        left join lists on mailchimp_members.list_id = lists.list_id

        union all
        select
            'mailchimp' as source,
            'unsubscribed' as kind,
            mailchimp_members.mailchimp_member_id as object_id,
            'list_member' as object_type,
            customer_identities.customer_id,
            mailchimp_members.updated_at as happened_at,
            lists.name as title,
            mailchimp_members.unsubscribe_reason as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            cast(null as varchar) as staff_name
        from mailchimp_members
        inner join
            customer_identities
            on customer_identities.source = 'mailchimp'
            and mailchimp_members.mailchimp_member_id = customer_identities.record_id
        left join lists on mailchimp_members.list_id = lists.list_id
        where mailchimp_members.status = 'unsubscribed'

        union all
        select
            'mailchimp' as source,
            case
                email_activity.action
                when 'open'
                then 'email_opened'
                when 'click'
                then 'email_clicked'
                when 'bounce'
                then 'email_bounced'
                else 'email_' || email_activity.action
            end as kind,
            email_activity.email_activity_id as object_id,
            'email_activity' as object_type,
            customer_identities.customer_id,
            email_activity.happened_at,
            campaigns.subject_line as title,
            coalesce(email_activity.url, email_activity.type) as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            cast(null as varchar) as staff_name
        from email_activity
        inner join
            customer_identities
            on customer_identities.source = 'mailchimp'
            and email_activity.list_id || ':' || email_activity.email_id
            = customer_identities.record_id
        left join campaigns on email_activity.campaign_id = campaigns.campaign_id

        union all
        select
            'hubspot' as source,
            'deal_created' as kind,
            deals.deal_id as object_id,
            'deal' as object_type,
            deal_customers.customer_id,
            deals.created_at as happened_at,
            deals.name as title,
            deals.stage as detail,
            deals.amount,
            deals.currency,
            deals.owner_name as staff_name
        from deals
        inner join deal_customers on deals.deal_id = deal_customers.deal_id

        union all
        select
            'hubspot' as source,
            'deal_closed' as kind,
            deals.deal_id as object_id,
            'deal' as object_type,
            deal_customers.customer_id,
            deals.closed_at as happened_at,
            deals.name as title,
            case when deals.is_won then 'won' else 'lost' end as detail,
            deals.amount,
            deals.currency,
            deals.owner_name as staff_name
        from deals
        inner join deal_customers on deals.deal_id = deal_customers.deal_id
        where deals.is_closed

        union all
        select
            'hubspot' as source,
            activities.kind,
            activities.activity_id as object_id,
            'activity' as object_type,
            activity_customers.customer_id,
            activities.happened_at,
            activities.subject as title,
            activities.body as detail,
            cast(null as decimal(19, 4)) as amount,
            cast(null as varchar) as currency,
            activities.owner_name as staff_name
        from activities
        inner join
            activity_customers
            on activities.activity_id = activity_customers.activity_id

        union all
        select
            mapped_events.source,
            mapped_events.kind,
            mapped_events.record_key as object_id,
            -- With a dot, which the types above do not have.
            mapped_events.source || '.' || mapped_events.stream as object_type,
            mapped_event_customers.customer_id,
            mapped_events.happened_at,
            coalesce(mapped_events.title, titles.name) as title,
            nullif(
                concat_ws(' ', mapped_events.details, mapped_events.url), ''
            ) as detail,
            mapped_events.amount,
            mapped_events.currency,
            coalesce(mapped_events.staff, staff.name) as staff_name
        from mapped_events
        inner join
            mapped_event_customers
            on mapped_events.source = mapped_event_customers.source
            and mapped_events.stream = mapped_event_customers.stream
            and mapped_events.place = mapped_event_customers.place
            and mapped_events.record_key = mapped_event_customers.record_key
        left join
            mapped_names as titles
            on titles.source = mapped_events.source
            and titles.stream = mapped_events.title_stream
            and titles.record_key = mapped_events.title_id
        left join
            mapped_names as staff
            on staff.source = mapped_events.source
            and staff.stream = mapped_events.staff_stream
            and staff.record_key = mapped_events.staff_id
    ),

    final as (
        select
            concat_ws(
                ':',
                source,
                -- An activity's id begins with its kind.
                case when object_type <> 'activity' then kind end,
                nullif(split_part(object_type, '.', 2), ''),
                object_id,
                case
                    when object_type in ('deal', 'activity') or object_type like '%.%'
                    then customer_id
                end
            ) as event_id,
            customer_id,
            happened_at,
            source,
            kind,
            title,
            detail,
            amount,
            currency,
            staff_name,
            object_id,
            object_type
        from events
        where customer_id is not null and happened_at is not null
    )

select *
from final
