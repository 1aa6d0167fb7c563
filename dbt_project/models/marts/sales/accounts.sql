with
    companies as (select * from {{ ref("stg_hubspot__companies") }}),

    organizations as (select * from {{ ref("stg_zendesk__organizations") }}),

    owners as (select * from {{ ref("stg_hubspot__owners") }}),

    account_identities as (
        select
            account_id,
            max(case when source = 'hubspot' then record_id end) as hubspot_company_id,
            min(
                case when source = 'zendesk' then record_id end
            ) as zendesk_organization_id
        from {{ ref("account_identities") }}
        group by account_id
    ),

    members as (
        select account_id, count(distinct customer_id) as customer_count
        from {{ ref("account_customers") }}
        group by account_id
    ),

    final as (
        select
            account_identities.account_id,
            coalesce(companies.name, organizations.name) as name,
            coalesce(
                companies.domain, split_part(organizations.domain_names, ',', 1)
            ) as domain,
            companies.industry,
            companies.employees,
            companies.city,
            companies.country,
            owners.name as owner_name,
            account_identities.hubspot_company_id,
            account_identities.zendesk_organization_id,
            coalesce(members.customer_count, 0) as customer_count,
            coalesce(companies.created_at, organizations.created_at) as created_at
        from account_identities
        left join
            companies
            on account_identities.hubspot_company_id = companies.hubspot_company_id
        left join
            organizations
            on account_identities.zendesk_organization_id
            = organizations.zendesk_organization_id
        left join owners on companies.owner_id = owners.owner_id
        left join members on account_identities.account_id = members.account_id
    )

select *
from final
