with
    companies as (select * from {{ ref("stg_hubspot__companies") }}),

    organizations as (select * from {{ ref("stg_zendesk__organizations") }}),

    owners as (select * from {{ ref("stg_hubspot__owners") }}),

    company_records as (select * from {{ ref("int_identity__companies") }}),

    account_parents as (select * from {{ ref("int_identity__account_parents") }}),

    account_people as (select * from {{ ref("int_identity__account_people") }}),

    account_identities as (select * from {{ ref("account_identities") }}),

    known as (
        select
            account_identities.account_id,
            {{ distinct_texts_joined("account_identities.source", ",") }} as sources,
            max(
                case
                    when account_identities.source = 'hubspot'
                    then account_identities.record_id
                end
            ) as hubspot_company_id,
            min(
                case
                    when account_identities.source = 'zendesk'
                    then account_identities.record_id
                end
            ) as zendesk_organization_id,
            min(
                case
                    when
                        account_identities.source = 'people'
                        and account_identities.record_id like 'domain:%'
                    then substr(account_identities.record_id, 8)
                end
            ) as people_domain,
            min(company_records.registration_number) as registration_number
        from account_identities
        left join
            company_records
            on company_records.source = account_identities.source
            and company_records.record_id = account_identities.record_id
        group by account_identities.account_id
    ),

    mailboxes as (
        select account_id, {{ distinct_texts_joined("email", ",") }} as role_mailboxes
        from {{ ref("account_members") }}
        where email is not null
        group by account_id
    ),

    subsidiaries as (
        select parent_account_id as account_id, count(*) as subsidiary_count
        from account_parents
        group by parent_account_id
    ),

    final as (
        select
            known.account_id,
            coalesce(
                companies.name,
                organizations.name,
                -- What its people call a company that no system has a record of.
                account_people.company_name,
                known.people_domain
            ) as name,
            coalesce(
                companies.domain,
                split_part(organizations.domain_names, ',', 1),
                known.people_domain
            ) as domain,
            companies.industry,
            companies.employees,
            companies.city,
            companies.country,
            owners.name as owner_name,
            known.hubspot_company_id,
            known.zendesk_organization_id,
            coalesce(account_people.customer_count, 0) as customer_count,
            coalesce(
                companies.created_at,
                organizations.created_at,
                account_people.first_seen_at
            ) as created_at,
            known.registration_number,
            account_parents.parent_account_id,
            coalesce(
                account_parents.ultimate_parent_account_id, known.account_id
            ) as ultimate_parent_account_id,
            account_parents.told_by as parent_told_by,
            coalesce(subsidiaries.subsidiary_count, 0) as subsidiary_count,
            mailboxes.role_mailboxes,
            known.sources
        from known
        left join companies on companies.hubspot_company_id = known.hubspot_company_id
        left join
            organizations
            on organizations.zendesk_organization_id = known.zendesk_organization_id
        left join owners on owners.owner_id = companies.owner_id
        left join account_people on account_people.account_id = known.account_id
        left join mailboxes on mailboxes.account_id = known.account_id
        left join account_parents on account_parents.account_id = known.account_id
        left join subsidiaries on subsidiaries.account_id = known.account_id
    )

select *
from final
