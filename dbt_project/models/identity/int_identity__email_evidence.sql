{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}

with
    record_identifiers as (select * from {{ ref("int_identity__record_identifiers") }}),

    stripe_customers as (select * from {{ ref("stg_stripe__customers") }}),

    stripe_invoices as (select * from {{ ref("stg_stripe__invoices") }}),

    zendesk_users as (select * from {{ ref("stg_zendesk__users") }}),

    mailchimp_members as (select * from {{ ref("stg_mailchimp__members") }}),

    email_activity as (select * from {{ ref("stg_mailchimp__email_activity") }}),

    hubspot_contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    payers as (
        select distinct stripe_customer_id
        from stripe_invoices
        where status = 'paid' and amount_paid_minor > 0
    ),

    evidence as (
        select stripe_customers.email, true as works, false as bounces
        from stripe_customers
        inner join
            payers on payers.stripe_customer_id = stripe_customers.stripe_customer_id
        union all
        select email, true, false
        from zendesk_users
        where is_verified
        union all
        select email, action in ('open', 'click'), action = 'bounce' and type = 'hard'
        from email_activity
        where action in ('open', 'click') or (action = 'bounce' and type = 'hard')
        union all
        select email, false, true
        from mailchimp_members
        where status = 'cleaned'
        union all
        select email, email_opened_at is not null, email_bounce_reason is not null
        from hubspot_contacts
        where email_opened_at is not null or email_bounce_reason is not null
    ),

    addresses as (
        select
            lower(trim(email)) as address,
            bool_or(works) as works,
            bool_or(bounces) as bounces
        from evidence
        group by lower(trim(email))
    ),

    mailboxes as (
        select distinct written as address, value as mailbox
        from record_identifiers
        where kind = 'email' and written in (select address from addresses)
    ),

    final as (
        select
            mailboxes.mailbox,
            bool_or(addresses.works) as is_verified,
            bool_or(addresses.bounces) as is_bouncing
        from addresses
        inner join mailboxes on mailboxes.address = addresses.address
        group by mailboxes.mailbox
    )

select *
from final
