{%- set attributes = [
    "display_name",
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "company",
    "job_title",
    "birth_date",
    "gender",
    "language",
] -%}
{%- set conflicts = [
    "given_names",
    "family_names",
    "birth_dates",
    "genders",
    "national_ids",
    "countries",
] -%}

with
    customer_identities as (select * from {{ ref("customer_identities") }}),

    customer_kinds as (select * from {{ ref("int_identity__customer_kinds") }}),

    conflicts as (select * from {{ ref("int_identity__conflicts") }}),

    customer_attributes as (select * from {{ ref("customer_attributes") }}),

    account_members as (select * from {{ ref("account_members") }}),

    household_members as (select * from {{ ref("household_members") }}),

    contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    members as (select * from {{ ref("stg_mailchimp__members") }}),

    invoices as (select * from {{ ref("invoices") }}),

    tickets as (select * from {{ ref("tickets") }}),

    deals as (select * from {{ ref("deals") }}),

    subscriptions as (select * from {{ ref("subscriptions") }}),

    campaign_members as (select * from {{ ref("campaign_members") }}),

    timeline as (select * from {{ ref("customer_timeline") }}),

    identified as (
        select
            customer_id,
            {{ distinct_texts_joined("source", ",") }} as sources,
            count(distinct source) as source_count,
            count(*) as record_count,
            min(first_seen_at) as first_seen_at,
            max(updated_at) as last_seen_at
        from customer_identities
        group by customer_id
    ),

    winners as (
        select
            customer_id,
            {% for attribute in attributes %}
                max(
                    case when attribute = '{{ attribute }}' then value end
                ) as {{ attribute }}{{ "," if not loop.last }}
            {% endfor %}
        from customer_attributes
        where is_winner
        group by customer_id
    ),

    main_accounts as (
        select customer_id, account_id
        from account_members
        where is_primary and customer_id is not null
    ),

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

    final as (
        select
            identified.customer_id,
            coalesce(
                winners.display_name,
                winners.company,
                winners.email,
                winners.phone,
                identified.customer_id
            ) as display_name,
            {% for attribute in attributes if attribute not in ("display_name", "birth_date") %}
                winners.{{ attribute }},
            {% endfor %}
            {{ typed_from_text("winners.birth_date", "date") }} as birth_date,
            main_accounts.account_id,
            ranked_contacts.lifecycle_stage,
            ranked_members.status as email_marketing_status,
            identified.sources,
            identified.source_count,
            identified.record_count,
            identified.first_seen_at,
            identified.last_seen_at,
            ranked_events.happened_at as last_activity_at,
            ranked_events.kind as last_activity_type,
            coalesce(invoice_counts.invoice_count, 0) as invoice_count,
            coalesce(invoice_counts.paid_invoice_count, 0) as paid_invoice_count,
            coalesce(ticket_counts.open_ticket_count, 0) as open_ticket_count,
            coalesce(ticket_counts.ticket_count, 0) as ticket_count,
            coalesce(deal_counts.open_deal_count, 0) as open_deal_count,
            coalesce(deal_counts.won_deal_count, 0) as won_deal_count,
            coalesce(
                subscription_counts.active_subscription_count, 0
            ) as active_subscription_count,
            coalesce(campaign_counts.campaigns_engaged, 0) as campaigns_engaged,
            customer_kinds.kind = 'role_mailbox' as is_role_mailbox,
            household_members.household_id,
            {% for conflict in conflicts %}
                coalesce(
                    conflicts.has_conflicting_{{ conflict }}, false
                ) as has_conflicting_{{ conflict }},
            {% endfor %}
            coalesce(conflicts.conflict_count, 0) as conflict_count
        from identified
        inner join customer_kinds on customer_kinds.customer_id = identified.customer_id
        left join conflicts on conflicts.customer_id = identified.customer_id
        left join
            household_members on household_members.customer_id = identified.customer_id
        left join winners on winners.customer_id = identified.customer_id
        left join main_accounts on main_accounts.customer_id = identified.customer_id
        left join
            ranked_contacts
            on ranked_contacts.customer_id = identified.customer_id
            and ranked_contacts.newest = 1
        left join
            ranked_members
            on ranked_members.customer_id = identified.customer_id
            and ranked_members.best = 1
        left join
            ranked_events
            on ranked_events.customer_id = identified.customer_id
            and ranked_events.newest = 1
        left join invoice_counts on invoice_counts.customer_id = identified.customer_id
        left join ticket_counts on ticket_counts.customer_id = identified.customer_id
        left join deal_counts on deal_counts.customer_id = identified.customer_id
        left join
            subscription_counts
            on subscription_counts.customer_id = identified.customer_id
        left join
            campaign_counts on campaign_counts.customer_id = identified.customer_id
    )

select
    customer_id,
    display_name,
    given_name,
    family_name,
    email,
    phone,
    street,
    city,
    region,
    postcode,
    country,
    company,
    job_title,
    birth_date,
    gender,
    language,
    account_id,
    lifecycle_stage,
    email_marketing_status,
    sources,
    source_count,
    record_count,
    first_seen_at,
    last_seen_at,
    last_activity_at,
    last_activity_type,
    invoice_count,
    paid_invoice_count,
    open_ticket_count,
    ticket_count,
    open_deal_count,
    won_deal_count,
    active_subscription_count,
    campaigns_engaged,
    is_role_mailbox,
    household_id,
    {% for conflict in conflicts %} has_conflicting_{{ conflict }}, {% endfor %}
    conflict_count
from final
