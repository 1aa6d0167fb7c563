with
    companies as (select * from {{ ref("stg_hubspot__companies") }}),

    organizations as (select * from {{ ref("stg_zendesk__organizations") }}),

    mail_providers as (select * from {{ ref("identity_mail_providers") }}),

    name_words as (select * from {{ ref("identity_name_words") }}),

    records as (
        select
            'hubspot' as source,
            hubspot_company_id as record_id,
            name,
            domain as domains,
            {{ registration_number("properties_json") }} as registration_number,
            parent_company_id as parent_record_id,
            street,
            city,
            postcode,
            country
        from companies
        union all
        select
            'zendesk' as source,
            zendesk_organization_id as record_id,
            name,
            domain_names as domains,
            {{ registration_number("organization_fields_json") }},
            null,
            null,
            null,
            null,
            null
        from organizations
    ),

    names as (select distinct name from records where name is not null),

    name_keys as ({{ company_name_keys("names", "name_words") }}),

    typed_domains as (
        select
            source,
            record_id,
            {{ list_rows(words_of("replace(domains, ' ', ',')", ",")) }} as domain
        from records
        where domains is not null
    ),

    -- Where anyone can have a mailbox, nobody's company is.
    domains as (
        select
            typed_domains.source,
            typed_domains.record_id,
            {{ distinct_values(plain_domain("typed_domains.domain")) }} as domains
        from typed_domains
        left join
            mail_providers
            on mail_providers.domain = {{ plain_domain("typed_domains.domain") }}
        where mail_providers.domain is null
        group by typed_domains.source, typed_domains.record_id
    ),

    final as (
        select
            records.source,
            records.record_id,
            concat(records.source, ':', records.record_id) as company_id,
            nullif(trim(records.name), '') as name,
            name_keys.name_key,
            domains.domains,
            records.registration_number,
            case
                when records.parent_record_id is not null
                then concat(records.source, ':', records.parent_record_id)
            end as parent_company_id,
            records.street,
            records.city,
            records.postcode,
            records.country
        from records
        left join name_keys on name_keys.name = records.name
        left join
            domains
            on domains.source = records.source
            and domains.record_id = records.record_id
    )

select *
from final
