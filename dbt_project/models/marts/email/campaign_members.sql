with
    activity as (
        select
            campaign_id,
            list_id,
            email_id,
            count(case when action = 'open' then 1 end) as open_count,
            count(case when action = 'click' then 1 end) as click_count,
            min(case when action = 'open' then happened_at end) as first_open_at,
            max(case when action = 'open' then happened_at end) as last_open_at,
            max(case when action = 'click' then happened_at end) as last_click_at,
            max(case when action = 'bounce' then 1 else 0 end) = 1 as bounced
        from {{ ref("stg_mailchimp__email_activity") }}
        group by campaign_id, list_id, email_id
    ),

    campaigns as (select * from {{ ref("stg_mailchimp__campaigns") }}),

    lists as (select * from {{ ref("stg_mailchimp__lists") }}),

    leavers as (
        select mailchimp_member_id, updated_at as left_at
        from {{ ref("stg_mailchimp__members") }}
        where status = 'unsubscribed'
    ),

    identities as (
        select record_id, customer_id
        from {{ ref("customer_identities") }}
        where source = 'mailchimp'
    ),

    members as (
        select *, list_id || ':' || email_id as mailchimp_member_id from activity
    ),

    final as (
        select
            members.campaign_id,
            members.mailchimp_member_id,
            identities.customer_id,
            coalesce(lists.name, campaigns.list_name) as list_name,
            campaigns.title as campaign_title,
            campaigns.subject_line,
            campaigns.sent_at,
            members.open_count,
            members.click_count,
            members.first_open_at,
            members.last_open_at,
            members.last_click_at,
            members.bounced,
            coalesce(
                leavers.left_at >= campaigns.sent_at
                and leavers.left_at < {{ dateadd("day", 3, "campaigns.sent_at") }},
                false
            ) as unsubscribed
        from members
        left join campaigns on members.campaign_id = campaigns.campaign_id
        left join lists on members.list_id = lists.list_id
        left join leavers on members.mailchimp_member_id = leavers.mailchimp_member_id
        left join identities on members.mailchimp_member_id = identities.record_id
    )

select *
from final
