{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="record_key in (select record_key from {{ ref('int_identity__touched_account_records') }})",
    )
}}
{%- set touched = ref("int_identity__touched_account_records") -%}

with
    employers as (
        select * from {{ ref("int_identity__employers") }} where {{ only_in(touched) }}
    ),

    contacts as (select * from {{ ref("stg_hubspot__contacts") }}),

    company_accounts as (select * from {{ ref("int_identity__company_accounts") }}),

    account_keys as (select * from {{ ref("int_identity__account_keys") }}),

    numbers as (
        select key, account_id from account_keys where kind = 'registration_number'
    ),

    domains as (select key, account_id from account_keys where kind = 'domain'),

    names as (select key, account_id from account_keys where kind = 'name'),

    mailbox_domains as (select distinct domain from employers where domain is not null),

    domain_accounts as (
        select
            mailbox_domains.domain,
            coalesce(domains.account_id, domains_above.account_id) as account_id
        from mailbox_domains
        left join domains on domains.key = mailbox_domains.domain
        left join
            domains as domains_above
            on domains_above.key = {{ domain_above("mailbox_domains.domain") }}
    ),

    found as (
        select
            employers.record_key,
            coalesce(
                company_accounts.account_id,
                numbers.account_id,
                domain_accounts.account_id,
                names.account_id
            ) as account_id,
            case
                when company_accounts.account_id is not null
                then employers.source
                when numbers.account_id is not null
                then 'registration number'
                when domain_accounts.account_id is not null
                then 'e-mail domain'
                else 'company name'
            end as linked_by
        from employers
        left join company_accounts on company_accounts.company_id = employers.company_id
        left join numbers on numbers.key = employers.registration_number
        left join domain_accounts on domain_accounts.domain = employers.domain
        left join names on names.key = employers.name_key
    ),

    further_companies as (
        select
            hubspot_contact_id,
            concat(
                'hubspot:', {{ list_rows(words_of("company_ids", ",")) }}
            ) as company_id
        from contacts
        where company_ids like '%,%'
    ),

    further as (
        select
            employers.record_key,
            company_accounts.account_id,
            'further company in hubspot' as linked_by
        from further_companies
        inner join
            employers
            on employers.source = 'hubspot'
            and employers.record_id = further_companies.hubspot_contact_id
            and employers.company_id <> further_companies.company_id
        inner join
            company_accounts
            on company_accounts.company_id = further_companies.company_id
    ),

    told as (
        select record_key, account_id, linked_by
        from found
        where account_id is not null
        union all
        select further.record_key, further.account_id, further.linked_by
        from further
        inner join found on found.record_key = further.record_key
        where found.account_id is distinct from further.account_id
    ),

    final as (
        select
            employers.customer_id,
            employers.record_key,
            told.account_id,
            told.linked_by,
            case
                told.linked_by
                when 'hubspot'
                then 1
                when 'zendesk'
                then 2
                when 'registration number'
                then 3
                when 'further company in hubspot'
                then 4
                when 'e-mail domain'
                then 5
                else 6
            end as priority,
            employers.company_name,
            employers.first_seen_at,
            employers.updated_at
        from told
        inner join employers on employers.record_key = told.record_key
    )

select *
from final
