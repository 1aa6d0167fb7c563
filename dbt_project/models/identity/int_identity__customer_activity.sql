{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}

-- What is told of customers besides what their records say of them: one row a customer
-- of whom anything is told.
with
    customer_identities as (
        select source, record_id, customer_id
        from {{ ref("customer_identities") }}
        where source in ('hubspot', 'mailchimp')
    ),

    contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    members as (select * from {{ ref("stg_mailchimp__members") }}),

    invoices as (select * from {{ ref("invoices") }}),

    tickets as (select * from {{ ref("tickets") }}),

    deals as (select * from {{ ref("deals") }}),

    subscriptions as (select * from {{ ref("subscriptions") }}),

    campaign_members as (select * from {{ ref("campaign_members") }}),

    timeline as (select * from {{ ref("customer_timeline") }}),

    ranked_contacts as (
        select
            customer_identities.customer_id,
            contacts.lifecycle_stage,
            row_number() over (
                partition by customer_identities.customer_id
                order by contacts.updated_at desc, contacts.hubspot_contact_id
            ) as newest
        from customer_identities
        inner join
            contacts
            on contacts.hubspot_contact_id = customer_identities.record_id
            and customer_identities.source = 'hubspot'
        where contacts.lifecycle_stage is not null
    ),

    ranked_members as (
        select
            customer_identities.customer_id,
            members.status,
            row_number() over (
                partition by customer_identities.customer_id
                order by
                    case when members.status = 'subscribed' then 0 else 1 end,
                    members.updated_at desc,
                    members.mailchimp_member_id
            ) as best
        from customer_identities
        inner join
            members
            on members.mailchimp_member_id = customer_identities.record_id
            and customer_identities.source = 'mailchimp'
    ),

    invoice_counts as (
        select
            customer_id,
            count(*) as invoice_count,
            count(case when status = 'paid' then 1 end) as paid_invoice_count
        from invoices
        group by customer_id
    ),

    ticket_counts as (
        select
            customer_id,
            count(*) as ticket_count,
            count(
                case when status not in ('solved', 'closed') then 1 end
            ) as open_ticket_count
        from tickets
        group by customer_id
    ),

    deal_counts as (
        select
            customer_id,
            count(case when not is_closed then 1 end) as open_deal_count,
            count(case when is_won then 1 end) as won_deal_count
        from deals
        group by customer_id
    ),

    subscription_counts as (
        select
            customer_id,
            count(
                case when status in ('active', 'trialing', 'past_due') then 1 end
            ) as active_subscription_count
        from subscriptions
        group by customer_id
    ),

    campaign_counts as (
        select customer_id, count(distinct campaign_id) as campaigns_engaged
        from campaign_members
        where open_count > 0 or click_count > 0
        group by customer_id
    ),

    ranked_events as (
        select
            customer_id,
            happened_at,
            kind,
            row_number() over (
                partition by customer_id order by happened_at desc, event_id
            ) as newest
        from timeline
    ),

    told as (
        select customer_id
        from ranked_contacts
        union
        select customer_id
        from ranked_members
        union
        select customer_id
        from invoice_counts
        union
        select customer_id
        from ticket_counts
        union
        select customer_id
        from deal_counts
        union
        select customer_id
        from subscription_counts
        union
        select customer_id
        from campaign_counts
        union
        select customer_id
        from ranked_events
    ),

    final as (
        select
            told.customer_id,
            ranked_contacts.lifecycle_stage,
            ranked_members.status as email_marketing_status,
            ranked_events.happened_at as last_activity_at,
            ranked_events.kind as last_activity_type,
            invoice_counts.invoice_count,
            invoice_counts.paid_invoice_count,
            ticket_counts.open_ticket_count,
            ticket_counts.ticket_count,
            deal_counts.open_deal_count,
            deal_counts.won_deal_count,
            subscription_counts.active_subscription_count,
            campaign_counts.campaigns_engaged
        from told
        left join
            ranked_contacts
            on ranked_contacts.customer_id = told.customer_id
            and ranked_contacts.newest = 1
        left join
            ranked_members
            on ranked_members.customer_id = told.customer_id
            and ranked_members.best = 1
        left join
            ranked_events
            on ranked_events.customer_id = told.customer_id
            and ranked_events.newest = 1
        left join invoice_counts on invoice_counts.customer_id = told.customer_id
        left join ticket_counts on ticket_counts.customer_id = told.customer_id
        left join deal_counts on deal_counts.customer_id = told.customer_id
        left join
            subscription_counts on subscription_counts.customer_id = told.customer_id
        left join campaign_counts on campaign_counts.customer_id = told.customer_id
        where told.customer_id is not null
    )

select *
from final
