{{ config(materialized="view") }}
{%- set columns = person_columns() -%}
{%- set people = var("identity_people", none) -%}

with
    {% if people %}
        people as (
            select
                {{ record_key() }} as record_key,
                {{ (columns + ["_extracted_at"]) | join(", ") }}
            from {{ people }}
        ),
    {% else %}
        stripe as (
            select
                'stripe' as source,
                stripe_customer_id as record_id,
                record_key,
                name as full_name,
                email,
                phone,
                street,
                city,
                region,
                postcode,
                country,
                language,
                {{ configured_national_id("stripe", "metadata_json") }} as national_id,
                {{ configured_external_ids("stripe", "metadata_json") }}
                as external_ids,
                created_at as first_seen_at,
                updated_at,
                _extracted_at
            from {{ ref("stg_stripe__customers") }}
        ),

        zendesk as (
            select
                'zendesk' as source,
                users.zendesk_user_id as record_id,
                users.record_key,
                users.name as full_name,
                users.email,
                users.phone,
                organizations.name as company,
                users.language,
                {{ configured_national_id("zendesk", "users.user_fields_json") }}
                as national_id,
                {{
                    configured_external_ids(
                        "zendesk",
                        "users.user_fields_json",
                        {"external_id": "users.external_id"},
                    )
                }} as external_ids,
                users.created_at as first_seen_at,
                users.updated_at,
                users._extracted_at
            from {{ ref("stg_zendesk__users") }} as users
            left join
                {{ ref("stg_zendesk__organizations") }} as organizations
                on organizations.zendesk_organization_id = users.organization_id
            where users.role = 'end-user'
        ),

        mailchimp as (
            select
                'mailchimp' as source,
                mailchimp_member_id as record_id,
                record_key,
                full_name,
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
                birthday as birth_date,
                language,
                coalesce(signed_up_at, opted_in_at, updated_at) as first_seen_at,
                updated_at,
                _extracted_at
            from {{ ref("stg_mailchimp__members") }}
        ),

        -- A contact that was merged into another one lives on in the other one's list.
        merged_contacts as (
            select distinct
                {{ list_rows(words_of("replace(merged_contact_ids, ',', ';')", ";")) }}
                as hubspot_contact_id
            from {{ ref("stg_hubspot__contacts") }}
            where merged_contact_ids is not null
        ),

        hubspot as (
            select
                'hubspot' as source,
                contacts.hubspot_contact_id as record_id,
                contacts.record_key,
                contacts.given_name,
                contacts.family_name,
                contacts.email,
                contacts.additional_emails as other_emails,
                contacts.phone,
                contacts.mobile_phone as other_phone,
                contacts.street,
                contacts.city,
                contacts.region,
                contacts.postcode,
                contacts.country,
                contacts.company,
                contacts.job_title,
                cast(contacts.birth_date as varchar) as birth_date,
                contacts.gender,
                contacts.language,
                {{ configured_national_id("hubspot", "contacts.properties_json") }}
                as national_id,
                {{ configured_external_ids("hubspot", "contacts.properties_json") }}
                as external_ids,
                contacts.created_at as first_seen_at,
                contacts.updated_at,
                contacts._extracted_at
            from {{ ref("stg_hubspot__contacts") }} as contacts
            left join
                merged_contacts
                on merged_contacts.hubspot_contact_id = contacts.hubspot_contact_id
            where merged_contacts.hubspot_contact_id is null
        ),

        -- Sources that a manifest and a mapping describe.
        mapped as (
            select
                people.source,
                people.record_id,
                {{ record_key("people.source", "people.record_id") }} as record_key,
                people.full_name,
                people.given_name,
                people.family_name,
                people.email,
                people.other_emails,
                people.phone,
                people.other_phone,
                people.street,
                people.city,
                people.region,
                people.postcode,
                people.country,
                coalesce(people.company, names.name) as company,
                people.job_title,
                people.birth_date,
                people.national_id,
                {{
                    configured_external_ids_of_files(
                        "people.record_json", "people.source"
                    )
                }} as external_ids,
                people.gender,
                people.language,
                people.created_at as first_seen_at,
                people.updated_at,
                people._extracted_at
            from {{ ref("stg_mapped__people") }} as people
            left join
                {{ ref("stg_mapped__names") }} as names
                on names.source = people.source
                and names.stream = people.company_stream
                and names.record_key = people.company_id
        ),

        -- By name: what a system does not have stays empty.
        people as (
            {{
                union_by_name(
                    ["stripe", "zendesk", "mailchimp", "hubspot", "mapped"],
                    columns + ["record_key", "_extracted_at"],
                )
            }}
        ),
    {% endif %}

    dated as (
        select
            record_key,
            {% for column in columns %}
                {% if column == "first_seen_at" %}
                    coalesce(first_seen_at, updated_at, _extracted_at) as first_seen_at,
                {% elif column == "updated_at" %}
                    coalesce(updated_at, first_seen_at, _extracted_at) as updated_at,
                {% else %} {{ column }},
                {% endif %}
            {% endfor %}
            _extracted_at
        from people
    ),

    digested as (
        select
            record_key,
            {{ columns | join(", ") }},
            _extracted_at,
            {{ row_digest(columns) }} as record_digest
        from dated
    ),

    {% if not people %}
        -- Of lists staging says when a record is another one.
        listed as (
            select
                record_key,
                {% for column in columns %}
                    {% if column == "birth_date" %}
                        cast(birth_date as varchar) as birth_date,
                    {% elif column == "external_ids" %}
                        {{ configured_external_ids_of_files("extra_json") }}
                        as external_ids,
                    {% elif column in ("first_seen_at", "updated_at") %}
                        coalesce(updated_at, _extracted_at) as {{ column }},
                    {% elif column in ("other_emails", "other_phone") %}
                        cast(null as varchar) as {{ column }},
                    {% else %} {{ column }},
                    {% endif %}
                {% endfor %}
                _extracted_at,
                record_digest
            from {{ ref("stg_files__people") }}
        ),

    {% endif %}
    final as (
        select *
        from digested
        {% if not people %}
            union all
            select *
            from listed
        {% endif %}
    )

select record_key, {{ columns | join(", ") }}, _extracted_at, record_digest
from final
