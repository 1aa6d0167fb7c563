{{ config(materialized="followed", keeps_outdated=true, outdated="true") }}

with
    companies as (select * from {{ ref("int_identity__companies") }}),

    company_accounts as (select * from {{ ref("int_identity__company_accounts") }}),

    employers as (
        select customer_id, domain, name_key, registration_number, company_id
        from {{ ref("int_identity__employers") }}
    ),

    account_companies as (
        select company_accounts.account_id, companies.*
        from companies
        inner join
            company_accounts on company_accounts.company_id = companies.company_id
    ),

    -- Keys of the companies that systems have records of; what two accounts share is
    -- none.
    company_keys as (
        select 'registration_number' as kind, registration_number as key, account_id
        from account_companies
        where registration_number is not null
        union all
        select 'domain' as kind, {{ list_rows("domains") }} as key, account_id
        from account_companies
        where domains is not null
        union all
        select 'name' as kind, name_key as key, account_id
        from account_companies
        where name_key is not null
    ),

    known_keys as (
        select
            kind,
            key,
            case
                when min(account_id) = max(account_id) then min(account_id)
            end as account_id
        from company_keys
        group by kind, key
    ),

    accounts_with_domain as (
        select distinct account_id from company_keys where kind = 'domain'
    ),

    -- What people at a domain call their company, and to which account a system says
    -- they belong.
    domain_names as (
        select domain, name_key, count(distinct customer_id) as customer_count
        from employers
        where domain is not null and name_key is not null
        group by domain, name_key
    ),

    ranked_domain_names as (
        select
            *,
            sum(customer_count) over (partition by domain) as naming_count,
            row_number() over (
                partition by domain order by customer_count desc, name_key
            ) as name_rank
        from domain_names
    ),

    domain_people as (
        select domain, count(distinct customer_id) as customer_count
        from employers
        where domain is not null
        group by domain
    ),

    domain_accounts as (
        select
            employers.domain,
            case
                when min(company_accounts.account_id) = max(company_accounts.account_id)
                then min(company_accounts.account_id)
            end as account_id,
            count(distinct employers.customer_id) as customer_count
        from employers
        inner join
            company_accounts on company_accounts.company_id = employers.company_id
        where employers.domain is not null
        group by employers.domain
    ),

    -- A domain of which no record of a company tells. Several companies that mail from
    -- one domain, or many people who name none, are customers of a provider.
    new_domains as (
        select
            ranked_domain_names.domain as key,
            case
                when
                    domain_accounts.customer_count >= 2
                    and stated_with_domain.account_id is null
                then domain_accounts.account_id
            end as account_by_people,
            case
                when named_with_domain.account_id is null then named_keys.account_id
            end as account_by_name
        from ranked_domain_names
        inner join domain_people on domain_people.domain = ranked_domain_names.domain
        left join
            known_keys
            on known_keys.kind = 'domain'
            and known_keys.key = ranked_domain_names.domain
        left join domain_accounts on domain_accounts.domain = ranked_domain_names.domain
        left join
            accounts_with_domain as stated_with_domain
            on stated_with_domain.account_id = domain_accounts.account_id
        left join
            known_keys as named_keys
            on named_keys.kind = 'name'
            and named_keys.key = ranked_domain_names.name_key
        left join
            accounts_with_domain as named_with_domain
            on named_with_domain.account_id = named_keys.account_id
        where
            ranked_domain_names.name_rank = 1
            and ranked_domain_names.customer_count * 2
            >= ranked_domain_names.naming_count
            and ranked_domain_names.customer_count * 3 >= domain_people.customer_count
            and known_keys.key is null
    ),

    domains as (
        select key, account_id, cast(null as varchar) as linked_by
        from known_keys
        where kind = 'domain' and account_id is not null
        union all
        select
            key,
            coalesce(account_by_people, account_by_name, concat('domain:', key)),
            case
                when account_by_people is not null
                then 'domain of its people'
                when account_by_name is not null
                then 'same name'
            end
        from new_domains
    ),

    -- What people whose account is known call it.
    called as (
        select
            employers.name_key,
            employers.customer_id,
            coalesce(
                company_accounts.account_id, numbers.account_id, domains.account_id
            ) as account_id
        from employers
        left join company_accounts on company_accounts.company_id = employers.company_id
        left join
            known_keys as numbers
            on numbers.kind = 'registration_number'
            and numbers.key = employers.registration_number
        left join domains on domains.key = employers.domain
        where employers.name_key is not null
    ),

    customer_accounts as (
        select customer_id, min(account_id) as account_id
        from called
        where account_id is not null
        group by customer_id
        having min(account_id) = max(account_id)
    ),

    told_names as (
        select
            name_key, min(account_id) as account_id, max(account_id) as last_account_id
        from called
        group by name_key
    ),

    -- One person's word for it is taken from a record that tells the account, and two
    -- people's where it stands in another record of theirs.
    untold_names as (
        select
            called.name_key,
            case
                when
                    min(customer_accounts.account_id)
                    = max(customer_accounts.account_id)
                    and count(distinct customer_accounts.customer_id) >= 2
                then min(customer_accounts.account_id)
            end as account_id,
            count(distinct called.customer_id) as customer_count
        from called
        inner join told_names on told_names.name_key = called.name_key
        left join
            customer_accounts on customer_accounts.customer_id = called.customer_id
        where told_names.account_id is null
        group by called.name_key
    ),

    called_names as (
        select
            name_key as key,
            case when account_id = last_account_id then account_id end as account_id
        from told_names
        where account_id is not null
        union all
        select name_key as key, account_id
        from untold_names
        where account_id is not null
    ),

    known_names as (select * from known_keys where kind = 'name'),

    named as (
        select
            coalesce(known_names.key, called_names.key) as key,
            case
                when known_names.key is not null
                then known_names.account_id
                else called_names.account_id
            end as account_id
        from known_names
        full outer join called_names on called_names.key = known_names.key
    ),

    -- A company that nothing but its name tells of, by at least two people.
    new_names as (
        select
            untold_names.name_key as key,
            concat('company:', untold_names.name_key) as account_id
        from untold_names
        left join known_names on known_names.key = untold_names.name_key
        where
            untold_names.account_id is null
            and untold_names.customer_count >= 2
            and known_names.key is null
    ),

    final as (
        select
            kind,
            key,
            account_id,
            false as is_of_people,
            cast(null as varchar) as linked_by
        from known_keys
        where kind = 'registration_number' and account_id is not null
        union all
        select
            'domain' as kind,
            domains.key,
            domains.account_id,
            new_domains.key is not null as is_of_people,
            domains.linked_by
        from domains
        left join new_domains on new_domains.key = domains.key
        union all
        select 'name' as kind, key, account_id, false as is_of_people, null as linked_by
        from named
        where account_id is not null
        union all
        select 'name' as kind, key, account_id, true as is_of_people, null as linked_by
        from new_names
    )

select *
from final
