{{ config(unique_key="hubspot_contact_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "contacts",
            primary_key=["id"],
            fields={
                "id": "text",
                "properties": {
                    "*": "json",
                    "firstname": "text",
                    "lastname": "text",
                    "email": "text",
                    "hs_additional_emails": "text",
                    "phone": "text",
                    "mobilephone": "text",
                    "address": "text",
                    "city": "text",
                    "state": "text",
                    "zip": "text",
                    "country": "text",
                    "company": "text",
                    "jobtitle": "text",
                    "date_of_birth": "text",
                    "gender": "text",
                    "hs_language": "text",
                    "lifecyclestage": "text",
                    "hs_lead_status": "text",
                    "hs_email_last_open_date": "timestamp",
                    "hs_email_hard_bounce_reason_enum": "text",
                    "hubspot_owner_id": "text",
                    "associatedcompanyid": "text",
                    "hs_merged_object_ids": "text",
                    "createdate": "timestamp",
                },
                "associations": {
                    "companies": {
                        "results": "ids",
                    },
                },
                "createdAt": "timestamp",
                "updatedAt": "timestamp",
                "archived": "boolean",
            },
            deleted="archived",
        )
    }},

    final as (
        select
            id as hubspot_contact_id,
            {{ record_key("'hubspot'", "id") }} as record_key,
            properties_firstname as given_name,
            properties_lastname as family_name,
            properties_email as email,
            properties_hs_additional_emails as additional_emails,
            properties_phone as phone,
            properties_mobilephone as mobile_phone,
            properties_address as street,
            properties_city as city,
            properties_state as region,
            properties_zip as postcode,
            properties_country as country,
            properties_company as company,
            properties_jobtitle as job_title,
            properties_date_of_birth as birth_date,
            properties_gender as gender,
            properties_hs_language as language,
            properties_lifecyclestage as lifecycle_stage,
            properties_hs_lead_status as lead_status,
            properties_hs_email_last_open_date as email_opened_at,
            properties_hs_email_hard_bounce_reason_enum as email_bounce_reason,
            properties_hubspot_owner_id as owner_id,
            coalesce(
                properties_associatedcompanyid,
                nullif(split_part(associations_companies_results, ',', 1), '')
            ) as associated_company_id,
            associations_companies_results as company_ids,
            properties_hs_merged_object_ids as merged_contact_ids,
            coalesce(properties_createdate, createdat) as created_at,
            updatedat as updated_at,
            properties_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
