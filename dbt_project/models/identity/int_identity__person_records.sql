{{ config(tags=["identity"]) }}

with
    stripe as (select * from {{ ref("stg_stripe__customers") }}),

    zendesk_users as (select * from {{ ref("stg_zendesk__users") }}),

    zendesk_organizations as (select * from {{ ref("stg_zendesk__organizations") }}),

    mailchimp as (select * from {{ ref("stg_mailchimp__members") }}),

    hubspot as (select * from {{ ref("stg_hubspot__contacts") }}),

    files as (select * from {{ ref("stg_files__people") }}),

    -- A contact that was merged into another one lives on in the other one's list.
    merged_contacts as (
        select distinct
            {{ list_rows(words_of("replace(merged_contact_ids, ',', ';')", ";")) }}
            as hubspot_contact_id
        from hubspot
        where merged_contact_ids is not null
    ),

    people as (
        select
            'stripe' as source,
            stripe_customer_id as record_id,
            name as full_name,
            cast(null as varchar) as given_name,
            cast(null as varchar) as family_name,
            email,
            cast(null as varchar) as other_emails,
            phone,
            cast(null as varchar) as other_phone,
            street,
            city,
            region,
            postcode,
            country,
            cast(null as varchar) as company,
            cast(null as varchar) as job_title,
            cast(null as varchar) as birth_date,
            cast(null as varchar) as gender,
            language,
            created_at as first_seen_at,
            updated_at,
            _extracted_at
        from stripe
        union all
        select
            'zendesk',
            zendesk_users.zendesk_user_id,
            zendesk_users.name,
            null,
            null,
            zendesk_users.email,
            null,
            zendesk_users.phone,
            null,
            null,
            null,
            null,
            null,
            null,
            zendesk_organizations.name,
            null,
            null,
            null,
            zendesk_users.language,
            zendesk_users.created_at,
            zendesk_users.updated_at,
            zendesk_users._extracted_at
        from zendesk_users
        left join
            zendesk_organizations
            on zendesk_organizations.zendesk_organization_id
            = zendesk_users.organization_id
        where zendesk_users.role = 'end-user'
        union all
        select
            'mailchimp',
            mailchimp_member_id,
            full_name,
            given_name,
            family_name,
            email,
            null,
            phone,
            null,
            street,
            city,
            region,
            postcode,
            country,
            company,
            null,
            birthday,
            null,
            language,
            coalesce(signed_up_at, opted_in_at, updated_at),
            updated_at,
            _extracted_at
        from mailchimp
        union all
        select
            'hubspot',
            hubspot.hubspot_contact_id,
            null,
            hubspot.given_name,
            hubspot.family_name,
            hubspot.email,
            hubspot.additional_emails,
            hubspot.phone,
            hubspot.mobile_phone,
            hubspot.street,
            hubspot.city,
            hubspot.region,
            hubspot.postcode,
            hubspot.country,
            hubspot.company,
            hubspot.job_title,
            cast(hubspot.birth_date as varchar),
            hubspot.gender,
            hubspot.language,
            hubspot.created_at,
            hubspot.updated_at,
            hubspot._extracted_at
        from hubspot
        left join
            merged_contacts
            on merged_contacts.hubspot_contact_id = hubspot.hubspot_contact_id
        where merged_contacts.hubspot_contact_id is null
        union all
        select
            source,
            record_id,
            full_name,
            given_name,
            family_name,
            email,
            null,
            phone,
            null,
            street,
            city,
            region,
            postcode,
            country,
            company,
            job_title,
            cast(birth_date as varchar),
            gender,
            language,
            updated_at,
            updated_at,
            _extracted_at
        from files
    ),

    final as (
        select
            {{ text_number("concat(source, " ~ letter_code(31) ~ ", record_id)") }}
            as record_key,
            source,
            record_id,
            full_name,
            given_name,
            family_name,
            email,
            other_emails,
            phone,
            other_phone,
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
            coalesce(first_seen_at, updated_at, _extracted_at) as first_seen_at,
            coalesce(updated_at, first_seen_at, _extracted_at) as updated_at,
            _extracted_at
        from people
    )

select *
from final
