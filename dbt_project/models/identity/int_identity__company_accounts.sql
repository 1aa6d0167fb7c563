{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}

with
    companies as (select * from {{ ref("int_identity__companies") }}),

    employers as (select * from {{ ref("int_identity__employers") }}),

    company_domains as (
        select source, company_id, {{ list_rows("domains") }} as domain
        from companies
        where domains is not null
    ),

    -- What several companies in HubSpot share decides nothing.
    known_numbers as (
        select registration_number, min(company_id) as company_id
        from companies
        where source = 'hubspot' and registration_number is not null
        group by registration_number
        having count(*) = 1
    ),

    known_domains as (
        select domain, min(company_id) as company_id
        from company_domains
        where source = 'hubspot'
        group by domain
        having count(distinct company_id) = 1
    ),

    known_names as (
        select lower(name) as name, min(company_id) as company_id
        from companies
        where source = 'hubspot' and name is not null
        group by lower(name)
        having count(*) = 1
    ),

    known_name_keys as (
        select name_key, min(company_id) as company_id
        from companies
        where source = 'hubspot' and name_key is not null
        group by name_key
        having count(*) = 1
    ),

    by_domain as (
        select
            company_domains.company_id as organization_id,
            min(known_domains.company_id) as company_id
        from company_domains
        inner join known_domains on known_domains.domain = company_domains.domain
        where company_domains.source = 'zendesk'
        group by company_domains.company_id
    ),

    -- Where most people of an organization have their mailbox.
    people_domains as (
        select
            company_id as organization_id,
            domain,
            count(distinct customer_id) as customer_count
        from employers
        where source = 'zendesk' and company_id is not null and domain is not null
        group by company_id, domain
    ),

    people_counts as (
        select organization_id, sum(customer_count) as customer_count
        from people_domains
        group by organization_id
    ),

    by_people as (
        select
            people_domains.organization_id, min(known_domains.company_id) as company_id
        from people_domains
        inner join
            people_counts
            on people_counts.organization_id = people_domains.organization_id
        inner join known_domains on known_domains.domain = people_domains.domain
        where
            people_domains.customer_count >= 2
            and people_domains.customer_count * 2 > people_counts.customer_count
        group by people_domains.organization_id
    ),

    organizations as (
        select
            companies.source,
            companies.record_id,
            companies.company_id,
            companies.domains,
            known_numbers.company_id as company_by_number,
            by_domain.company_id as company_by_domain,
            coalesce(
                known_names.company_id, known_name_keys.company_id
            ) as company_by_name,
            by_people.company_id as company_by_people
        from companies
        left join
            known_numbers
            on known_numbers.registration_number = companies.registration_number
        left join by_domain on by_domain.organization_id = companies.company_id
        left join known_names on known_names.name = lower(companies.name)
        left join known_name_keys on known_name_keys.name_key = companies.name_key
        left join by_people on by_people.organization_id = companies.company_id
        where companies.source = 'zendesk'
    ),

    final as (
        select
            company_id,
            source,
            record_id,
            company_id as account_id,
            cast(null as varchar) as linked_by
        from companies
        where source = 'hubspot'
        union all
        select
            company_id,
            source,
            record_id,
            coalesce(
                company_by_number,
                company_by_domain,
                company_by_name,
                case when domains is null then company_by_people end,
                company_id
            ) as account_id,
            case
                when company_by_number is not null
                then 'same registration number'
                when company_by_domain is not null
                then 'same domain'
                when company_by_name is not null
                then 'same name'
                when domains is null and company_by_people is not null
                then 'domain of its people'
            end as linked_by
        from organizations
    )

select *
from final
