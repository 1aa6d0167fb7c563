{{ config(unique_key="email_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "emails",
            primary_key=["id"],
            fields=hubspot_activity_fields(
                {
                    "hs_email_subject": "text",
                    "hs_email_text": "text",
                    "hs_email_direction": "text",
                    "hs_email_status": "text",
                }
            ),
            deleted="archived",
        )
    }},

    final as (
        select
            id as email_id,
            properties_hs_email_subject as subject,
            properties_hs_email_text as body,
            properties_hs_email_direction as direction,
            properties_hs_email_status as status,
            properties_hubspot_owner_id as owner_id,
            associations_contacts_results as contact_ids,
            associations_companies_results as company_ids,
            associations_deals_results as deal_ids,
            coalesce(
                properties_hs_timestamp, properties_hs_createdate, createdat
            ) as happened_at,
            createdat as created_at,
            updatedat as updated_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
