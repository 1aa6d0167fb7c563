with
    companies as (select * from {{ ref("stg_hubspot__companies") }}),

    organizations as (select * from {{ ref("stg_zendesk__organizations") }}),

    company_names as (
        select
            lower(trim(name)) as name_key, min(hubspot_company_id) as hubspot_company_id
        from companies
        where name is not null
        group by lower(trim(name))
        having count(*) = 1
    ),

    company_domains as (
        select
            lower(trim(domain)) as domain_key,
            min(hubspot_company_id) as hubspot_company_id
        from companies
        where domain is not null
        group by lower(trim(domain))
        having count(*) = 1
    ),

    organization_domains as (
        select
            zendesk_organization_id, {{ each_of("lower(domain_names)") }} as domain_key
        from organizations
    ),

    by_domain as (
        select
            organization_domains.zendesk_organization_id,
            min(company_domains.hubspot_company_id) as hubspot_company_id
        from organization_domains
        inner join
            company_domains
            on trim(organization_domains.domain_key) = company_domains.domain_key
        group by organization_domains.zendesk_organization_id
    ),

    by_name as (
        select organizations.zendesk_organization_id, company_names.hubspot_company_id
        from organizations
        inner join
            company_names on lower(trim(organizations.name)) = company_names.name_key
    ),

    records as (
        select
            'hubspot' as source,
            hubspot_company_id as record_id,
            'hubspot:' || hubspot_company_id as account_id,
            cast(null as varchar) as linked_by
        from companies
        union all
        select
            'zendesk' as source,
            organizations.zendesk_organization_id as record_id,
            coalesce(
                'hubspot:' || by_domain.hubspot_company_id,
                'hubspot:' || by_name.hubspot_company_id,
                'zendesk:' || organizations.zendesk_organization_id
            ) as account_id,
            case
                when by_domain.hubspot_company_id is not null
                then 'same domain'
                when by_name.hubspot_company_id is not null
                then 'same name'
            end as linked_by
        from organizations
        left join
            by_domain
            on organizations.zendesk_organization_id = by_domain.zendesk_organization_id
        left join
            by_name
            on organizations.zendesk_organization_id = by_name.zendesk_organization_id
    ),

    final as (select source, record_id, account_id, linked_by from records)

select *
from final
